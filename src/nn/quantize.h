/* Symmetric 8-bit codes of weights: value = code * step, codes -127..127. */
#ifndef NN_QUANTIZE_H
#define NN_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* Codes of one output channel's weights; returns their step, chosen so that the largest weight is 127. Weights that are
 * codes times a step, with one of +-127 among them, get the same codes again. */
float nn_quantize_weights(const float *weights, size_t count, int8_t *codes);

/* The same for channels x area weights and processors that multiply two neighbouring channels of unsigned codes at once
 * and keep the sum in 16 bits, where it must not overflow (dnn_adds_bytes_in_pairs): codes are smaller wherever two of
 * them together would be beyond 128. */
float nn_quantize_pairs(const float *weights, size_t channels, size_t area, int8_t *codes);

#endif
