/* Batch normalisation with what may follow it, in one pass over memory: y = relu(bn(x) + residual), f(bn(x)), or max
 * pooling of relu(bn(x)) (nn/norm_pool.h). Statistics and reductions are f32 (f64 across blocks) whatever the type of
 * the maps. A map is read twice, first for sums, upwards, then downwards: what the first pass left in the caches the
 * second finds there. */
#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "nn/convert.h"
#include "nn/layer.h"
#include "nn/norm_pool.h"

enum { WEIGHT, BIAS, MEAN, VARIANCE };
enum { BLOCK = 32 };  /* pixels summed in f32 before the sum goes to f64 */
enum { BUFFERS = 5 }; /* runs of c floats that a thread works with */

static const float usual_momentum = 0.1f;

/* Per channel; scale, shift: y = scale * x + shift; the last three: dx = from_g * g + from_x * x + constant. */
typedef struct norm_state {
    size_t threads;
    float *mean, *inverse_deviation, *scale, *shift, *from_g, *from_x, *constant;
    double *sums;   /* threads x 2 x c */
    float *buffer;  /* threads x BUFFERS x c */
    norm_pool pool; /* kernel 0: none */
} norm_state;

static amend_status norm_create(nn_layer *layer)
{
    size_t c = layer->in[0]->shape.c, own = 0;
    TRY(mem_alloc(&layer->state, 1, sizeof(norm_state), layer->row->name));
    norm_state *s = layer->state;
    s->threads = (size_t)omp_get_max_threads();
    if (layer->pool) {
        s->pool = norm_pool_of(layer->pool, layer->in[0]->shape, layer->out->shape);
        own = norm_pool_bytes(&s->pool);
    }
    layer->own_bytes = own + (7 * c + s->threads * BUFFERS * c) * sizeof(float) + s->threads * 2 * c * sizeof(double);
    return status_ok();
}

static amend_status norm_bind(nn_layer *layer)
{
    norm_state *s = layer->state;
    size_t c = layer->in[0]->shape.c;
    s->sums = layer->own;
    s->mean = (float *)(s->sums + s->threads * 2 * c);
    s->inverse_deviation = s->mean + c;
    s->scale = s->mean + 2 * c;
    s->shift = s->mean + 3 * c;
    s->from_g = s->mean + 4 * c;
    s->from_x = s->mean + 5 * c;
    s->constant = s->mean + 6 * c;
    s->buffer = s->mean + 7 * c;
    s->pool.winners = (uint16_t *)(s->buffer + s->threads * BUFFERS * c);
    return status_ok();
}

NN_INLINE void sum_pixel(nn_type type, const void *x, size_t at, size_t c, float *part, float *square)
{
#pragma omp simd
    for (size_t i = 0; i < c; i++) {
        float v = nn_get(type, x, at + i);
        part[i] += v;
        square[i] += v * v;
    }
}

/* Sums of x and of x * x over the pixels first .. last - 1; sums: 2 x c; buffer: 2 x c. */
NN_VECTOR static void sum_forward(nn_type type, const void *x, size_t first, size_t last, size_t c, double *sums,
                                  float *buffer)
{
    float *part = buffer, *square = buffer + c;
    memset(sums, 0, 2 * c * sizeof *sums);
    memset(part, 0, 2 * c * sizeof *part);
    for (size_t pixel = first; pixel < last; pixel++) {
        if (type == NN_F32)
            sum_pixel(NN_F32, x, pixel * c, c, part, square);
        else
            sum_pixel(NN_BF16, x, pixel * c, c, part, square);
        if ((pixel - first) % BLOCK == BLOCK - 1) norm_flush_sums(sums, part, 2 * c);
    }
    norm_flush_sums(sums, part, 2 * c);
}

/* Adds the threads' sums in their order: deterministic for a number of threads. */
static void collect(const norm_state *s, size_t c, size_t i, double *first, double *second)
{
    *first = *second = 0;
    for (size_t t = 0; t < s->threads; t++) {
        *first += s->sums[t * 2 * c + i];
        *second += s->sums[t * 2 * c + c + i];
    }
}

