/* Codes of weights. */
#include "nn/quantize.h"

#include <math.h>

float nn_quantize_weights(const float *weights, size_t count, int8_t *codes)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(weights[i]));
    float step = largest > 0 ? largest / 127 : 1;
    for (size_t i = 0; i < count; i++) codes[i] = (int8_t)lrintf(weights[i] / step);
    return step;
}
