/* What a run computes, in a line: a checkpoint of something else must not be resumed. */
#ifndef TRAIN_IDENTITY_H
#define TRAIN_IDENTITY_H

#include "data/dataset.h"
#include "train/recipe.h"

typedef struct run_identity {
    char text[192];
    char init[17];     /* hash of the file that train.init names, in hexadecimal digits; "": none */
    char backbone[17]; /* the same of one that model.backbone names */
    char teacher[17];  /* and of those that train.teacher names, one after the other */
} run_identity;

/* Hashes (FNV-1a) of the recipe, of the files that it names, whatever they are called, and of the data set. */
amend_status run_identify(const recipe *recipe, const dataset *set, run_identity *identity) AMEND_MUST_USE;

/* Layout, classes, and of each image its label and its file's name without folders (or file and line). Pixels, of which
 * there are many and which decoders may round differently, do not count. */
uint64_t run_data_hash(const dataset *set);

/* Whether what a checkpoint says of itself is this identity. Older versions' checkpoints do not name the data set but
 * by its number of images. */
bool run_identity_is(const char *found, const char *identity);

/* The recipe's hash, in which the content of these files stands for their names. Loader threads and times of
 * checkpoints do not count. */
amend_status run_hash(const recipe *recipe, uint64_t *hash) AMEND_MUST_USE;

/* Batches are taken in parts of `part` samples, which is another run. */
void run_identify_part(run_identity *identity, size_t part);

/* Which; 0: whole batches. */
size_t run_identity_part(const char *identity);

#endif
