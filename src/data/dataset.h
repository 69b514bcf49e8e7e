/* A data set: labelled face images of one split, whatever its layout on disk. Decoded once, kept as 8-bit pixels. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"
#include "image/image.h"

typedef enum data_split { DATA_TRAIN, DATA_VALID, DATA_TEST, DATA_SPLITS } data_split;

/* Both on the raw votes; images without a name in fer2013new.csv are dropped. */
typedef enum data_rule {
    DATA_PLURALITY, /* FER+: most votes among the 8 emotions; ties and unknown/NF winners dropped */
    DATA_MAJORITY   /* FER+: more than half of all votes */
} data_rule;

/* Splits: affectnet, sfew: train and valid; fer2013, ferplus: Usage (Training, PublicTest, PrivateTest); rafdb: train
 * and test; folder: its folders train, valid (or val), test, or, without them, a hash of "CLASS/FILE" (8 : 1 : 1; see
 * layout_folder.c). */
typedef struct data_options {
    const char *path; /* folder, or the CSV itself for fer2013 and ferplus */
    const char
        *layout; /* "affectnet", "fer2013", "ferplus", "folder", "rafdb", "sfew"; NULL: guessed from what is there */
    data_split split;
    data_rule rule;  /* ferplus only */
    size_t classes;  /* affectnet only: 8, or 7 without contempt */
    bool soft;       /* ferplus: targets are the vote shares over the 8 emotions, lone votes left out; else one-hot */
    size_t channels; /* 1 or 3: what images are converted to; 0: as they are in the first image */
    size_t size;     /* images are resized to size x size; 0: kept as they are */
} data_options;

/* "train", "valid", "test". */
const char *data_split_name(data_split split);

typedef struct dataset dataset;

/* Defaults: layout guessed, train, plurality, 8 classes, hard targets, as they are. */
data_options data_options_defaults(const char *path);

/* The layout that the options name, or the one that fits what is there. AMEND_BAD_ARGUMENT: no layout has that name. */
amend_status dataset_find_layout(const data_options *options, const char **name) AMEND_MUST_USE;

/* Reads and checks everything. The first bad row ends it with "FILE:LINE: what, what to do". */
amend_status dataset_open(const data_options *options, dataset **set) AMEND_MUST_USE;
void dataset_free(dataset *set); /* accepts NULL */

size_t dataset_count(const dataset *set);
size_t dataset_classes(const dataset *set);
size_t dataset_dropped(const dataset *set); /* images left out because their label is none of the classes */
const text_list *dataset_left_aside(const dataset *set); /* folders that are not read, as no part of the layout */
const char *dataset_label_name(const dataset *set, size_t label);
const char *dataset_layout(const dataset *set);
size_t dataset_label(const dataset *set, size_t index);             /* the hard label, 0 .. classes - 1 */
const float *dataset_target(const dataset *set, size_t index);      /* classes values, sum 1 (soft or one-hot) */
const amend_image *dataset_image(const dataset *set, size_t index); /* borrowed; 1 or 3 channels */
const char *dataset_origin(const dataset *set, size_t index);       /* "file" or "file:line", for messages */

#endif
