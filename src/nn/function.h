/* Functions of one value (nn_function), over runs of f32: plain, and as the backward pass wants them. NN_SLOPES is none
 * of them: it has weights. */
#ifndef NN_FUNCTION_H
#define NN_FUNCTION_H

#include <stddef.h>

#include "nn/type.h"

typedef struct nn_curve {
    nn_function function;
    float alpha, beta;
} nn_curve;

/* y = f(x); y may be x. */
void nn_curve_apply(const nn_curve *curve, const float *x, float *y, size_t count);

/* dx = f'(x) dy; dx may be dy or x. At a kink the slope is that of the flat side. */
void nn_curve_slope(const nn_curve *curve, const float *x, const float *dy, float *dx, size_t count);

#endif