static void batch_statistics(nn_layer *layer, size_t pixels, size_t c)
{
    norm_state *s = layer->state;
    float *running_mean = layer->params[MEAN]->value, *running_variance = layer->params[VARIANCE]->value;
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < s->threads; t++)
        sum_forward(layer->in[0]->type, layer->in[0]->data, pixels * t / s->threads, pixels * (t + 1) / s->threads, c,
                    s->sums + t * 2 * c, s->buffer + t * BUFFERS * c);
    float momentum = layer->row->momentum > 0 ? layer->row->momentum : usual_momentum;
    double unbiased = pixels > 1 ? (double)pixels / (double)(pixels - 1) : 1;
    for (size_t i = 0; i < c; i++) {
        double sum, square;
        collect(s, c, i, &sum, &square);
        double mean = sum / (double)pixels, variance = square / (double)pixels - mean * mean;
        if (variance < 0) variance = 0;
        s->mean[i] = (float)mean;
        s->inverse_deviation[i] = (float)(1 / sqrt(variance + nn_row_epsilon(layer->row)));
        running_mean[i] += momentum * ((float)mean - running_mean[i]);
        running_variance[i] += momentum * ((float)(variance * unbiased) - running_variance[i]);
    }
}

/* A frozen layer: what it learnt is used and stays, as at test time. */
static bool is_frozen(const nn_layer *layer)
{
    return layer->params[MEAN]->rate == 0;
}

static void running_statistics(nn_layer *layer, size_t c)
{
    norm_state *s = layer->state;
    float epsilon = (float)nn_row_epsilon(layer->row);
    for (size_t i = 0; i < c; i++) {
        s->mean[i] = layer->params[MEAN]->value[i];
        s->inverse_deviation[i] = 1 / sqrtf(layer->params[VARIANCE]->value[i] + epsilon);
    }
}

typedef struct norm_maps {
    nn_type type;
    size_t c;
    bool relu;
    float ceiling;                     /* of the relu: 6, or infinity */
    nn_curve curve;                    /* another function instead, never with a residual */
    const norm_pool *pool;             /* NULL: none; then out, y and dy are the pooled maps */
    const float *scale, *shift;        /* y = relu(scale * x + shift + residual) */
    const void *x, *residual, *y, *dy; /* residual NULL: none */
    void *out, *d_residual, *dx;       /* gradients, NULL: not wanted */
} norm_maps;

static inline float rectify(float value, float ceiling) /* lets NaN through */
{
    float raised = value < 0 ? 0 : value;
    return raised > ceiling ? ceiling : raised;
}

/* y = relu(scale * x + shift + residual) of one pixel. With `residual` and `relu` constant it is one loop of vectors.
 */
NN_INLINE void apply_relu(nn_type type, const norm_maps *m, bool residual, bool relu, size_t at)
{
    const float *scale = m->scale, *shift = m->shift, ceiling = m->ceiling;
    const void *x = m->x, *other = m->residual;
    void *out = m->out;
#pragma omp simd
    for (size_t i = 0; i < m->c; i++) {
        float y = scale[i] * nn_get(type, x, at + i) + shift[i];
        if (residual) y += nn_get(type, other, at + i);
        nn_put(type, out, at + i, relu ? rectify(y, ceiling) : y);
    }
}

/* buffer: c floats */
NN_INLINE void apply_curve(nn_type type, const norm_maps *m, size_t at, float *buffer)
{
    for (size_t i = 0; i < m->c; i++) buffer[i] = m->scale[i] * nn_get(type, m->x, at + i) + m->shift[i];
    nn_curve_apply(&m->curve, buffer, buffer, m->c);
    nn_store(type, m->out, at, m->c, buffer);
}

NN_INLINE void apply_pixels(nn_type type, const norm_maps *m, size_t first, size_t last, float *buffer)
{
    for (size_t pixel = last; pixel-- > first;) {
        size_t at = pixel * m->c;
        if (m->curve.function)
            apply_curve(type, m, at, buffer);
        else if (m->residual && m->relu)
            apply_relu(type, m, true, true, at);
        else if (m->relu)
            apply_relu(type, m, false, true, at);
        else
            apply_relu(type, m, m->residual != NULL, false, at);
    }
}

