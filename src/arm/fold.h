/* The ARM head at inference as one linear map: with `ema` or `none` everything after the feature map is affine, so it
 * folds exactly. */
#ifndef ARM_FOLD_H
#define ARM_FOLD_H

#include "arm/geometry.h"

/* A trained head; the arrays are the caller's. D = out_height out_width. */
typedef struct arm_fold_source {
    const float *de_albino;                  /* [kernels][kernel][kernel]; not used when there are none */
    const float *bn_weight, *bn_bias;        /* [P] */
    const float *running_mean, *running_var; /* [P] */
    float alpha;
    const float *generic;   /* [D], the running mean of `ema`; NULL: affinity `none`, alpha is not used */
    const float *fc_weight; /* [K][D] */
    const float *fc_bias;   /* [K] */
} arm_fold_source;

/* weight [K][h][w][C] (rows in NHWC order of the feature map) and bias [K], both the caller's, such that
 * logits = weight feature_map + bias. Computed in double. AMEND_BAD_DATA for a running variance below zero or NaN. */
amend_status arm_fold(const arm_geometry *geometry, size_t classes, const arm_fold_source *source, float *weight,
                      float *bias) AMEND_MUST_USE;

#endif
