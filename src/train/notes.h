/* What a run's folder says of the run: recipe.ini and run.txt. */
#ifndef TRAIN_NOTES_H
#define TRAIN_NOTES_H

#include "train/identity.h"

typedef struct run_notes {
    const recipe *recipe;
    const run_identity *identity;
    const char *data;     /* path of the data set */
    const char *training; /* the model's words on its training */
} run_notes;

amend_status run_notes_write(const run_notes *notes, const char *folder) AMEND_MUST_USE;

#endif