NN_VECTOR static void apply(const norm_maps *m, size_t first, size_t last, float *buffer)
{
    if (m->type == NN_F32)
        apply_pixels(NN_F32, m, first, last, buffer);
    else
        apply_pixels(NN_BF16, m, first, last, buffer);
}

/* Where the gradient g at a pixel comes from. */
typedef enum gradient_kind {
    PASSED,   /* dy */
    MASKED,   /* dy where 0 < scale * x + shift < ceiling: worked out again, which costs less than reading y */
    MASKED_Y, /* dy where 0 < y < ceiling, as a residual was added */
    WHOLE     /* c floats made before: f'(bn(x)) dy */
} gradient_kind;

static gradient_kind kind_of(const norm_maps *m)
{
    if (m->curve.function) return WHOLE;
    return !m->relu ? PASSED : m->residual ? MASKED_Y : MASKED;
}

/* For WHOLE; buffer: 3 x c. */
NN_INLINE const float *whole_gradient(nn_type type, const norm_maps *m, size_t pixel, float *buffer)
{
    size_t c = m->c;
    float *g = buffer, *y = buffer + c;
    const float *dy = nn_load(type, m->dy, pixel * c, c, buffer + 2 * c);
    for (size_t i = 0; i < c; i++) y[i] = m->scale[i] * nn_get(type, m->x, pixel * c + i) + m->shift[i];
    nn_curve_slope(&m->curve, y, dy, g, c);
    return g;
}

/* Of channel i at index `at`, given x there. Both comparisons always, so that it compiles to masks: signs are too
 * random for branches. */
NN_INLINE float gradient_at(nn_type type, gradient_kind kind, const norm_maps *m, const float *whole, size_t at,
                            size_t i, float x)
{
    if (kind == WHOLE) return whole[i];
    float dy = nn_get(type, m->dy, at);
    if (kind == PASSED) return dy;
    float y = kind == MASKED_Y ? nn_get(type, m->y, at) : m->scale[i] * x + m->shift[i];
    return ((y > 0) & (y < m->ceiling)) ? dy : 0;
}

/* Sums of g and of g * (x - mean), and g for what was added; buffer: 5 x c. */
NN_INLINE void sum_gradients(nn_type type, gradient_kind kind, const norm_maps *maps, size_t first, size_t last,
                             const float *mean, double *sums, float *buffer)
{
    const norm_maps m = *maps; /* a copy that no store can change */
    const bool added = m.d_residual;
    size_t c = m.c;
    float *part = buffer, *product = buffer + c;
    for (size_t pixel = first; pixel < last; pixel++) {
        const float *whole = kind == WHOLE ? whole_gradient(type, &m, pixel, buffer + 2 * c) : NULL;
#pragma omp simd
        for (size_t i = 0; i < c; i++) {
            size_t at = pixel * c + i;
            float x = nn_get(type, m.x, at), g = gradient_at(type, kind, &m, whole, at, i, x);
            if (added) nn_put(type, m.d_residual, at, g);
            part[i] += g;
            product[i] += g * (x - mean[i]);
        }
        if ((pixel - first) % BLOCK == BLOCK - 1) norm_flush_sums(sums, part, 2 * c);
    }
    norm_flush_sums(sums, part, 2 * c);
}

/* dx = from_g * g + from_x * x + constant, and g for what was added; buffer: 3 x c. */
NN_INLINE void pass_gradients(nn_type type, gradient_kind kind, const norm_maps *maps, size_t first, size_t last,
                              const norm_state *s, float *buffer)
{
    const norm_maps m = *maps;
    const float *from_g = s->from_g, *from_x = s->from_x, *constant = s->constant;
    const bool input = m.dx, added = m.d_residual;
    for (size_t pixel = last; pixel-- > first;) {
        const float *whole = kind == WHOLE ? whole_gradient(type, &m, pixel, buffer) : NULL;
#pragma omp simd
        for (size_t i = 0; i < m.c; i++) {
            size_t at = pixel * m.c + i;
            float x = nn_get(type, m.x, at), g = gradient_at(type, kind, &m, whole, at, i, x);
            if (added) nn_put(type, m.d_residual, at, g);
            if (input) nn_put(type, m.dx, at, from_g[i] * g + from_x[i] * x + constant[i]);
        }
    }
}

