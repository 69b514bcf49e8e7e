/* Winograd's convolutions against plain sums in double precision: all passes, maps that tiles do not divide, borders,
 * and everything that is fused; and each kernel of its products against plain loops. */
#include "network.h"

#include <omp.h>

#include "nn/convert.h"
#include "nn/winograd.h"
#include "nn/winograd_multiply.h"

typedef struct shape {
    size_t n, h, w, in, out, pad, pad_more;
} shape;

/* Those of few tiles are shared by the threads, the last ones are not. bf16 takes whole groups of 32 channels. */
static const shape bf16_shapes[] = {
    {3, 13, 10, 32, 64, 1, 0}, {2, 12, 12, 96, 32, 0, 0}, {17, 3, 3, 32, 64, 1, 0},
    {5, 7, 9, 32, 32, 2, 0},   {300, 6, 5, 32, 32, 1, 0}, {700, 5, 5, 32, 32, 1, 0},
};
static const shape shapes[] = {
    {3, 13, 10, 16, 32, 1, 0}, {2, 12, 12, 48, 16, 0, 0}, {16, 3, 3, 32, 64, 1, 0},
    {5, 7, 9, 16, 16, 2, 0},   {4, 8, 8, 16, 48, 1, 1},   {100, 6, 5, 32, 32, 1, 0},
};

typedef struct maps {
    dnn_conv conv;
    size_t in_count, out_count, weight_count;
    float *in, *out, *weights, *bias; /* random */
} maps;

static float *random_floats(size_t count, rng *random)
{
    float *values = floats(count);
    for (size_t i = 0; i < count; i++) values[i] = (float)rng_normal(random);
    return values;
}

/* Rounds them: what is left is bf16 in every float's upper half. */
static void round_floats(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] = nn_from_bf16(nn_to_bf16(values[i]));
}

static maps make(const shape *s)
{
    rng random = rng_make(9, s->h, s->in);
    size_t h = s->h + 2 * s->pad + s->pad_more - 2, w = s->w + 2 * s->pad + s->pad_more - 2;
    maps m = {.conv = {.in = {s->n, s->h, s->w, s->in},
                       .out = {s->n, h, w, s->out},
                       .kernel = {3, 3},
                       .stride = 1,
                       .pad = {s->pad, s->pad},
                       .pad_more = s->pad_more,
                       .type = NN_F32}};
    m.in_count = nn_shape_count(m.conv.in);
    m.out_count = nn_shape_count(m.conv.out);
    m.weight_count = s->in * s->out * 9;
    m.in = random_floats(m.in_count, &random);
    m.out = random_floats(m.out_count, &random);
    m.weights = random_floats(m.weight_count, &random);
    m.bias = random_floats(s->out, &random);
    return m;
}

static void drop(maps *m)
{
    mem_free(m->in);
    mem_free(m->out);
    mem_free(m->weights);
    mem_free(m->bias);
}

/* Calls `each` with the indices of all products: in, weight, out. */
static void walk(const dnn_conv *c, void (*each)(size_t, size_t, size_t, void *), void *what)
{
    for (size_t n = 0; n < c->out.n; n++)
        for (size_t y = 0; y < c->out.h; y++)
            for (size_t x = 0; x < c->out.w; x++)
                for (size_t tap = 0; tap < 9; tap++) {
                    size_t row = y + tap / 3 - c->pad[0], column = x + tap % 3 - c->pad[1];
                    if (row >= c->in.h || column >= c->in.w) continue;
                    size_t in = ((n * c->in.h + row) * c->in.w + column) * c->in.c;
                    size_t out = ((n * c->out.h + y) * c->out.w + x) * c->out.c;
                    for (size_t k = 0; k < c->out.c; k++)
                        for (size_t i = 0; i < c->in.c; i++) each(in + i, (k * c->in.c + i) * 9 + tap, out + k, what);
                }
}

typedef struct sums {
    const maps *m;
    double *in, *weights, *out;
} sums;

