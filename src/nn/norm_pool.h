/* Max pooling of relu(scale * x + shift), so that the map between the two, the largest of a ResNet, is never stored:
 * the forward pass keeps which pixel won, the backward pass gathers from the pooled gradient. A part of batch
 * normalisation. */
#ifndef NN_NORM_POOL_H
#define NN_NORM_POOL_H

#include <stdbool.h>

#include "nn/convert.h"
#include "nn/table.h"

enum { NORM_POOL_KERNEL = 8 /* the largest */, NORM_POOL_NONE = 255 /* no pixel of the window is above zero */ };

typedef struct norm_pool {
    nn_shape in, out;
    size_t kernel, stride, pad;
    uint8_t *winners; /* out.n x out.h x out.w x c: the tap y * kernel + x of the largest value, or NORM_POOL_NONE */
} norm_pool;

norm_pool norm_pool_of(const nn_row *pool, nn_shape in, nn_shape out);
size_t norm_pool_bytes(const norm_pool *pool); /* of winners */
size_t norm_pool_room(const norm_pool *pool);  /* floats that either pass works with */

/* Rows first .. last - 1 of the result, counted over the batch. x and out are maps of `type`. */
void norm_pool_forward(const norm_pool *pool, nn_type type, const void *x, const float *scale, const float *shift,
                       size_t first, size_t last, void *out, float *buffer);

/* The gradient of one row of x [n][h][w], before the relu: at each pixel the sum over the windows that it won. dy: the
 * gradient of the result; to: in.w x c floats. */
NN_INLINE void norm_pool_gradient_row(const norm_pool *p, nn_type type, const void *dy, size_t row, float *to)
{
    size_t c = p->in.c, n = row / p->in.h, y = row % p->in.h + p->pad;
    size_t top = y < p->kernel ? 0 : (y - p->kernel) / p->stride + 1;
    memset(to, 0, p->in.w * c * sizeof *to);
    for (size_t v = top; v * p->stride <= y && v < p->out.h; v++)
        for (size_t u = 0; u < p->out.w; u++)
            for (size_t kx = 0; kx < p->kernel; kx++) {
                size_t at = ((n * p->out.h + v) * p->out.w + u) * c, x = u * p->stride + kx;
                uint8_t tap = (uint8_t)((y - v * p->stride) * p->kernel + kx);
                const uint8_t *winners = p->winners + at;
                if (x < p->pad || x - p->pad >= p->in.w) continue;
                float *sum = to + (x - p->pad) * c;
#pragma omp simd
                for (size_t i = 0; i < c; i++) sum[i] += winners[i] == tap ? nn_get(type, dy, at + i) : 0;
            }
}

#endif
