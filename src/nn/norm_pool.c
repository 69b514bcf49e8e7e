/* The forward pass: rows of scale * x + shift are kept while windows reach them. */
#include "nn/norm_pool.h"

#include <math.h>

norm_pool norm_pool_of(const nn_row *pool, nn_shape in, nn_shape out)
{
    return (norm_pool){.in = in, .out = out, .kernel = pool->kernel, .stride = pool->stride, .pad = pool->pad};
}

size_t norm_pool_bytes(const norm_pool *pool)
{
    return nn_shape_count(pool->out);
}

/* kernel rows of x, then the best values and the winners of a window */
size_t norm_pool_room(const norm_pool *pool)
{
    return (pool->kernel * pool->in.w + 2) * pool->in.c;
}

static inline void normalise_row(const norm_pool *p, nn_type type, const void *x, size_t row, const float *scale,
                                 const float *shift, float *to)
{
    size_t c = p->in.c;
    for (size_t at = 0; at < p->in.w; at++, to += c) {
        const float *v = nn_load(type, x, (row * p->in.w + at) * c, c, to);
        for (size_t i = 0; i < c; i++) to[i] = scale[i] * v[i] + shift[i];
    }
}

static inline void take_larger(const float *values, int32_t tap, size_t c, float *best, int32_t *winner)
{
    for (size_t i = 0; i < c; i++) {
        bool larger = !(values[i] <= best[i]); /* NaN wins */
        best[i] = larger ? values[i] : best[i];
        winner[i] = larger ? tap : winner[i];
    }
}

/* One window: rows[ky] is the row of x under its tap ky, NULL outside the map; left: its first column, may be < 0. */
static inline void pool_window(const norm_pool *p, const float *const *rows, ptrdiff_t left, float *best,
                               int32_t *winner)
{
    size_t c = p->in.c;
    for (size_t i = 0; i < c; i++) {
        best[i] = -HUGE_VALF;
        winner[i] = NORM_POOL_NONE;
    }
    for (size_t ky = 0; ky < p->kernel; ky++)
        for (size_t kx = 0; rows[ky] && kx < p->kernel; kx++) {
            ptrdiff_t x = left + (ptrdiff_t)kx;
            if (x < 0 || x >= (ptrdiff_t)p->in.w) continue;
            take_larger(rows[ky] + (size_t)x * c, (int32_t)(ky * p->kernel + kx), c, best, winner);
        }
}

/* relu of the best values; what is not above zero passes no gradient on. */
static inline void keep_window(size_t c, float *best, const int32_t *winner, uint8_t *winners)
{
    for (size_t i = 0; i < c; i++) winners[i] = (uint8_t)(best[i] > 0 ? winner[i] : NORM_POOL_NONE);
    for (size_t i = 0; i < c; i++) best[i] = best[i] < 0 ? 0 : best[i];
}

NN_VECTOR void norm_pool_forward(const norm_pool *p, nn_type type, const void *x, const float *scale,
                                 const float *shift, size_t first, size_t last, void *out, float *buffer)
{
    size_t c = p->in.c, length = p->in.w * c, held[NORM_POOL_KERNEL]; /* which row of x each part of the buffer has */
    float *best = buffer + p->kernel * length;
    int32_t *winner = (int32_t *)(best + c);
    for (size_t i = 0; i < p->kernel; i++) held[i] = SIZE_MAX;
    for (size_t row = first; row < last; row++) {
        const float *rows[NORM_POOL_KERNEL] = {NULL};
        for (size_t ky = 0; ky < p->kernel; ky++) {
            size_t y = row % p->out.h * p->stride + ky, at = row / p->out.h * p->in.h + y - p->pad;
            float *part = buffer + y % p->kernel * length;
            if (y < p->pad || y - p->pad >= p->in.h) continue;
            if (held[y % p->kernel] != at) normalise_row(p, type, x, at, scale, shift, part);
            held[y % p->kernel] = at;
            rows[ky] = part;
        }
        for (size_t u = 0; u < p->out.w; u++) {
            size_t at = (row * p->out.w + u) * c;
            pool_window(p, rows, (ptrdiff_t)(u * p->stride) - (ptrdiff_t)p->pad, best, winner);
            keep_window(c, best, winner, p->winners + at);
            nn_store(type, out, at, c, best);
        }
    }
}