/* Calls WORK(type, kind, ...) with both known to the compiler, so that each inner loop is one of vectors. */
#define WITH_KIND(work, type, m, ...)                                                                                  \
    switch (kind_of(m)) {                                                                                              \
    case PASSED:                                                                                                       \
        work(type, PASSED, m, __VA_ARGS__);                                                                            \
        break;                                                                                                         \
    case MASKED:                                                                                                       \
        work(type, MASKED, m, __VA_ARGS__);                                                                            \
        break;                                                                                                         \
    case MASKED_Y:                                                                                                     \
        work(type, MASKED_Y, m, __VA_ARGS__);                                                                          \
        break;                                                                                                         \
    case WHOLE:                                                                                                        \
        work(type, WHOLE, m, __VA_ARGS__);                                                                             \
    }

/* sums: 2 x c; buffer: 5 x c, of which the first two zeros. */
NN_VECTOR static void sum_backward(const norm_maps *m, size_t first, size_t last, const float *mean, double *sums,
                                   float *buffer)
{
    if (m->type == NN_F32) {
        WITH_KIND(sum_gradients, NN_F32, m, first, last, mean, sums, buffer)
    } else {
        WITH_KIND(sum_gradients, NN_BF16, m, first, last, mean, sums, buffer)
    }
}

NN_VECTOR static void apply_backward(const norm_maps *m, size_t first, size_t last, const norm_state *s, float *buffer)
{
    if (m->type == NN_F32) {
        WITH_KIND(pass_gradients, NN_F32, m, first, last, s, buffer)
    } else {
        WITH_KIND(pass_gradients, NN_BF16, m, first, last, s, buffer)
    }
}

static norm_maps maps_of(const nn_layer *layer)
{
    const norm_state *s = layer->state;
    const nn_curve *curve = &layer->curve;
    norm_maps m = {0};
    m.type = layer->in[0]->type;
    m.c = layer->in[0]->shape.c;
    m.relu = curve->function == NN_RECTIFY || (curve->function == NN_CLIP && curve->alpha == 0);
    m.ceiling = curve->function == NN_CLIP ? curve->beta : HUGE_VALF;
    if (!m.relu) m.curve = *curve;
    m.pool = layer->pool ? &s->pool : NULL;
    m.scale = s->scale;
    m.shift = s->shift;
    m.x = layer->in[0]->data;
    m.residual = layer->in[1] ? layer->in[1]->data : NULL;
    m.y = m.out = layer->out->data;
    m.dy = layer->out->gradient;
    m.dx = layer->in_gradient[0];
    m.d_residual = layer->in[1] ? layer->in_gradient[1] : NULL;
    return m;
}

static norm_pool_maps pool_maps(const norm_maps *m, const norm_state *s)
{
    return (norm_pool_maps){m->type,  m->x,    m->dy,     m->out,    m->dx,      s->scale,
                            s->shift, s->mean, s->from_g, s->from_x, s->constant};
}

/* Thread t's share of each pass: pixels, or with a pooling rows of its result or of x. */

static void forward_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    if (m->pool) {
        const norm_pool_maps maps = pool_maps(m, s);
        size_t rows = m->pool->out.n * m->pool->out.h;
        norm_pool_forward(m->pool, &maps, rows * t / s->threads, rows * (t + 1) / s->threads);
    } else {
        apply(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, s->buffer + t * BUFFERS * m->c);
    }
}

