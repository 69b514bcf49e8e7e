/* Tables for another size against the same network built for that size. */
#include "network.h"

#include "nn/program.h"
#include "nn/reshape.h"

enum { CHANNELS = 3, WIDER = 12 };

static size_t gather(nn_table *table, size_t in, size_t factor, const size_t *picks, size_t channels, uint32_t *source)
{
    nn_shape from = table->shapes[in];
    size_t h = from.h * factor, w = from.w * factor;
    for (size_t i = 0; i < h * w * channels; i++) {
        size_t y = i / channels / w / factor, x = i / channels % w / factor, pick = picks[i % channels];
        source[i] = pick == NN_FILL ? NN_FILL : (uint32_t)((y * from.w + x) * from.c + pick);
    }
    nn_row row = {.kind = NN_GATHER, .in = {in}, .height = h, .width = w, .channels = channels, .source = source};
    return table_add(table, row);
}

/* A detector's kinds of rows: convolutions, pools, channels of zeros behind a map, a map twice as large, sums. */
static nn_table *build(size_t height, size_t width, uint32_t *sources[2])
{
    static const size_t widened[WIDER] = {0, 1, 2, 3, 4, 5, 6, 7, NN_FILL, NN_FILL, NN_FILL, NN_FILL};
    static const size_t all[WIDER] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    nn_table *t = table_begin(height, width, CHANNELS);
    for (int i = 0; i < 2; i++) must(mem_alloc(&sources[i], height * width * WIDER, sizeof **sources, "test sources"));
    size_t stem =
        table_add(t, (nn_row){.kind = NN_CONV, .channels = 8, .kernel = 3, .stride = 2, .pad_more = 1, .bias = true});
    size_t bent = table_add(t, (nn_row){.kind = NN_RELU, .in = {stem}});
    size_t pool = table_add(t, (nn_row){.kind = NN_MAX_POOL, .in = {bent}, .kernel = 2, .stride = 2});
    size_t wide = gather(t, pool, 1, widened, WIDER, sources[0]);
    size_t deep =
        table_add(t, (nn_row){.kind = NN_CONV, .in = {bent}, .channels = WIDER, .kernel = 3, .stride = 2, .pad = 1});
    size_t sum = table_add(t, (nn_row){.kind = NN_ADD, .in = {deep, wide}});
    size_t up = gather(t, sum, 2, all, WIDER, sources[1]);
    table_add(t, (nn_row){.kind = NN_CONV, .in = {up}, .channels = 2, .kernel = 1, .stride = 1});
    return t;
}

static void run(const nn_table *table, const nn_params *params, float *out, size_t count)
{
    const nn_program_options options = {.batch = 1, .deviation = {1, 1, 1}};
    nn_program *program = NULL;
    nn_context *context = NULL;
    rng r = rng_make(1, 2, 3);
    must(nn_program_create(table, params, &options, &program));
    must(nn_context_create(program, &context));
    for (size_t i = 0; i < nn_shape_count(table->shapes[0]); i++)
        nn_context_pixels(context)[i] = (uint8_t)(rng_uniform(&r) * 256);
    must(nn_context_run(context, 1));
    memcpy(out, nn_context_logits(context), count * sizeof *out);
    nn_context_free(context);
    nn_program_free(program);
}

static void expect_same(size_t height, size_t width)
{
    uint32_t *sources[2], *given[2];
    nn_table *small = build(16, 24, sources), *direct = build(height, width, given);
    nn_reshaped *reshaped;
    nn_params params;
    size_t count = nn_shape_count(direct->shapes[direct->count - 1]);
    float *expected = floats(count), *got = floats(count);
    must(nn_params_create(small, &params));
    nn_params_init(&params, 5);
    must(nn_reshape(small, height, width, &reshaped));
    assert_int_equal(reshaped->table.count, small->count);
    assert_memory_equal(reshaped->table.shapes, direct->shapes, direct->count * sizeof *direct->shapes);
    run(direct, &params, expected, count);
    run(&reshaped->table, &params, got, count);
    assert_memory_equal(got, expected, count * sizeof *got);
    nn_reshape_free(reshaped);
    nn_params_free(&params);
    for (int i = 0; i < 2; i++) {
        mem_free(sources[i]);
        mem_free(given[i]);
    }
    mem_free(expected);
    mem_free(got);
    mem_free(small);
    mem_free(direct);
}

static void other_sizes(void **state)
{
    (void)state;
    expect_same(16, 24);
    expect_same(48, 16);
    expect_same(8, 8);
    expect_same(40, 52);
}

static void expect_refused(const nn_table *table, amend_code code, const char *part)
{
    nn_reshaped *reshaped;
    amend_status status = nn_reshape(table, 32, 32, &reshaped);
    assert_int_equal(status.code, code);
    assert_non_null(strstr(status.message, part));
    assert_null(reshaped);
    nn_reshape_free(reshaped);
}

static void what_is_bound_to_a_size_is_refused(void **state)
{
    (void)state;
    uint32_t *sources[2];
    nn_table *t = build(16, 24, sources);
    size_t last = t->count - 1;
    sources[0][5]++;
    expect_refused(t, AMEND_UNSUPPORTED, "gather row4: bound to the size");
    sources[0][5]--;
    sources[1][WIDER * 3] = NN_FILL;
    expect_refused(t, AMEND_UNSUPPORTED, "gather row7: bound to the size");
    sources[1][WIDER * 3] = sources[1][WIDER * 2];
    t->rows[7].source = NULL; /* a flattening */
    expect_refused(t, AMEND_UNSUPPORTED, "gather row7: bound to the size");
    t->rows[7].source = sources[1];
    table_add(t, (nn_row){.kind = NN_LINEAR, .in = {last}, .channels = 4});
    expect_refused(t, AMEND_UNSUPPORTED, "linear row9: bound to the size");
    for (int i = 0; i < 2; i++) mem_free(sources[i]);
    mem_free(t);
}

static void sides_that_do_not_divide_are_refused(void **state)
{
    (void)state;
    uint32_t *sources[2];
    nn_reshaped *reshaped;
    nn_table *t = build(16, 24, sources);
    amend_status status = nn_reshape(t, 18, 24, &reshaped);
    assert_int_equal(status.code, AMEND_BAD_ARGUMENT);
    assert_non_null(strstr(status.message, "add row6"));
    for (int i = 0; i < 2; i++) mem_free(sources[i]);
    mem_free(t);
}

static void out_of_memory(void **state)
{
    (void)state;
    uint32_t *sources[2];
    nn_reshaped *reshaped;
    nn_table *t = build(16, 24, sources);
    amend_status status = status_error(AMEND_NO_MEMORY, "start");
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = nn_reshape(t, 32, 32, &reshaped);
        nn_reshape_free(reshaped);
    }
    mem_fail_at(0);
    for (int i = 0; i < 2; i++) mem_free(sources[i]);
    mem_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_sizes), cmocka_unit_test(what_is_bound_to_a_size_is_refused),
        cmocka_unit_test(sides_that_do_not_divide_are_refused), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
