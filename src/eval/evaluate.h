/* A model on a split of a data set: probabilities of all samples, in listed order. */
#ifndef EVAL_EVALUATE_H
#define EVAL_EVALUATE_H

#include "data/dataset.h"
#include "eval/metrics.h"
#include "eval/shared.h"

typedef struct evaluate_options {
    arm_head head; /* affinity mode: the model's own, or another one */
    size_t batch;  /* images at once; with `batch` affinity it decides the result */
    nn_type type;
    bool flip;                    /* probabilities are the mean of those of the image and of its mirror image */
    const shared_classes *shared; /* evaluate_metrics measures these alone; NULL: all, which must be the model's */
} evaluate_options;

/* Images at once such that a prediction depends on its image alone. */
size_t evaluate_batch(arm_head head);

/* Refuses a set whose classes are not the model's, in their order. */
amend_status evaluate_check_classes(amend_model *model, const dataset *set) AMEND_MUST_USE;

/* probabilities: dataset_count x classes of the model. Without `shared` those of the set must be the same, in their
 * order. */
amend_status evaluate_dataset(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities) AMEND_MUST_USE;

/* The same, and how good they are; with `shared` the probabilities are then those of shared_reduce. *metrics is freed
 * with eval_metrics_free, also after failure. */
amend_status evaluate_metrics(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities, eval_metrics *metrics) AMEND_MUST_USE;

/* The same as evaluate_dataset before the softmax, of the images as they are: without `flip`. */
amend_status evaluate_logits(amend_model *model, const dataset *set, const evaluate_options *options,
                             float *logits) AMEND_MUST_USE;

#endif
