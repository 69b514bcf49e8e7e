/* Rows that resize a map: against the formula in plain loops, for a batch; and rows that would be too large. */
#include "network.h"

#include "nn/program.h"

enum { HIGH = 5, WIDE = 7, CHANNELS = 3, BATCH = 2 };

static double pixel(const uint8_t *map, double y, double x, size_t c)
{
    double top = y < 0 ? 0 : y > HIGH - 1 ? HIGH - 1 : y, left = x < 0 ? 0 : x > WIDE - 1 ? WIDE - 1 : x, sum = 0;
    for (size_t i = 0; i < HIGH; i++)
        for (size_t k = 0; k < WIDE; k++) {
            double near_y = 1 - fabs(top - (double)i), near_x = 1 - fabs(left - (double)k);
            if (near_y > 0 && near_x > 0) sum += near_y * near_x * map[(i * WIDE + k) * CHANNELS + c];
        }
    return sum / 255;
}

static void compare(const nn_row *row)
{
    nn_table *table = NULL;
    nn_params params;
    nn_program *program = NULL;
    nn_context *context = NULL;
    nn_row resize = *row;
    size_t index, count = 0, h = row->height, w = row->width;
    rng r = rng_make(5, 0, h * 100 + w);
    must(mem_alloc(&table, 1, sizeof *table, "table"));
    must(nn_table_begin(table, HIGH, WIDE, CHANNELS));
    must(nn_table_add(table, (nn_row){.kind = NN_RELU, .name = "same"}, &resize.in[0])); /* pixels are not below 0 */
    must(nn_table_add(table, resize, &index));
    must(nn_params_create(table, &params));
    const nn_program_options options = {.batch = BATCH, .type = NN_F32, .deviation = {1, 1, 1}};
    must(nn_program_create(table, &params, &options, &program));
    must(nn_context_create(program, &context));
    uint8_t *pixels = nn_context_pixels(context);
    for (size_t i = 0; i < BATCH * HIGH * WIDE * CHANNELS; i++) pixels[i] = (uint8_t)rng_below(&r, 256);
    must(nn_context_run(context, BATCH));
    const float *got = nn_context_map(context, index, &count);
    assert_int_equal(count, BATCH * h * w * CHANNELS);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % CHANNELS, x = i / CHANNELS % w, y = i / CHANNELS / w % h, n = i / CHANNELS / w / h;
        double wanted = pixel(pixels + n * HIGH * WIDE * CHANNELS, row->start[0] + (double)y * row->step[0],
                              row->start[1] + (double)x * row->step[1], c);
        assert_true(fabs(wanted - (double)got[i]) < 1e-5);
    }
    nn_context_free(context);
    nn_program_free(program);
    nn_params_free(&params);
    mem_free(table);
}

static void maps_are_resized(void **state)
{
    const nn_row larger = {
        .kind = NN_RESIZE, .name = "r", .height = 11, .width = 14, .start = {-0.25, -0.25}, .step = {0.45, 0.5}};
    const nn_row smaller = {
        .kind = NN_RESIZE, .name = "r", .height = 2, .width = 3, .start = {0.75, 0.5}, .step = {2.5, 7.0 / 3}};
    const nn_row one = {.kind = NN_RESIZE, .name = "r", .height = 1, .width = 1, .start = {-1e30, 1e30}};
    (void)state;
    compare(&larger);
    compare(&smaller);
    compare(&one);
}

static void what_is_too_large_is_refused(void **state)
{
    nn_table *table = NULL;
    size_t index;
    const nn_row nan = {.kind = NN_RESIZE, .name = "r", .height = 1, .width = 1, .step = {NAN, 1}};
    const nn_row huge = {.kind = NN_RESIZE, .name = "r", .height = 1 << 20, .width = 1 << 20, .step = {1, 1}};
    const nn_row conv = {.kind = NN_CONV, .name = "c", .channels = 64, .kernel = 1, .stride = 1};
    (void)state;
    must(mem_alloc(&table, 1, sizeof *table, "table"));
    must(nn_table_begin(table, 4096, 4096, 3));
    assert_int_equal(nn_table_add(table, nan, &index).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(nn_table_add(table, huge, &index).code, AMEND_BAD_ARGUMENT);
    amend_status status = nn_table_add(table, conv, &index);
    assert_int_equal(status.code, AMEND_BAD_ARGUMENT);
    assert_non_null(strstr(status.message, "conv c: more than 268435456 values an image (4096 x 4096 x 64)"));
    mem_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(maps_are_resized),
                                       cmocka_unit_test(what_is_too_large_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
