/* The passes of batch normalisation over its maps, with what may follow it: y = relu(bn(x) + residual), f(bn(x)), or
 * max pooling of relu(bn(x)), so that the map between the two, the largest of a ResNet, is never stored. Each does the
 * part of one thread. Sums are f32 (f64 across blocks) whatever the type of the maps. */
#ifndef NN_NORM_H
#define NN_NORM_H

#include <stdbool.h>

#include "nn/function.h"
#include "nn/table.h"

enum { NORM_BUFFERS = 5 }; /* runs of c floats that a pass works with: its `buffer` */
enum { NORM_POOL_KERNEL = 8 /* the largest */, NORM_POOL_NONE = 255 /* no pixel of the window is above zero */ };

typedef struct norm_pool {
    nn_shape in, out;
    size_t kernel, stride, pad; /* pad < kernel: each window has a pixel of the map */
    uint16_t *winners; /* out.n x out.h x out.w x c: the tap y * kernel + x of the largest value, or NORM_POOL_NONE */
} norm_pool;

/* Vectors have a value a channel. g is the gradient of bn(x) and of the residual. */
typedef struct norm_maps {
    nn_type type;
    size_t c;
    bool relu;
    float ceiling;                           /* of the relu: 6, or infinity */
    nn_curve curve;                          /* another function instead, never with a residual */
    const norm_pool *pool;                   /* NULL: none; then out, y and dy are the pooled maps */
    const float *scale, *shift;              /* bn(x) = scale * x + shift */
    const float *mean;                       /* of x */
    const float *from_g, *from_x, *constant; /* dx = from_g * g + from_x * x + constant */
    const void *x, *residual, *y, *dy;       /* residual NULL: none */
    void *out, *d_residual, *dx;             /* gradients, NULL: not wanted */
} norm_maps;

/* Pixels first .. last - 1 of maps without pooling. */

/* sums: those of x and of x * x */
void norm_pixels_statistics(nn_type type, const void *x, size_t c, size_t first, size_t last, double *sums,
                            float *buffer);
void norm_pixels_forward(const norm_maps *maps, size_t first, size_t last, float *buffer);
/* sums: those of g and of g * (x - mean). Writes d_residual, too. */
void norm_pixels_sums(const norm_maps *maps, size_t first, size_t last, double *sums, float *buffer);
/* dx and d_residual */
void norm_pixels_gradient(const norm_maps *maps, size_t first, size_t last, float *buffer);

/* The same with pooling: rows first .. last - 1 of the result, and in the last of x, counted over the batch. The
 * forward pass keeps the winners, the others gather by them. */

norm_pool norm_pool_of(const nn_row *pool, nn_shape in, nn_shape out);
size_t norm_pool_bytes(const norm_pool *pool); /* of winners */
void norm_pool_forward(const norm_maps *maps, size_t first, size_t last);
void norm_pool_sums(const norm_maps *maps, size_t first, size_t last, double *sums, float *buffer);
void norm_pool_gradient(const norm_maps *maps, size_t first, size_t last);

/* Adds sums in f32 to those in f64, and begins new ones. */
static inline void norm_flush_sums(double *sums, float *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sums[i] += (double)part[i];
        part[i] = 0;
    }
}

/* Before the first: both are 2 x c. */
static inline void norm_begin_sums(double *sums, float *part, size_t c)
{
    memset(sums, 0, 2 * c * sizeof *sums);
    memset(part, 0, 2 * c * sizeof *part);
}

#endif
