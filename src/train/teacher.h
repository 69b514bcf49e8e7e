/* A trained model that teaches another one: its probabilities are mixed into the targets of every batch (Hinton et al.,
 * "Distilling the Knowledge in a Neural Network", 2015), made from the very pixels that the student sees, augmented as
 * they are (Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", 2022). */
#ifndef TRAIN_TEACHER_H
#define TRAIN_TEACHER_H

#include "model/description.h"

typedef struct teacher teacher;

/* The model at `path` must have the student's classes in their order; its input may be of another size. `share` of the
 * mixed targets is the teacher's, 0..1; `batch`: samples that it sees at once. */
amend_status teacher_open(const char *path, const model_description *student, size_t batch, double share,
                          teacher **made) AMEND_MUST_USE;
void teacher_free(teacher *t); /* accepts NULL */

/* Mixed targets of a batch of the size that teacher_open was told, batch x classes; borrowed until the next call. */
amend_status teacher_targets(teacher *t, const data_batch *batch, const float **targets) AMEND_MUST_USE;

size_t teacher_bytes(const teacher *t); /* of its maps and targets, beside its weights; 0 of NULL */

#endif
