/* Programs against plans: the same network, unfolded, with running statistics. */
#include "bf16.h"
#include "network.h"

#include <pthread.h>

#include "model/folded.h"
#include "nn/program.h"
#include "nn/quantize.h"

static model_description describe(arm_head head, bool small_stem, size_t channels)
{
    model_description d = {.small_stem = small_stem,
                           .width = 0.25,
                           .head = head,
                           .arrangement = 8,
                           .size = small_stem ? 32 : 64,
                           .channels = channels,
                           .classes = 5,
                           .normal = {{0.5f, 0.4f, 0.45f}, {0.25f, 0.2f, 0.22f}}};
    return d;
}

/* Random weights; statistics and affine parts as a trained network might have them. */
static void fill_params(nn_params *params)
{
    rng r = rng_make(3, 1, 4);
    nn_params_init(params, 7);
    for (size_t i = 0; i < params->count; i++) {
        nn_param *p = &params->items[i];
        bool variance = strstr(p->name, "running_var"), gain = p->dims == 1 && strstr(p->name, "weight");
        for (size_t k = 0; k < p->count && p->dims == 1; k++)
            p->value[k] = variance || gain ? (float)rng_between(&r, 0.5, 2) : (float)rng_between(&r, -0.5, 0.5);
    }
}

typedef struct sample {
    model_description description;
    nn_table *table;
    nn_params params;
    model_folded *folded;
    uint8_t *pixels;
    size_t count, each; /* images, bytes of one */
} sample;

static sample sample_make(arm_head head, bool small_stem, size_t channels, size_t count)
{
    sample s = {.description = describe(head, small_stem, channels), .count = count};
    rng r = rng_make(9, 2, 6);
    s.each = s.description.size * s.description.size * channels;
    must(mem_alloc(&s.table, 1, sizeof *s.table, "test table"));
    must(description_build(&s.description, s.table));
    must(nn_params_create(s.table, &s.params));
    fill_params(&s.params);
    must(model_fold(&s.description, &s.params, &s.folded));
    must(mem_alloc(&s.pixels, count, s.each, "test pixels"));
    for (size_t i = 0; i < count * s.each; i++) s.pixels[i] = (uint8_t)(rng_uniform(&r) * 256);
    return s;
}

static void sample_free(sample *s)
{
    model_folded_free(s->folded);
    nn_params_free(&s->params);
    mem_free(s->table);
    mem_free(s->pixels);
}

static nn_program_options options_of(const sample *s, nn_type type)
{
    nn_program_options o = {.batch = s->count, .type = type};
    memcpy(o.mean, s->description.normal.mean, sizeof s->description.normal.mean);
    memcpy(o.deviation, s->description.normal.deviation, sizeof s->description.normal.deviation);
    return o;
}

/* Logits of the unfolded network: count x classes. `alone`: each image is a batch of its own. */
static float *expected_logits(sample *s, bool alone)
{
    const model_description *d = &s->description;
    nn_plan *plan = NULL;
    size_t batch = alone ? 1 : s->count;
    const nn_plan_options options = {.batch = batch, .type = NN_F32, .training = false};
    float *logits = floats(s->count * d->classes);
    must(nn_plan_create(s->table, &s->params, &options, &plan));
    for (size_t first = 0; first < s->count; first += batch) {
        for (size_t i = 0; i < batch * s->each; i++)
            nn_plan_pixels(plan)[i] = ((float)s->pixels[first * s->each + i] / 255 - d->normal.mean[i % d->channels]) /
                                      d->normal.deviation[i % d->channels];
        must(nn_plan_forward(plan, batch, false));
        memcpy(logits + first * d->classes, nn_plan_logits(plan), batch * d->classes * sizeof(float));
    }
    nn_plan_free(plan);
    return logits;
}

static nn_context *run(const sample *s, const nn_program *program)
{
    nn_context *context = NULL;
    must(nn_context_create(program, &context));
    memcpy(nn_context_pixels(context), s->pixels, s->count * s->each);
    must(nn_context_run(context, s->count));
    return context;
}