static void sum_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    double *sums = s->sums + t * 2 * m->c;
    float *buffer = s->buffer + t * BUFFERS * m->c;
    memset(sums, 0, 2 * m->c * sizeof *sums);
    memset(buffer, 0, 2 * m->c * sizeof *buffer);
    if (m->pool) {
        const norm_pool_maps maps = pool_maps(m, s);
        size_t rows = m->pool->out.n * m->pool->out.h;
        norm_pool_sums(m->pool, &maps, rows * t / s->threads, rows * (t + 1) / s->threads, sums, buffer);
    } else {
        sum_backward(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, s->mean, sums, buffer);
    }
}

static void backward_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    if (m->pool) {
        const norm_pool_maps maps = pool_maps(m, s);
        size_t rows = m->pool->in.n * m->pool->in.h;
        norm_pool_gradient(m->pool, &maps, rows * t / s->threads, rows * (t + 1) / s->threads);
    } else {
        apply_backward(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, s, s->buffer + t * BUFFERS * m->c);
    }
}

static amend_status norm_forward(nn_layer *layer)
{
    norm_state *s = layer->state;
    norm_maps m = maps_of(layer);
    size_t c = m.c, pixels = nn_shape_count(layer->in[0]->shape) / c;
    if (layer->run->training && !is_frozen(layer))
        batch_statistics(layer, pixels, c);
    else
        running_statistics(layer, c);
    for (size_t i = 0; i < c; i++) {
        s->scale[i] = layer->params[WEIGHT]->value[i] * s->inverse_deviation[i];
        s->shift[i] = layer->params[BIAS]->value[i] - s->scale[i] * s->mean[i];
    }
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < s->threads; t++) forward_share(&m, s, pixels, t);
    return status_ok();
}

/* dgamma = sum g xhat, dbeta = sum g, dx = gamma / deviation * (g - dbeta / m - xhat * dgamma / m). */
static void differentiate(nn_layer *layer, const norm_maps *m, size_t pixels)
{
    norm_state *s = layer->state;
    size_t c = m->c;
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < s->threads; t++) sum_share(m, s, pixels, t);
    for (size_t i = 0; i < c; i++) {
        double sum, product, inverse = (double)s->inverse_deviation[i];
        collect(s, c, i, &sum, &product);
        layer->params[BIAS]->gradient[i] = (float)sum;
        layer->params[WEIGHT]->gradient[i] = (float)(product * inverse);
        double scale = (double)s->scale[i], per_x = scale * inverse * inverse * product / (double)pixels;
        s->from_g[i] = (float)scale;
        s->from_x[i] = (float)-per_x;
        s->constant[i] = (float)(per_x * (double)s->mean[i] - scale * sum / (double)pixels);
    }
}

/* After the sums g stands where what was added takes it from: the last pass reads it there instead of masking again. */
static void take_masked(norm_maps *m)
{
    if (!m->d_residual) return;
    m->dy = m->d_residual;
    m->d_residual = NULL;
    m->relu = false;
}

/* With statistics that are constants, dx = gamma / deviation * g. */
static void take_statistics_as_constants(norm_state *s, size_t c)
{
    memcpy(s->from_g, s->scale, c * sizeof *s->from_g);
    memset(s->from_x, 0, c * sizeof *s->from_x);
    memset(s->constant, 0, c * sizeof *s->constant);
}

static amend_status norm_backward(nn_layer *layer)
{
    norm_state *s = layer->state;
    norm_maps m = maps_of(layer);
    size_t c = m.c, pixels = nn_shape_count(layer->in[0]->shape) / c;
    bool frozen = is_frozen(layer);
    if (!frozen || nn_layer_learns(layer)) {
        differentiate(layer, &m, pixels);
        take_masked(&m);
    }
    if (frozen) take_statistics_as_constants(s, c);
    if (!m.dx && !m.d_residual) return status_ok();
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < s->threads; t++) backward_share(&m, s, pixels, t);
    return status_ok();
}

static void norm_destroy(nn_layer *layer)
{
    mem_free(layer->state);
}

const nn_op nn_op_batch_norm = {norm_create, norm_bind, NULL, norm_forward, norm_backward, norm_destroy};
