/* A training run in a folder: recipe.ini, run.txt, log.csv, curves.png, checkpoint.safetensors, and at its end
 * model.safetensors. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "train/recipe.h"

typedef struct train_request {
    const recipe *recipe;
    const char *data;   /* data set */
    const char *folder; /* of the run; made if it is not there */
    size_t memory;      /* bytes that the process should stay under, 0: any */
    bool resume;        /* go on from the folder's checkpoint; without one the run starts */
} train_request;

/* Runs to the end, or to SIGINT or SIGTERM: then it finishes the step, writes a checkpoint and returns
 * AMEND_INTERRUPTED. Progress goes to standard error. */
amend_status train_run(const train_request *request) AMEND_MUST_USE;

#endif