/* Largest difference of logits, as a share of the largest logit. */
static double distance_of(const float *logits, const float *expected, size_t count)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        worst = fmax(worst, fabs((double)logits[i] - (double)expected[i]));
        largest = fmax(largest, fabs((double)expected[i]));
    }
    return worst / largest;
}

static double compare(sample *s, const nn_program_options *options)
{
    nn_program *program = NULL;
    float *expected = expected_logits(s, s->description.head == ARM_HEAD_BATCH);
    must(nn_program_create(&s->folded->table, &s->folded->params, options, &program));
    nn_context *context = run(s, program);
    double distance = distance_of(nn_context_logits(context), expected, s->count * s->description.classes);
    nn_context_free(context);
    nn_program_free(program);
    mem_free(expected);
    return distance;
}

static void test_f32_equals_the_unfolded_network(void **state)
{
    (void)state;
    for (int head = ARM_HEAD_GAP; head <= ARM_HEAD_EMA; head++)
        for (int small = 0; small < 2; small++) {
            sample s = sample_make((arm_head)head, small, small ? 1 : 3, 3);
            nn_program_options options = options_of(&s, NN_F32);
            double distance = compare(&s, &options);
            if (!(distance < 1e-5)) fail_msg("head %s, stem %d: %g", arm_head_names[(arm_head)head], small, distance);
            options.keep_maps = true; /* sums then begin with a copy */
            assert_true(compare(&s, &options) < 1e-5);
            sample_free(&s);
        }
}

static void test_bf16_is_near(void **state)
{
    (void)state;
    needs_bf16();
    sample s = sample_make(ARM_HEAD_EMA, false, 3, 4);
    nn_program_options options = options_of(&s, NN_BF16);
    assert_true(compare(&s, &options) < 0.03);
    sample_free(&s);
}

/* Steps from the f32 maps of the same images. */
static void calibrate(const sample *s, nn_steps *steps)
{
    nn_program_options options = options_of(s, NN_F32);
    nn_program *program = NULL;
    const nn_table *table = &s->folded->table;
    options.keep_maps = true;
    must(nn_program_create(table, &s->folded->params, &options, &program));
    nn_context *context = run(s, program);
    for (size_t row = 1; row < table->count; row++) {
        size_t count = 0;
        const float *map = nn_context_map(context, row, &count);
        float largest = 0;
        for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(map[i]));
        steps->step[row] = largest / (table->rows[row].kind == NN_RELU ? 255 : 127);
    }
    nn_context_free(context);
    nn_program_free(program);
}

static void test_int8_is_near(void **state)
{
    (void)state;
    for (int small = 0; small < 2; small++) {
        sample s = sample_make(ARM_HEAD_EMA, small, small ? 1 : 3, 4);
        nn_program_options options = options_of(&s, NN_U8);
        nn_steps steps = {{0}};
        calibrate(&s, &steps);
        options.steps = &steps;
        double distance = compare(&s, &options);
        if (!(distance < 0.1)) fail_msg("stem %d: %g", small, distance);
        sample_free(&s);
    }
}

static void test_int8_wants_ranges(void **state)
{
    sample s = sample_make(ARM_HEAD_EMA, true, 1, 1);
    nn_program_options options = options_of(&s, NN_U8);
    nn_steps steps = {{0}};
    nn_program *program = NULL;
    (void)state;
    assert_int_equal(nn_program_create(&s.folded->table, &s.folded->params, &options, &program).code,
                     AMEND_BAD_ARGUMENT);
    options.steps = &steps;
    amend_status status = nn_program_create(&s.folded->table, &s.folded->params, &options, &program);
    assert_int_equal(status.code, AMEND_BAD_DATA);
    assert_non_null(strstr(status.message, "conv1"));
    assert_null(program);
    sample_free(&s);
}