static void add_products(size_t in, size_t weight, size_t out, void *what)
{
    const sums *s = what;
    s->out[out] += (double)s->m->in[in] * s->m->weights[weight];
    s->in[in] += (double)s->m->out[out] * s->m->weights[weight];
    s->weights[weight] += (double)s->m->in[in] * s->m->out[out];
}

static sums sum_plainly(const maps *m)
{
    sums s = {.m = m};
    must(mem_alloc(&s.in, m->in_count, sizeof(double), "sums"));
    must(mem_alloc(&s.weights, m->weight_count, sizeof(double), "sums"));
    must(mem_alloc(&s.out, m->out_count, sizeof(double), "sums"));
    walk(&m->conv, add_products, &s);
    return s;
}

static void drop_sums(sums *s)
{
    mem_free(s->in);
    mem_free(s->weights);
    mem_free(s->out);
}

static void assert_within(const float *values, const double *expected, size_t count, double share)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(values[i] - expected[i]) <= share * largest))
            fail_msg("value %zu of %zu is %g, not %g (largest %g)", i, count, values[i], expected[i], largest);
}

static void assert_near(const float *values, const double *expected, size_t count)
{
    assert_within(values, expected, count, 2e-5);
}

/* Of the errors' root mean square to that of what is expected. */
static void assert_noise_below(const float *values, const double *expected, size_t count, double share)
{
    double errors = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        errors += (values[i] - expected[i]) * (values[i] - expected[i]);
        squares += expected[i] * expected[i];
    }
    if (!(sqrt(errors / squares) < share)) fail_msg("noise is %g of what is expected", sqrt(errors / squares));
}

/* Scratch begins as NaN: what is left there by others must not matter. */
static void run(const maps *m, dnn_pass pass, const dnn_fusion *fusion, void *in, void *weights, void *out,
                const float *bias)
{
    winograd *w = NULL;
    float *packed = NULL, *scratch = NULL;
    assert_true(winograd_fits(&m->conv, pass, fusion));
    must(winograd_create(&m->conv, pass, fusion, &w));
    must(mem_alloc(&packed, winograd_weight_bytes(w), 1, "weights"));
    must(mem_alloc(&scratch, winograd_scratch_bytes(w), 1, "scratch"));
    memset(scratch, 0xff, winograd_scratch_bytes(w));
    if (pass != DNN_BACKWARD_WEIGHTS) winograd_pack(w, m->conv.type, weights, packed);
    winograd_run(w, in, packed, out, bias, scratch);
    if (pass == DNN_BACKWARD_WEIGHTS) winograd_unpack(w, packed, weights);
    mem_free(packed);
    mem_free(scratch);
    winograd_free(w);
}

static void test_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        maps m = make(&shapes[i]);
        sums s = sum_plainly(&m);
        float *made = floats(m.in_count + m.out_count + m.weight_count);
        run(&m, DNN_FORWARD, NULL, m.in, m.weights, made, NULL);
        assert_near(made, s.out, m.out_count);
        run(&m, DNN_BACKWARD_DATA, NULL, made, m.weights, m.out, NULL);
        assert_near(made, s.in, m.in_count);
        run(&m, DNN_BACKWARD_WEIGHTS, NULL, m.in, made, m.out, NULL);
        assert_near(made, s.weights, m.weight_count);
        mem_free(made);
        drop_sums(&s);
        drop(&m);
    }
}

/* As bf16, to be freed. */
static uint16_t *as_bf16(const float *values, size_t count)
{
    uint16_t *made = NULL;
    must(mem_alloc(&made, count, sizeof *made, "bf16"));
    for (size_t i = 0; i < count; i++) made[i] = nn_to_bf16(values[i]);
    return made;
}

static void assert_bf16_near(const uint16_t *made, const double *expected, size_t count)
{
    float *values = floats(count);
    for (size_t i = 0; i < count; i++) values[i] = nn_from_bf16(made[i]);
    assert_within(values, expected, count, 0.04);
    assert_noise_below(values, expected, count, 0.015);
    mem_free(values);
}

