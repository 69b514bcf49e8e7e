/* run.txt of a run's folder: what people want to know of it later, as "name = value" lines. */
#ifndef TRAIN_NOTES_H
#define TRAIN_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct train_notes {
    const char *data, *training;          /* path of the data set; the model's description of its training */
    const char *init, *init_hash;         /* path of the first weights, "": random; hash of that file */
    const char *backbone, *backbone_hash; /* path of a backbone's file; its hash, "": it is one of amend's */
    const char *teacher, *teacher_hash;   /* paths of teachers, "": none; hash of these files */
    uint64_t recipe_hash, data_hash;      /* run_hash, run_data_hash */
    size_t seed;
    size_t planned_bytes; /* of a training step */
    size_t parameters;    /* trainable values */
} train_notes;

/* With version, system and processor; whole or not at all. */
amend_status notes_write(const train_notes *notes, const char *path) AMEND_MUST_USE;

/* What programs read again; 0 and "" where a line is missing. */
typedef struct train_costs {
    uint64_t recipe_hash, data_hash;
    size_t planned_bytes, parameters;
    char processor[128];
} train_costs;
amend_status notes_read(const char *path, train_costs *costs) AMEND_MUST_USE;

#endif
