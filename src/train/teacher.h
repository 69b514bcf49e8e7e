/* Trained models that teach another one: the mean of their probabilities is mixed into the targets of every batch
 * (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015), made from the very pixels that the student
 * sees, augmented as they are (Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", 2022).
 */
#ifndef TRAIN_TEACHER_H
#define TRAIN_TEACHER_H

#include "model/description.h"

typedef struct teacher teacher;

enum { TEACHER_PATH = 512 /* bytes of one, its end with it */ };

typedef struct {
    const char *paths; /* models of the student's classes in their order, whose inputs may be of another size; commas
                          between several */
    size_t batch;      /* samples that they see at once */
    double share;      /* of the mixed targets, 0..1 */
    bool mirror;       /* what they say is the mean over each picture and its mirror image */
} teacher_options;

enum { TEACHER_MAX = 16 /* models */ };

/* The next path of a list, whose rest *list then is; false at its end. */
bool teacher_next(const char **list, char path[TEACHER_PATH]);

amend_status teacher_open(const teacher_options *options, const model_description *student,
                          teacher **made) AMEND_MUST_USE;
void teacher_free(teacher *t); /* accepts NULL */

/* Mixed targets of a batch of the size that teacher_open was told, batch x classes; borrowed until the next call. */
amend_status teacher_targets(teacher *t, const data_batch *batch, const float **targets) AMEND_MUST_USE;

size_t teacher_bytes(const teacher *t); /* of their maps and targets, beside their weights; 0 of NULL */

#endif
