/* results.csv: what each run of an ablation came to, a line a run. Lines of rows that are no longer asked for stay. */
#ifndef ABLATE_RESULTS_H
#define ABLATE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "ablate/plan.h"

typedef struct ablate_result {
    char row[ABLATE_NAME];
    size_t seed;
    uint64_t recipe;         /* run_hash of the run's recipe */
    uint64_t data, measured; /* run_data_hash of what it trained on, and was measured on; 0: not known, in files of
                                older versions */
    char split[8];
    bool failed;                            /* then only message and date follow */
    double top1, mean_class, macro_f1, ece; /* shares */
    size_t count;                           /* images measured on */
    double seconds, images_per_second;      /* of training, by the log: parts of an epoch lost to a kill left out */
    size_t planned_bytes, parameters;       /* of a training step; trainable values */
    char processor[128], date[24], message[256]; /* UTC, "2026-01-31T12:00:00Z"; why it failed, without commas */
} ablate_result;

typedef struct ablate_results {
    ablate_result *items;
    size_t count;
} ablate_results; /* zeroed: empty */

/* A missing file is empty. Errors name file and line. Freed with results_free, also after failure. */
amend_status results_read(const char *path, ablate_results *results) AMEND_MUST_USE;
amend_status results_write(const ablate_results *results, const char *path) AMEND_MUST_USE; /* whole or not at all */
void results_free(ablate_results *results);

/* NULL: not there. */
ablate_result *results_find(const ablate_results *results, const char *row, size_t seed, const char *split);

/* Replaces the line of the same row, seed and split, or adds one. */
amend_status results_set(ablate_results *results, const ablate_result *result) AMEND_MUST_USE;

/* Text for a field: commas, quotes, control characters and what is not UTF-8 become others; cut to fit. */
void results_field(char *field, size_t size, const char *text);

#endif
