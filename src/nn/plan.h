/* A compiled network: a table for one batch size and precision, its layers fused, its memory planned and taken once.
 * Running it allocates nothing. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "nn/params.h"

typedef struct nn_plan nn_plan;

typedef struct nn_plan_options {
    size_t batch;
    nn_type type;  /* of feature maps and convolution weights; statistics, head and gradients of weights are f32 */
    bool training; /* with a backward pass */
    size_t
        limit; /* bytes that the plan may hold, 0: any; AMEND_NO_MEMORY before anything is taken when it needs more */
} nn_plan_options;

/* `params` (of this table, or of one with the same parameter names and shapes) must outlive the plan. */
amend_status nn_plan_create(const nn_table *table, nn_params *params, const nn_plan_options *options,
                            nn_plan **plan) AMEND_MUST_USE;
void nn_plan_free(nn_plan *plan);

float *nn_plan_pixels(nn_plan *plan);             /* batch x height x width x channels: fill before forward */
const float *nn_plan_logits(const nn_plan *plan); /* batch x classes: valid from forward to backward */
float *nn_plan_logits_gradient(nn_plan *plan);    /* batch x classes: fill before backward */

/* `count` of the batch's samples are real (all of them when training). With `training`, batch statistics are used and
 * the running ones updated. */
amend_status nn_plan_forward(nn_plan *plan, size_t count, bool training) AMEND_MUST_USE;

/* The result of a row after a forward pass of a training plan, until backward: batch x h x w x C, with what is fused
 * behind it applied. NULL: not kept as f32, or fused into a later row's. */
const float *nn_plan_map(const nn_plan *plan, size_t row, size_t *count);

/* Overwrites the gradients in params. */
amend_status nn_plan_backward(nn_plan *plan) AMEND_MUST_USE;

/* Bytes that the plan holds, known before the first run. */
size_t nn_plan_bytes(const nn_plan *plan);

#endif
