/* A model on a split of a data set: probabilities of all samples, in listed order. */
#ifndef EVAL_EVALUATE_H
#define EVAL_EVALUATE_H

#include "data/dataset.h"
#include "eval/metrics.h"
#include "model/model.h"

typedef struct evaluate_options {
    arm_head head; /* affinity mode: the model's own, or another one */
    size_t batch;  /* images at once; with `batch` affinity it decides the result */
    nn_type type;
} evaluate_options;

/* probabilities: dataset_count x classes. The data set's classes must be the model's, in their order. */
amend_status evaluate_dataset(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities) AMEND_MUST_USE;

/* The same, and how good they are. *metrics is freed with eval_metrics_free, also after failure. */
amend_status evaluate_metrics(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities, eval_metrics *metrics) AMEND_MUST_USE;

/* The same as evaluate_dataset before the softmax. */
amend_status evaluate_logits(amend_model *model, const dataset *set, const evaluate_options *options,
                             float *logits) AMEND_MUST_USE;

#endif