static void check_bf16(const shape *s)
{
    maps m = make(s);
    m.conv.type = NN_BF16;
    round_floats(m.in, m.in_count);
    round_floats(m.out, m.out_count);
    round_floats(m.weights, m.weight_count);
    sums sum = sum_plainly(&m);
    uint16_t *in = as_bf16(m.in, m.in_count), *out = as_bf16(m.out, m.out_count),
             *weights = as_bf16(m.weights, m.weight_count);
    uint16_t *made = as_bf16(m.in, m.in_count), *made_out = as_bf16(m.out, m.out_count);
    float *gradient = floats(m.weight_count);
    run(&m, DNN_FORWARD, NULL, in, weights, made_out, NULL);
    assert_bf16_near(made_out, sum.out, m.out_count);
    run(&m, DNN_BACKWARD_DATA, NULL, made, weights, out, NULL);
    assert_bf16_near(made, sum.in, m.in_count);
    run(&m, DNN_BACKWARD_WEIGHTS, NULL, in, gradient, out, NULL);
    assert_within(gradient, sum.weights, m.weight_count, 0.04);
    assert_noise_below(gradient, sum.weights, m.weight_count, 0.015);
    m.conv.bias = true;
    for (size_t i = 0; i < m.out_count; i++) sum.out[i] += m.bias[i % m.conv.out.c];
    run(&m, DNN_FORWARD, NULL, in, weights, made_out, m.bias);
    assert_bf16_near(made_out, sum.out, m.out_count);
    mem_free(in);
    mem_free(out);
    mem_free(weights);
    mem_free(made);
    mem_free(made_out);
    mem_free(gradient);
    drop_sums(&sum);
    drop(&m);
}

static bool has_bf16(void)
{
    bool has = winograd_kernel_for(NN_BF16, 32) && !dnn_has_tiles();
    if (!has) print_message("skipped: this processor has no vectors of bf16, or better ones\n");
    return has;
}

static void test_bf16(void **state)
{
    (void)state;
    if (!has_bf16()) skip();
    for (size_t i = 0; i < sizeof bf16_shapes / sizeof *bf16_shapes; i++) check_bf16(&bf16_shapes[i]);
}

/* Bias, then what was there, then the function. */
static void finish_plainly(const maps *m, const dnn_fusion *f, double *out)
{
    double low = f->function == NN_CLIP ? f->alpha : f->function == NN_RECTIFY ? 0 : -INFINITY;
    double high = f->function == NN_CLIP ? f->beta : INFINITY;
    for (size_t i = 0; i < m->out_count; i++) {
        out[i] += m->bias[i % m->conv.out.c] + (f->sum ? m->out[i] : 0);
        out[i] = fmin(fmax(out[i], low), high);
    }
}

static void test_fusion(void **state)
{
    (void)state;
    const dnn_fusion fusions[] = {
        {.out = NN_F32},
        {.out = NN_F32, .function = NN_RECTIFY},
        {.out = NN_F32, .function = NN_CLIP, .alpha = -1, .beta = 6},
        {.out = NN_F32, .function = NN_RECTIFY, .sum = true, .held = NN_F32, .sum_scale = 1},
    };
    for (size_t i = 0; i < sizeof fusions / sizeof *fusions; i++) {
        maps m = make(&shapes[0]);
        sums s = sum_plainly(&m);
        m.conv.bias = true;
        finish_plainly(&m, &fusions[i], s.out);
        run(&m, DNN_INFERENCE, &fusions[i], m.in, m.weights, m.out, m.bias);
        assert_near(m.out, s.out, m.out_count);
        drop_sums(&s);
        drop(&m);
    }
}

