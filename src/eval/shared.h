/* The classes that a model and a data set have in common, to measure across data sets. */
#ifndef EVAL_SHARED_H
#define EVAL_SHARED_H

#include "data/dataset.h"
#include "model/model.h"

enum { SHARED_TEXT = 256 };

/* By name, first the same one, then "angry" for anger, "happy" for happiness, "sad" for sadness; each class once. In
 * the model's order. */
typedef struct shared_classes {
    size_t count;
    size_t of_model[MODEL_MAX_CLASSES], of_set[MODEL_MAX_CLASSES];
    const char *names[MODEL_MAX_CLASSES]; /* the model's, borrowed */
    char text[SHARED_TEXT];               /* which they are, for protocols */
} shared_classes;

/* AMEND_BAD_DATA for fewer than two. */
amend_status shared_find(const amend_model *model, const dataset *set, shared_classes *shared) AMEND_MUST_USE;

/* Keeps the images whose label is shared, and of their probabilities (classes of the model each, changed in place to
 * shared->count each) those of the shared classes, in proportion. labels: dataset_count values, the caller's, filled
 * with indices of shared classes. Returns how many images are left. */
size_t shared_reduce(const shared_classes *shared, const dataset *set, size_t classes, float *probabilities,
                     size_t *labels);

#endif
