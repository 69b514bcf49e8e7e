/* Pooling fused with normalisation, against plain loops over a stored map: values exactly, gradients too. Within a
 * network test_parity.c holds it against PyTorch. */
#include "network.h"

#include "nn/convert.h"
#include "nn/norm.h"

enum { SAMPLES = 2, CHANNELS = 19 };

typedef struct windows {
    size_t h, w, kernel, stride, pad;
} windows;

static const windows cases[] = {{9, 7, 3, 2, 1}, {8, 6, 2, 2, 0}, {5, 5, 3, 1, 1}, {6, 9, 5, 3, 2},
                                {4, 4, 4, 4, 0}, {9, 7, 2, 2, 0}, {7, 5, 1, 2, 0}};

typedef struct maps {
    norm_pool pool;
    float scale[CHANNELS], shift[CHANNELS];
    float *x, *y, *dy; /* as f32: x; the pooled map and its gradient */
    void *stored_x, *stored_dy;
} maps;

static void store(nn_type type, float *values, size_t count, void **stored)
{
    must(mem_alloc(stored, count, nn_type_size(type), "map"));
    nn_store(type, *stored, 0, count, values);
    if (type == NN_BF16) nn_load(type, *stored, 0, count, values); /* what is really there */
}

static maps make(const windows *s, nn_type type)
{
    maps m = {0};
    const nn_row row = {.kind = NN_MAX_POOL, .kernel = s->kernel, .stride = s->stride, .pad = s->pad};
    nn_shape in = {SAMPLES, s->h, s->w, CHANNELS}, out = in;
    rng random = rng_make(5, s->h, s->kernel);
    out.h = (s->h + 2 * s->pad - s->kernel) / s->stride + 1;
    out.w = (s->w + 2 * s->pad - s->kernel) / s->stride + 1;
    m.pool = norm_pool_of(&row, in, out);
    must(mem_alloc(&m.pool.winners, norm_pool_bytes(&m.pool), 1, "winners"));
    m.x = floats(nn_shape_count(in));
    m.y = floats(nn_shape_count(out));
    m.dy = floats(nn_shape_count(out));
    for (size_t i = 0; i < nn_shape_count(in); i++) m.x[i] = (float)rng_normal(&random);
    for (size_t i = 0; i < nn_shape_count(out); i++) m.dy[i] = (float)rng_normal(&random);
    for (size_t i = 0; i < CHANNELS; i++) {
        m.scale[i] = (float)rng_normal(&random); /* below zero, too: then the smallest x wins */
        m.shift[i] = (float)rng_normal(&random) - 0.5f;
    }
    store(type, m.x, nn_shape_count(in), &m.stored_x);
    store(type, m.dy, nn_shape_count(out), &m.stored_dy);
    return m;
}

static void drop(maps *m)
{
    mem_free(m->pool.winners);
    mem_free(m->x);
    mem_free(m->y);
    mem_free(m->dy);
    mem_free(m->stored_x);
    mem_free(m->stored_dy);
}

static size_t index_of(nn_shape s, size_t n, size_t y, size_t x, size_t c)
{
    return ((n * s.h + y) * s.w + x) * s.c + c;
}

/* One window of one channel by plain loops; the index of its winner in x comes in *winner, SIZE_MAX: none above zero.
 */
static float pool_plainly(const maps *m, size_t n, size_t v, size_t u, size_t c, size_t *winner)
{
    const norm_pool *p = &m->pool;
    float best = 0;
    *winner = SIZE_MAX;
    for (size_t tap = 0; tap < p->kernel * p->kernel; tap++) {
        size_t y = v * p->stride + tap / p->kernel, x = u * p->stride + tap % p->kernel;
        if (y < p->pad || x < p->pad || y - p->pad >= p->in.h || x - p->pad >= p->in.w) continue;
        size_t at = index_of(p->in, n, y - p->pad, x - p->pad, c);
        float value = m->scale[c] * m->x[at] + m->shift[c];
        if (value <= best) continue;
        best = value;
        *winner = at;
    }
    return best;
}

/* The pooled map, and the gradient of x that dy gives, both f32. */
static void pool_all(const maps *m, float *pooled, float *gradient)
{
    const norm_pool *p = &m->pool;
    for (size_t n = 0; n < SAMPLES; n++)
        for (size_t i = 0; i < p->out.h * p->out.w * CHANNELS; i++) {
            size_t c = i % CHANNELS, u = i / CHANNELS % p->out.w, v = i / CHANNELS / p->out.w, winner;
            size_t at = index_of(p->out, n, v, u, c);
            pooled[at] = pool_plainly(m, n, v, u, c, &winner);
            if (winner != SIZE_MAX) gradient[winner] += m->dy[at];
        }
}

