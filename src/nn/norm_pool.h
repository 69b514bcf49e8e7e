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
size_t norm_pool_room(const norm_pool *pool);  /* floats that norm_pool_forward works with */

/* Rows first .. last - 1 of the result, counted over the batch. x and out are maps of `type`. */
void norm_pool_forward(const norm_pool *pool, nn_type type, const void *x, const float *scale, const float *shift,
                       size_t first, size_t last, void *out, float *buffer);

/* The gradient at `pixel` of x [n][h][w], before the relu: the sum over the windows that it won. dy: the gradient of
 * the result. Comes in buffer, 2 x c floats. */
static inline const float *norm_pool_gradient(const norm_pool *p, nn_type type, const void *dy, size_t pixel,
                                              float *buffer)
{
    size_t c = p->in.c, row = pixel / p->in.w, x = pixel % p->in.w + p->pad, y = row % p->in.h + p->pad;
    size_t n = row / p->in.h, top = y < p->kernel ? 0 : (y - p->kernel) / p->stride + 1;
    size_t left = x < p->kernel ? 0 : (x - p->kernel) / p->stride + 1;
    memset(buffer, 0, c * sizeof *buffer);
    for (size_t v = top; v <= y / p->stride && v < p->out.h; v++)
        for (size_t u = left; u <= x / p->stride && u < p->out.w; u++) {
            size_t at = ((n * p->out.h + v) * p->out.w + u) * c;
            uint8_t tap = (uint8_t)((y - v * p->stride) * p->kernel + x - u * p->stride);
            const uint8_t *winners = p->winners + at;
            const float *g = nn_load(type, dy, at, c, buffer + c);
            for (size_t i = 0; i < c; i++) buffer[i] += winners[i] == tap ? g[i] : 0;
        }
    return buffer;
}

#endif