static nn_table *byte_layers(size_t channels, size_t classes)
{
    nn_table *table = table_begin(6, 6, channels);
    nn_row conv = {.kind = NN_CONV, .channels = 36, .kernel = 3, .stride = 1, .pad = 1, .bias = true};
    conv.in[0] = table_add(table, conv);
    conv.in[0] = table_add(table, (nn_row){.kind = NN_RELU, .in = {conv.in[0]}});
    conv.in[0] = table_add(table, conv);
    table_add(table, (nn_row){.kind = NN_LINEAR, .in = {conv.in[0]}, .channels = classes});
    return table;
}

/* Runs on random pixels of 0 and 255 less 255 `means`; notes the ranges of f32 maps in `steps`. */
static void run_on_pixels(const nn_table *table, const nn_params *params, nn_type type, const float means[4],
                          nn_steps *steps, float *logits)
{
    const float unit = 1.0f / 255;
    nn_program_options o = {.batch = 1, .type = type, .deviation = {unit, unit, unit, unit}, .steps = steps};
    nn_program *program = NULL;
    nn_context *context = NULL;
    rng r = rng_make(1, 2, 5);
    o.keep_maps = type == NN_F32;
    memcpy(o.mean, means, sizeof o.mean);
    must(nn_program_create(table, params, &o, &program));
    must(nn_context_create(program, &context));
    for (size_t i = 0; i < nn_shape_count(table->shapes[0]); i++)
        nn_context_pixels(context)[i] = rng_below(&r, 2) ? 255 : 0;
    must(nn_context_run(context, 1));
    memcpy(logits, nn_context_logits(context), table->shapes[table->count - 1].c * sizeof *logits);
    for (size_t row = 1; type == NN_F32 && row < table->count; row++) {
        size_t count = 0;
        const float *map = nn_context_map(context, row, &count);
        for (size_t i = 0; i < count; i++)
            steps->step[row] = fmaxf(steps->step[row], fabsf(map[i]) / (table->rows[row].kind == NN_RELU ? 255 : 127));
    }
    nn_context_free(context);
    nn_program_free(program);
}

static void run_on_bytes(const nn_table *table, const nn_params *params, nn_type type, nn_steps *steps, float *logits)
{
    run_on_pixels(table, params, type, (float[4]){0}, steps, logits);
}

/* Weights of -1, 0 and 1, pixels of 0 and 255: what overflows where products of bytes are added up in 16 bits. Codes of
 * pixels are read by the first layer, those of a relu by the second. */
static void test_int8_does_not_overflow(void **state)
{
    enum { CLASSES = 16 };
    (void)state;
    for (size_t channels = 1; channels <= 4; channels++) {
        nn_table *table = byte_layers(channels, CLASSES);
        nn_steps steps = {{0}};
        nn_params params;
        rng r = rng_make(8, 3, 1);
        float exact[CLASSES], coded[CLASSES];
        must(nn_params_create(table, &params));
        for (size_t i = 0; i < params.count; i++)
            for (size_t k = 0; k < params.items[i].count; k++)
                params.items[i].value[k] = params.items[i].dims == 1 ? 0 : (float)rng_below(&r, 3) - 1;
        run_on_bytes(table, &params, NN_F32, &steps, exact);
        run_on_bytes(table, &params, NN_U8, &steps, coded);
        double distance = distance_of(coded, exact, CLASSES);
        print_message("%zu channels: logits differ by %.4f of the largest\n", channels, distance);
        assert_true(distance < 0.03);
        nn_params_free(&params);
        mem_free(table);
    }
}

/* What keeps those sums small, on any processor: two codes of a tap add up to 128 at most, and mean the weights. */
static void test_codes_of_pairs(void **state)
{
    enum { AREA = 9, MOST = 5 };
    (void)state;
    for (size_t channels = 1; channels <= MOST; channels++)
        for (int alike = 0; alike < 2; alike++) {
            float weights[MOST * AREA];
            int8_t codes[MOST * AREA];
            rng r = rng_make(4, channels, (uint64_t)alike);
            for (size_t i = 0; i < channels * AREA; i++)
                weights[i] = alike ? 0.25f : (float)rng_between(&r, -1, 1); /* alike: as large as pairs can be */
            float step = nn_quantize_pairs(weights, channels, AREA, codes);
            for (size_t i = 0; i < channels * AREA; i++)
                assert_true(fabsf(step * (float)codes[i] - weights[i]) <= 0.501f * step);
            for (size_t i = 0; i < channels / 2 * 2 * AREA; i++)
                assert_true(abs(codes[i] + codes[i / AREA % 2 ? i - AREA : i + AREA]) <= 128);
        }
}