/* A value that is no number is seen at the end, not turned into one. */
static void test_nan(void **state)
{
    (void)state;
    const dnn_fusion relu = {.out = NN_F32, .function = NN_RECTIFY};
    maps m = make(&shapes[0]);
    m.in[0] = NAN;
    run(&m, DNN_INFERENCE, &relu, m.in, m.weights, m.out, m.bias);
    assert_true(isnan(m.out[0]));
    assert_false(isnan(m.out[m.out_count - 1]));
    drop(&m);
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    const dnn_conv fits = {
        .in = {8, 12, 12, 32}, .out = {8, 12, 12, 32}, .kernel = {3, 3}, .stride = 1, .pad = {1, 1}, .type = NN_F32};
    dnn_conv others[] = {fits, fits, fits, fits, fits, fits, fits, fits, fits, fits, fits};
    others[0].kernel[0] = 5;
    others[1].stride = 2;
    others[2].groups = 32;
    others[3].dilation = 1;
    others[4].type = NN_BF16;
    others[5].in.c = 3;
    others[6].out.c = 40;
    others[7].pad[0] = others[7].pad[1] = 3;
    others[8].in = others[8].out = (nn_shape){1, 8, 8, 32}; /* too little work for its weights */
    others[9].kernel[1] = 1;
    others[10].pad[1] = 0;
    assert_true(winograd_fits(&fits, DNN_FORWARD, NULL));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (winograd_fits(&others[i], DNN_INFERENCE, NULL)) fail_msg("convolution %zu fits", i);
    dnn_conv biased = fits;
    biased.bias = true;
    assert_false(winograd_fits(&biased, DNN_BACKWARD_WEIGHTS, NULL));
}

/* Words of random factors. */
static float *random_words(nn_type type, size_t count, rng *random)
{
    float *words = random_floats(count, random);
    for (size_t i = 0; type == NN_BF16 && i < 2 * count; i++) nn_put(type, words, i, (float)rng_normal(random));
    return words;
}

/* Two panels and, of the last rows, a part. */
static void compare_kernel(const winograd_kernel *kernel, bool turned, bool add, rng *random)
{
    enum { COUNT = 29, ROWS = 24, COLUMNS = 64 };
    size_t depth = winograd_depth(kernel->type);
    size_t columns = 2 * kernel->columns, rows = 2 * kernel->rows - 1;
    float *a = random_words(kernel->type, ROWS * COUNT, random),
          *b = random_words(kernel->type, COUNT * COLUMNS, random), *out = random_floats(ROWS * COLUMNS, random);
    double expected[ROWS * COLUMNS] = {0};
    const winograd_product p = {.a = a,
                                .a_row = turned ? 1 : COUNT,
                                .a_step = turned ? ROWS : 1,
                                .b = b,
                                .b_step = turned ? columns : kernel->columns,
                                .b_panel = turned ? kernel->columns : kernel->columns * COUNT,
                                .out = out,
                                .out_row = columns,
                                .rows = rows,
                                .columns = columns,
                                .count = COUNT,
                                .add = add};
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns; k++) {
            const float *from = b + k / kernel->columns * p.b_panel + k % kernel->columns;
            double *sum = &expected[r * columns + k];
            *sum = add ? out[r * columns + k] : 0;
            for (size_t i = 0; i < COUNT; i++)
                for (size_t d = 0; d < depth; d++)
                    *sum += (double)nn_get(kernel->type, &a[r * p.a_row + i * p.a_step], d) *
                            nn_get(kernel->type, &from[i * p.b_step], d);
        }
    kernel->multiply(&p);
    assert_near(out, expected, rows * columns);
    mem_free(a);
    mem_free(b);
    mem_free(out);
}

static void test_kernels(void **state)
{
    (void)state;
    rng random = rng_make(9, 1, 1);
    for (const winograd_kernel *kernel = winograd_kernels(); kernel->rows; kernel++) {
        if (!winograd_kernel_runs(kernel)) {
            print_message("skipped: no processor here for %zu x %zu\n", kernel->rows, kernel->columns);
            continue;
        }
        compare_kernel(kernel, false, false, &random);
        compare_kernel(kernel, true, true, &random);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_passes),
                                       cmocka_unit_test(test_bf16),
                                       cmocka_unit_test(test_fusion),
                                       cmocka_unit_test(test_nan),
                                       cmocka_unit_test(test_what_does_not_fit),
                                       cmocka_unit_test(test_kernels)};
    omp_set_num_threads(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
