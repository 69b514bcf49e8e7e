/* Batch normalisation with what may follow it, in one pass over memory (nn/norm.h). A map is read twice, first for
 * sums, upwards, then downwards: what the first pass left in the caches the second finds there. */
#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "nn/layer.h"
#include "nn/norm.h"

enum { WEIGHT, BIAS, MEAN, VARIANCE };

static const float usual_momentum = 0.1f;

/* The vectors are those of norm_maps. */
typedef struct norm_state {
    size_t threads;
    float *mean, *inverse_deviation, *scale, *shift, *from_g, *from_x, *constant;
    double *sums;   /* threads x 2 x c */
    float *buffer;  /* threads x NORM_BUFFERS x c */
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
    layer->own_bytes =
        own + (7 * c + s->threads * NORM_BUFFERS * c) * sizeof(float) + s->threads * 2 * c * sizeof(double);
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
    s->pool.winners = (uint16_t *)(s->buffer + s->threads * NORM_BUFFERS * c);
    return status_ok();
}

static float *buffer_of(const norm_state *s, size_t c, size_t t)
{
    return s->buffer + t * NORM_BUFFERS * c;
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
        norm_pixels_statistics(layer->in[0]->type, layer->in[0]->data, c, pixels * t / s->threads,
                               pixels * (t + 1) / s->threads, s->sums + t * 2 * c, buffer_of(s, c, t));
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
    m.mean = s->mean;
    m.from_g = s->from_g;
    m.from_x = s->from_x;
    m.constant = s->constant;
    m.x = layer->in[0]->data;
    m.residual = layer->in[1] ? layer->in[1]->data : NULL;
    m.y = m.out = layer->out->data;
    m.dy = layer->out->gradient;
    m.dx = layer->in_gradient[0];
    m.d_residual = layer->in[1] ? layer->in_gradient[1] : NULL;
    return m;
}

/* Thread t's share of each pass: pixels, or with a pooling rows of its result or of x. */

static void forward_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    size_t rows = m->pool ? m->pool->out.n * m->pool->out.h : 0;
    if (m->pool)
        norm_pool_forward(m, rows * t / s->threads, rows * (t + 1) / s->threads);
    else
        norm_pixels_forward(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, buffer_of(s, m->c, t));
}

static void sum_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    size_t rows = m->pool ? m->pool->out.n * m->pool->out.h : 0;
    double *sums = s->sums + t * 2 * m->c;
    float *buffer = buffer_of(s, m->c, t);
    if (m->pool)
        norm_pool_sums(m, rows * t / s->threads, rows * (t + 1) / s->threads, sums, buffer);
    else
        norm_pixels_sums(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, sums, buffer);
}

static void backward_share(const norm_maps *m, const norm_state *s, size_t pixels, size_t t)
{
    size_t rows = m->pool ? m->pool->in.n * m->pool->in.h : 0;
    if (m->pool)
        norm_pool_gradient(m, rows * t / s->threads, rows * (t + 1) / s->threads);
    else
        norm_pixels_gradient(m, pixels * t / s->threads, pixels * (t + 1) / s->threads, buffer_of(s, m->c, t));
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