/* A network may begin with a normalisation, folded into a 1x1 convolution of each channel alone: the pixels' own is of
 * that channel, too. */
static void test_int8_with_groups_first(void **state)
{
    enum { CLASSES = 16 };
    static const float means[4] = {0.1f, 0.4f, 0.8f};
    (void)state;
    for (size_t kernel = 1; kernel <= 3; kernel += 2) {
        nn_table *table = table_begin(6, 6, 3);
        nn_row conv = {.kind = NN_CONV,
                       .channels = 3,
                       .groups = 3,
                       .kernel = kernel,
                       .stride = 1,
                       .pad = kernel / 2,
                       .bias = true};
        nn_steps steps = {{0}};
        nn_params params;
        float exact[CLASSES], coded[CLASSES];
        conv.in[0] = table_add(table, conv);
        conv.in[0] = table_add(table, (nn_row){.kind = NN_RELU, .in = {conv.in[0]}});
        table_add(table, (nn_row){.kind = NN_LINEAR, .in = {conv.in[0]}, .channels = CLASSES});
        must(nn_params_create(table, &params));
        nn_params_init(&params, 12);
        run_on_pixels(table, &params, NN_F32, means, &steps, exact);
        run_on_pixels(table, &params, NN_U8, means, &steps, coded);
        double distance = distance_of(coded, exact, CLASSES);
        if (!(distance < 0.03)) fail_msg("kernel %zu: %g", kernel, distance);
        nn_params_free(&params);
        mem_free(table);
    }
}

/* A channel that weight decay has starved gives its bias. */
static void test_int8_of_a_dead_channel(void **state)
{
    enum { CLASSES = 16 };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        nn_table *table = byte_layers(3, CLASSES);
        nn_steps steps = {{0}};
        nn_params params;
        float exact[CLASSES], coded[CLASSES];
        must(nn_params_create(table, &params));
        nn_params_init(&params, 13);
        nn_param *weight = &params.items[0], *bias = &params.items[1];
        for (size_t k = 0; k < weight->count; k++) weight->value[k] *= k < 27 ? i ? 0 : 1e-38f : 1.0f / 255;
        bias->value[0] = 0.7f;
        run_on_bytes(table, &params, NN_F32, &steps, exact);
        run_on_bytes(table, &params, NN_U8, &steps, coded);
        assert_true(distance_of(coded, exact, CLASSES) < 0.03);
        nn_params_free(&params);
        mem_free(table);
    }
}

/* Functions behind a convolution and its sum, in codes and with real values; of small weights, so that they matter. */
static void test_int8_functions(void **state)
{
    static const nn_row functions[] = {{.function = NN_LEAKY, .alpha = 0.2f},
                                       {.function = NN_CLIP, .alpha = -1, .beta = 2},
                                       {.function = NN_SIGMOID},
                                       {.function = NN_SWISH},
                                       {.function = NN_HARD_SWISH},
                                       {.function = NN_HARD_SIGMOID, .alpha = 0.2f, .beta = 0.5f},
                                       {.function = NN_TANH},
                                       {.function = NN_SLOPES}};
    enum { CLASSES = 16, FUNCTIONS = sizeof functions / sizeof *functions };
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        nn_table *table = table_begin(6, 6, 3);
        nn_row conv = {.kind = NN_CONV, .channels = 24, .kernel = 3, .stride = 1, .pad = 1, .bias = true};
        nn_row function = functions[i];
        nn_steps steps = {{0}};
        nn_params params;
        float exact[CLASSES], coded[CLASSES];
        conv.in[0] = table_add(table, conv);
        conv.in[0] = table_add(table, (nn_row){.kind = NN_RELU, .in = {conv.in[0]}});
        function.kind = NN_ACTIVATION;
        function.in[0] = table_add(table, (nn_row){.kind = NN_ADD, .in = {table_add(table, conv), conv.in[0]}});
        function.in[0] = table_add(table, function);
        table_add(table, (nn_row){.kind = NN_LINEAR, .in = {function.in[0]}, .channels = CLASSES});
        must(nn_params_create(table, &params));
        nn_params_init(&params, 11);
        for (size_t k = 0; k < params.items[0].count; k++) params.items[0].value[k] /= 255;
        run_on_bytes(table, &params, NN_F32, &steps, exact);
        run_on_bytes(table, &params, NN_U8, &steps, coded);
        double distance = distance_of(coded, exact, CLASSES);
        if (!(distance < 0.03)) fail_msg("function %d: %g", (int)function.function, distance);
        nn_params_free(&params);
        mem_free(table);
    }
}

