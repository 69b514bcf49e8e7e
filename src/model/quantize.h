/* Post-training quantization: ranges of activations from a calibration set, symmetric weights with one scale an output
 * channel, biases corrected for the mean error of the weights (Nagel et al., arXiv 1906.04721, section 4.2). */
#ifndef MODEL_QUANTIZE_H
#define MODEL_QUANTIZE_H

#include "model/folded.h"

typedef struct model_calibration model_calibration;

/* The folded network must outlive the calibration. AMEND_UNSUPPORTED for one that has no form in 8 bits. */
amend_status model_calibration_create(const model_description *description, const model_folded *folded, size_t batch,
                                      model_calibration **calibration) AMEND_MUST_USE;
void model_calibration_free(model_calibration *calibration); /* accepts NULL */

uint8_t *model_calibration_pixels(model_calibration *calibration); /* batch x size x size x channels: fill before */

/* Runs the network in f32 on the pixels and notes what its activations are. AMEND_NUMERIC where one is not finite. */
amend_status model_calibration_add(model_calibration *calibration) AMEND_MUST_USE;

/* Makes the calibrated network an 8-bit one, in place: weights become codes times scales, steps are set to those with
 * the least squared error of the activations. At least one batch must have been added. */
amend_status model_quantize(const model_calibration *calibration, model_folded *folded) AMEND_MUST_USE;

#endif
