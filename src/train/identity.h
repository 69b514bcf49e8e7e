/* What a run computes, in a line: a checkpoint of something else must not be resumed. */
#ifndef TRAIN_IDENTITY_H
#define TRAIN_IDENTITY_H

#include "train/recipe.h"

typedef struct run_identity {
    char text[160];
    char init[17];     /* hash of the file that train.init names, in hexadecimal digits; "": none */
    char backbone[17]; /* the same of one that model.backbone names */
    char teacher[17];  /* and of those that train.teacher names, one after the other */
} run_identity;

/* Hashes (FNV-1a) of the recipe and of the files that it names, whatever they are called, and the number of
 * images. */
amend_status run_identify(const recipe *recipe, size_t images, run_identity *identity) AMEND_MUST_USE;

/* The recipe's hash, in which the content of these files stands for their names. */
amend_status run_hash(const recipe *recipe, uint64_t *hash) AMEND_MUST_USE;

/* Batches are taken in parts of `part` samples, which is another run. */
void run_identify_part(run_identity *identity, size_t part);

#endif