/* ---- threads ---- */

typedef struct worker {
    const sample *s;
    const nn_program *program;
    const float *expected;
    double distance;
} worker;

static void *work(void *data)
{
    worker *w = data;
    for (int i = 0; i < 5; i++) {
        nn_context *context = run(w->s, w->program);
        w->distance = fmax(
            w->distance, distance_of(nn_context_logits(context), w->expected, w->s->count * w->s->description.classes));
        nn_context_free(context);
    }
    return NULL;
}

static void test_threads_share_a_program(void **state)
{
    enum { THREADS = 4 };
    sample s = sample_make(ARM_HEAD_EMA, true, 1, 2);
    const nn_program_options options = options_of(&s, NN_F32);
    nn_program *program = NULL;
    worker workers[THREADS];
    pthread_t threads[THREADS];
    float *expected = expected_logits(&s, false);
    (void)state;
    must(nn_program_create(&s.folded->table, &s.folded->params, &options, &program));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){&s, program, expected, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].distance < 1e-5);
    }
    nn_program_free(program);
    mem_free(expected);
    sample_free(&s);
}

static void test_memory_that_runs_out(void **state)
{
    sample s = sample_make(ARM_HEAD_EMA, true, 1, 2);
    const nn_program_options options = options_of(&s, NN_F32);
    (void)state;
    for (size_t n = 1;; n++) {
        nn_program *program = NULL;
        nn_context *context = NULL;
        mem_fail_at(n);
        amend_status status = nn_program_create(&s.folded->table, &s.folded->params, &options, &program);
        if (!status.code) status = nn_context_create(program, &context);
        mem_fail_at(0);
        nn_context_free(context);
        nn_program_free(program);
        if (!status.code) break;
        assert_int_equal(status.code, AMEND_NO_MEMORY);
    }
    sample_free(&s);
}

/* The outputs of rows for `count` images, one behind the other. */
static void run_outputs(const nn_table *table, const nn_params *params, const size_t *rows, size_t row_count,
                        const uint8_t *pixels, size_t count, float **results)
{
    const nn_program_options options = {
        .batch = count, .type = NN_F32, .deviation = {1, 1, 1}, .outputs = rows, .output_count = row_count};
    nn_program *program = NULL;
    nn_context *context = NULL;
    must(nn_program_create(table, params, &options, &program));
    must(nn_context_create(program, &context));
    memcpy(nn_context_pixels(context), pixels, count * nn_shape_count(table->shapes[0]));
    must(nn_context_run(context, count));
    for (size_t i = 0; i < row_count; i++) {
        size_t values = 0;
        const float *map = nn_context_map(context, rows[i], &values);
        assert_int_equal(values, count * nn_shape_count(table->shapes[rows[i]]));
        results[i] = floats(values);
        memcpy(results[i], map, values * sizeof *map);
    }
    nn_context_free(context);
    nn_program_free(program);
}

