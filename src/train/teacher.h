/* A trained model that teaches another one: its probabilities are mixed into the targets of every batch (Hinton et al.,
 * "Distilling the Knowledge in a Neural Network", 2015), made from the very pixels that the student sees, augmented as
 * they are (Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", 2022). */
#ifndef TRAIN_TEACHER_H
#define TRAIN_TEACHER_H

#include "model/description.h"

typedef struct teacher teacher;

typedef struct {
    const char *path; /* a model of the student's classes in their order; its input may be of another size */
    size_t batch;     /* samples that it sees at once */
    double share;     /* of the mixed targets, 0..1 */
    bool mirror;      /* what it says is the mean over each picture and its mirror image */
} teacher_options;

amend_status teacher_open(const teacher_options *options, const model_description *student,
                          teacher **made) AMEND_MUST_USE;
void teacher_free(teacher *t); /* accepts NULL */

/* Mixed targets of a batch of the size that teacher_open was told, batch x classes; borrowed until the next call. */
amend_status teacher_targets(teacher *t, const data_batch *batch, const float **targets) AMEND_MUST_USE;

size_t teacher_bytes(const teacher *t); /* of its maps and targets, beside its weights; 0 of NULL */

#endif
