/* Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", arXiv 1706.04599): one number by which
 * logits are divided, so that probabilities say how often they are right. It changes no decision. */
#ifndef EVAL_CALIBRATE_H
#define EVAL_CALIBRATE_H

#include <stddef.h>

#include "base/status.h"

typedef struct calibration {
    double temperature;                                  /* fitted on all rows */
    double nll_before, nll_after, ece_before, ece_after; /* at the temperature that was given, at the fitted one */
    double ece_unseen; /* fitted on the even rows and measured on the odd ones, and the other way round: mean of both */
} calibration;

/* logits: count x classes, count at least 20, not yet divided by the `before` that they had (0: none). Minimises the
 * negative log likelihood of the labels. */
amend_status calibrate(const float *logits, const size_t *labels, size_t count, size_t classes, double before,
                       calibration *result) AMEND_MUST_USE;

#endif
