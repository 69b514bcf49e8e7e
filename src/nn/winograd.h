/* Convolutions of 3x3 with stride 1 by Winograd's minimal filtering, F(4x4, 3x3) (Lavin and Gray, arXiv 1509.09308):
 * tiles of 4x4 results come from patches of 6x6 through products in a transformed space, for a quarter of the
 * multiplications. Channels-last maps, whole groups of channels. Results differ from a direct sum by rounding alone: in
 * f32 some 1e-6 of the largest value, gradients of weights over large maps some 1e-5; in bf16, where what is multiplied
 * is rounded once more, 1 % of the root mean square (tests/nn/test_winograd.c). That is nothing beside the noise of
 * small batches, so the passes of training are done so, but not inference; and not where AMX makes plain sums faster.
 */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "nn/dnn.h"

typedef struct winograd winograd; /* one pass of one convolution, immutable and shared by all who run it */

/* Whether this pass can be done so, and is worth it. `fusion`: of inference, else NULL. */
bool winograd_fits(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion);

amend_status winograd_create(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion,
                             winograd **made) AMEND_MUST_USE;
void winograd_free(winograd *w); /* accepts NULL */

size_t winograd_weight_bytes(const winograd *w); /* of packed weights, or of their packed gradient */
size_t winograd_scratch_bytes(const winograd *w);

/* OIHW weights of type `plain`, f32 or bf16, into those that the pass multiplies with. Not for DNN_BACKWARD_WEIGHTS. */
void winograd_pack(const winograd *w, nn_type plain, const void *weights, float *packed);

/* What DNN_BACKWARD_WEIGHTS has made, as a gradient in OIHW. */
void winograd_unpack(const winograd *w, const float *packed, float *gradient);

/* Forward and inference: `in` and `packed` give `out`, to which `bias` (or NULL) is added. DNN_BACKWARD_DATA: `out` and
 * `packed` give `in`, both gradients. DNN_BACKWARD_WEIGHTS: `in` and `out` give `packed`. */
void winograd_run(const winograd *w, void *in, float *packed, void *out, const float *bias, float *scratch);

#endif
