/* Codes of weights. A channel whose weights are all below LEAST is dead: its codes are 0, since with steps as small the
 * bias, counted in them, would be beyond a float. */
#include "nn/quantize.h"

#include <math.h>
#include <stdlib.h>

#define LEAST 1e-20f

float nn_quantize_weights(const float *weights, size_t count, int8_t *codes)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(weights[i]));
    float step = largest > LEAST ? largest / 127 : 1;
    for (size_t i = 0; i < count; i++) codes[i] = (int8_t)lrintf(weights[i] / step);
    return step;
}

/* The largest that two codes of one tap add up to, of channels 0 and 1, 2 and 3, ... */
static int largest_pair(const int8_t *codes, size_t channels, size_t area)
{
    int largest = 0;
    for (size_t c = 0; c + 1 < channels; c += 2)
        for (size_t k = 0; k < area; k++) {
            int sum = abs(codes[c * area + k] + codes[(c + 1) * area + k]);
            largest = sum > largest ? sum : largest;
        }
    return largest;
}

float nn_quantize_pairs(const float *weights, size_t channels, size_t area, int8_t *codes)
{
    float step = nn_quantize_weights(weights, channels * area, codes);
    int pair = largest_pair(codes, channels, area);
    if (pair <= 128) return step;
    step *= (float)pair / 127; /* with what rounding adds, 128 at most: 128 * 255 < 2^15 */
    for (size_t i = 0; i < channels * area; i++) codes[i] = (int8_t)lrintf(weights[i] / step);
    return step;
}