/* A batch gives what each of its images gives alone. */
static void compare_alone(const nn_table *table, const nn_params *params, const size_t *rows, size_t row_count, rng *r)
{
    enum { COUNT = 3, MOST = 64 };
    uint8_t pixels[COUNT * MOST];
    float *together[NN_MAX_OUTPUTS], *alone[NN_MAX_OUTPUTS];
    size_t each = nn_shape_count(table->shapes[0]);
    assert_true(each <= MOST);
    for (size_t i = 0; i < COUNT * each; i++) pixels[i] = (uint8_t)rng_below(r, 256);
    run_outputs(table, params, rows, row_count, pixels, COUNT, together);
    for (size_t n = 0; n < COUNT; n++) {
        run_outputs(table, params, rows, row_count, pixels + n * each, 1, alone);
        for (size_t k = 0; k < row_count; k++) {
            size_t values = nn_shape_count(table->shapes[rows[k]]);
            if (!(distance_of(together[k] + n * values, alone[k], values) < 1e-6))
                fail_msg("%s of image %zu", table->rows[rows[k]].name, n);
            mem_free(alone[k]);
        }
    }
    for (size_t k = 0; k < row_count; k++) mem_free(together[k]);
}

/* Whatever reads a constant, sums with what comes of it, and outputs that are constants. */
static void test_constants_in_batches(void **state)
{
    enum { SIDE = 4, CHANNELS = 3 };
    static const uint32_t turned[] = {2, 1, 0};
    static const nn_row readers[] = {{.kind = NN_RELU},
                                     {.kind = NN_ACTIVATION, .function = NN_SIGMOID},
                                     {.kind = NN_ACTIVATION, .function = NN_SLOPES},
                                     {.kind = NN_SOFTMAX},
                                     {.kind = NN_GLOBAL_POOL},
                                     {.kind = NN_MAX_POOL, .kernel = 2, .stride = 2},
                                     {.kind = NN_CONV, .channels = CHANNELS, .kernel = 3, .stride = 1, .pad = 1},
                                     {.kind = NN_LINEAR, .channels = CHANNELS},
                                     {.kind = NN_RESIZE, .height = 3, .width = 5, .step = {0.5, 0.5}},
                                     {.kind = NN_GATHER, .height = SIDE, .width = SIDE, .channels = CHANNELS},
                                     {.kind = NN_GATHER, .height = 1, .width = 1, .channels = 3, .source = turned},
                                     {.kind = NN_COMBINE, .operation = NN_TIMES}};
    const nn_row constant = {.kind = NN_CONSTANT, .height = SIDE, .width = SIDE, .channels = CHANNELS};
    rng r = rng_make(4, 1, 7);
    (void)state;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        nn_table *table = table_begin(SIDE, SIDE, CHANNELS);
        nn_row reader = readers[i];
        nn_params params;
        size_t mean = table_add(table, (nn_row){.kind = NN_GLOBAL_POOL}), rows[3];
        rows[0] = table_add(table, constant);
        reader.in[0] = reader.in[1] = table_add(table, constant);
        snprintf(reader.name, sizeof reader.name, "%s%zu", nn_kind_name(reader.kind), i);
        rows[1] = table_add(table, reader);
        rows[2] = table_add(table, (nn_row){.kind = NN_COMBINE, .in = {rows[1], mean}});
        must(nn_params_create(table, &params));
        for (size_t k = 0; k < params.count; k++)
            for (size_t at = 0; at < params.items[k].count; at++)
                params.items[k].value[at] = (float)rng_between(&r, -1, 1);
        compare_alone(table, &params, rows, 3, &r);
        nn_params_free(&params);
        mem_free(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_f32_equals_the_unfolded_network),
                                       cmocka_unit_test(test_bf16_is_near),
                                       cmocka_unit_test(test_int8_is_near),
                                       cmocka_unit_test(test_int8_wants_ranges),
                                       cmocka_unit_test(test_int8_does_not_overflow),
                                       cmocka_unit_test(test_codes_of_pairs),
                                       cmocka_unit_test(test_int8_functions),
                                       cmocka_unit_test(test_int8_with_groups_first),
                                       cmocka_unit_test(test_int8_of_a_dead_channel),
                                       cmocka_unit_test(test_constants_in_batches),
                                       cmocka_unit_test(test_threads_share_a_program),
                                       cmocka_unit_test(test_memory_that_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