/* Forward, in two parts as by two threads. */
static void check_values(const maps *m, nn_type type, const float *pooled)
{
    const norm_pool *p = &m->pool;
    size_t count = nn_shape_count(p->out), rows = SAMPLES * p->out.h;
    void *out = NULL;
    must(mem_alloc(&out, count, nn_type_size(type), "pooled map"));
    const norm_maps run = {
        .type = type, .c = CHANNELS, .pool = p, .x = m->stored_x, .out = out, .scale = m->scale, .shift = m->shift};
    norm_pool_forward(&run, 0, rows / 3);
    norm_pool_forward(&run, rows / 3, rows);
    for (size_t i = 0; i < count; i++) {
        float expected = type == NN_BF16 ? nn_from_bf16(nn_to_bf16(pooled[i])) : pooled[i], got;
        assert_true(*nn_load(type, out, i, 1, &got) == expected);
    }
    mem_free(out);
}

static void check_sums(const maps *m, nn_type type, const float *gradient)
{
    const norm_pool *p = &m->pool;
    const norm_maps run = {.type = type,
                           .c = CHANNELS,
                           .pool = p,
                           .mean = m->shift, /* any numbers may be means */
                           .x = m->stored_x,
                           .dy = m->stored_dy};
    size_t rows = SAMPLES * p->out.h;
    double above[2 * CHANNELS], below[2 * CHANNELS], expected[2 * CHANNELS] = {0};
    float buffer[2 * CHANNELS];
    norm_pool_sums(&run, 0, rows / 3, above, buffer);
    norm_pool_sums(&run, rows / 3, rows, below, buffer);
    for (size_t i = 0; i < nn_shape_count(p->in); i++) {
        size_t c = i % CHANNELS;
        expected[c] += (double)gradient[i];
        expected[CHANNELS + c] += (double)gradient[i] * (double)(m->x[i] - m->shift[c]);
    }
    for (size_t i = 0; i < 2 * CHANNELS; i++) assert_true(fabs(above[i] + below[i] - expected[i]) < 1e-4);
}

static void check_gradient(const maps *m, nn_type type, const float *gradient)
{
    const norm_pool *p = &m->pool;
    size_t count = nn_shape_count(p->in), rows = SAMPLES * p->in.h;
    float from_x[CHANNELS], constant[CHANNELS];
    void *dx = NULL;
    must(mem_alloc(&dx, count, nn_type_size(type), "gradient"));
    const norm_maps run = {.type = type,
                           .c = CHANNELS,
                           .pool = p,
                           .x = m->stored_x,
                           .dy = m->stored_dy,
                           .dx = dx,
                           .from_g = m->scale,
                           .from_x = from_x,
                           .constant = constant};
    for (size_t c = 0; c < CHANNELS; c++) {
        from_x[c] = 0.5f - m->scale[c];
        constant[c] = m->shift[c] / 3;
    }
    norm_pool_gradient(&run, 0, rows / 3);
    norm_pool_gradient(&run, rows / 3, rows);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % CHANNELS;
        float expected = m->scale[c] * gradient[i] + from_x[c] * m->x[i] + constant[c], got;
        float tolerance = type == NN_BF16 ? 1e-5f + fabsf(expected) / 256 : 1e-5f;
        assert_true(fabsf(*nn_load(type, dx, i, 1, &got) - expected) < tolerance);
    }
    mem_free(dx);
}

static void check(const windows *s, nn_type type)
{
    maps m = make(s, type);
    float *pooled = floats(nn_shape_count(m.pool.out)), *gradient = floats(nn_shape_count(m.pool.in));
    pool_all(&m, pooled, gradient);
    check_values(&m, type, pooled);
    check_sums(&m, type, gradient);
    check_gradient(&m, type, gradient);
    mem_free(gradient);
    mem_free(pooled);
    drop(&m);
}

static void test_f32(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i], NN_F32);
}

static void test_bf16(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i], NN_BF16);
}

static void test_not_a_number(void **state)
{
    maps m = make(&cases[0], NN_F32);
    const norm_pool *p = &m.pool;
    float *out = floats(nn_shape_count(p->out));
    const norm_maps run = {
        .type = NN_F32, .c = CHANNELS, .pool = p, .x = m.stored_x, .out = out, .scale = m.scale, .shift = m.shift};
    (void)state;
    m.shift[3] = NAN;
    m.scale[4] = 1;
    ((float *)m.stored_x)[4] = NAN; /* the first pixel: in the first window alone */
    norm_pool_forward(&run, 0, SAMPLES * p->out.h);
    for (size_t i = 0; i < nn_shape_count(p->out); i++) assert_true(isnan(out[i]) == (i % CHANNELS == 3 || i == 4));
    mem_free(out);
    drop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_f32), cmocka_unit_test(test_bf16),
                                       cmocka_unit_test(test_not_a_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
