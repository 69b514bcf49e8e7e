/* Symmetric 8-bit codes of weights: value = code * step, codes -127..127. */
#ifndef NN_QUANTIZE_H
#define NN_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* Codes of one output channel's weights; returns their step, chosen so that the largest weight is 127. Weights that are
 * codes times a step, with one of +-127 among them, get the same codes again. */
float nn_quantize_weights(const float *weights, size_t count, int8_t *codes);

#endif
