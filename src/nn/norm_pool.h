/* Max pooling of relu(scale * x + shift), so that the map between the two, the largest of a ResNet, is never stored:
 * the forward pass keeps which pixel won, the backward passes gather from the pooled gradient. A part of batch
 * normalisation. */
#ifndef NN_NORM_POOL_H
#define NN_NORM_POOL_H

#include "nn/convert.h"
#include "nn/table.h"

enum { NORM_POOL_KERNEL = 8 /* the largest */, NORM_POOL_NONE = 255 /* no pixel of the window is above zero */ };

typedef struct norm_pool {
    nn_shape in, out;
    size_t kernel, stride, pad; /* pad < kernel: each window has a pixel of the map */
    uint16_t *winners; /* out.n x out.h x out.w x c: the tap y * kernel + x of the largest value, or NORM_POOL_NONE */
} norm_pool;

/* What a pass reads and writes: a pass needs only what its comment names. The last six have a value a channel. */
typedef struct norm_pool_maps {
    nn_type type;
    const void *x, *dy; /* dy: the gradient of the result */
    void *out, *dx;
    const float *scale, *shift, *mean, *from_g, *from_x, *constant;
} norm_pool_maps;

norm_pool norm_pool_of(const nn_row *pool, nn_shape in, nn_shape out);
size_t norm_pool_bytes(const norm_pool *pool); /* of winners */

/* out = max pooling of relu(scale * x + shift) in rows first .. last - 1 of the result, counted over the batch. */
void norm_pool_forward(const norm_pool *pool, const norm_pool_maps *maps, size_t first, size_t last);

/* Adds the sums of g and of g * (x - mean) to `sums` (2 x c), where g is the gradient before the relu that dy gives,
 * from windows in rows first .. last - 1 of the result. buffer: 2 x c zeros, and zeros again afterwards. */
void norm_pool_sums(const norm_pool *pool, const norm_pool_maps *maps, size_t first, size_t last, double *sums,
                    float *buffer);

/* dx = from_g * g + from_x * x + constant in rows first .. last - 1 of x, counted over the batch. */
void norm_pool_gradient(const norm_pool *pool, const norm_pool_maps *maps, size_t first, size_t last);

/* Adds sums in f32 to those in f64, and begins new ones. */
static inline void norm_flush_sums(double *sums, float *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sums[i] += (double)part[i];
        part[i] = 0;
    }
}

#endif
