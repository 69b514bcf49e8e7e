/* The ARM head in plain loops and double precision: what the fast versions are held against, and the mathematics to
 * read. All arrays row-major, feature maps NCHW. N images, K classes, P planes, D = out_height out_width. */
#ifndef ARM_REFERENCE_H
#define ARM_REFERENCE_H

#include <stdbool.h>

#include "arm/constants.h"
#include "arm/geometry.h"
#include "nn/table.h"

/* What is learned; in the same shapes, its gradients. The arrays are the caller's. */
typedef struct arm_reference_weights {
    double *de_albino;           /* [kernels][kernel][kernel]; not used when there are none */
    double *bn_weight, *bn_bias; /* [P] */
    double *alpha;               /* [1] */
    double *fc_weight;           /* [K][D] */
    double *fc_bias;             /* [K] */
} arm_reference_weights;

/* What training keeps beside it, each moved by running <- (1 - ARM_MOMENTUM) running + ARM_MOMENTUM current. */
typedef struct arm_reference_state {
    double *running_mean; /* [P] */
    double *running_var;  /* [P], of the unbiased variance (over N D - 1) */
    double *generic;      /* [D], moved in affinity `ema` only */
} arm_reference_state;

/* One head and the activations of its last forward pass. */
typedef struct arm_reference {
    arm_geometry geometry;
    size_t batch, classes; /* N, K */
    nn_affinity affinity;
    nn_generic mode;       /* of training; NN_GENERIC_GRADIENT after arm_reference_create */
    bool training;         /* of the last forward pass */
    double *planes;        /* [N][P][hr][wr] */
    double *de_albino;     /* [N][P][D], after the convolution */
    double *mean;          /* [P], that the normalisation used */
    double *inverse;       /* [P], 1 / sqrt(variance + ARM_EPSILON) */
    double *normal;        /* [N][P][D], mean 0 and variance 1 in training */
    double *unique;        /* [N][D] */
    double *generic;       /* [D], the one in use; zeros in affinity `none` */
    double *expression;    /* [N][D] */
    double *logits;        /* [N][K] */
    double *probabilities; /* [N][K] */
} arm_reference;

/* Needs N >= 1 and K >= 1. *reference is to be freed on success; on failure there is nothing to free. */
amend_status arm_reference_create(const arm_geometry *geometry, size_t batch, size_t classes, nn_affinity affinity,
                                  arm_reference **reference) AMEND_MUST_USE;
void arm_reference_free(arm_reference *reference); /* accepts NULL */

/* Forward pass of x [N][C][h][w] with the statistics of the batch; moves `state`. In `ema` the mean of the batch is
 * f_generic, with its gradient, as batch normalisation treats its own mean: so training equals that of `batch`, and
 * only evaluation differs; unless `mode` says else. One value a plane (N = D = 1) has no variance: AMEND_BAD_ARGUMENT.
 */
amend_status arm_reference_train(arm_reference *reference, const arm_reference_weights *weights,
                                 arm_reference_state *state, const double *x) AMEND_MUST_USE;

/* Forward pass of x with the running statistics, and in `ema` the running generic. */
void arm_reference_evaluate(arm_reference *reference, const arm_reference_weights *weights,
                            const arm_reference_state *state, const double *x);

/* Mean over the batch of the cross entropy of `target` [N][K], rows that sum to 1, after either forward pass. */
double arm_reference_loss(const arm_reference *reference, const double *target);

/* Gradients of that loss by the weights and by x [N][C][h][w], after either forward pass with the same weights.
 * Overwrites the gradients. Running values are constants. */
amend_status arm_reference_backward(const arm_reference *reference, const arm_reference_weights *weights,
                                    const double *target, arm_reference_weights *gradients,
                                    double *x_gradient) AMEND_MUST_USE;

#endif
