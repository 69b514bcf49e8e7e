/* One network in training: plan, optimiser state, weight average; a step at a time. Its state goes to a checkpoint and
 * back, bit for bit. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdint.h>

#include "data/loader.h"
#include "nn/params.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/teacher.h"

typedef struct trainer_options {
    size_t batch;
    size_t memory; /* bytes that trainer_bytes may be, 0: any. Then a batch is taken in equal parts whose gradients are
                      added up; normalisation and affinity see one part at a time */
    size_t part;   /* samples of such a part; 0: as many as the memory allows */
    nn_type type;
    optimizer_options optimizer;
    schedule_options schedule;
    double clip;      /* limit of the gradient's global norm; 0: none */
    double average;   /* decay a step of the weight average, e.g. 0.999; 0: no average */
    double smoothing; /* label smoothing, 0..1 */
    bool decay_all; /* weight decay also on biases, normalisation and alpha, as torch's default; else on weights only */
    const float *class_weights; /* classes values, or NULL; borrowed */
    teacher *teacher;           /* of batches of `batch` samples, or NULL; borrowed */
} trainer_options;

typedef struct trainer_position {
    size_t epoch, batch; /* the next batch to train on */
    size_t step;         /* optimiser steps done */
} trainer_position;

/* What an epoch has come to so far. */
typedef struct epoch_sums {
    double loss;            /* of the batches' means */
    double seconds, waited; /* of training; of these, for the loader */
    size_t right, images, batches;
} epoch_sums;

typedef struct trainer trainer;

/* `params` and class weights must outlive the trainer. steps: batches an epoch. */
amend_status trainer_create(const nn_table *table, nn_params *params, const trainer_options *options, size_t steps,
                            trainer **made) AMEND_MUST_USE;
void trainer_free(trainer *t);

/* One step on a full batch; its mean loss (with a teacher against the mixed targets) and how many of it were right, by
 * the targets of the batch, before the step. AMEND_NUMERIC when the loss is
 * not a number; the weights are then as they were before the step. */
amend_status trainer_step(trainer *t, const data_batch *batch, double *loss, size_t *right) AMEND_MUST_USE;

const trainer_position *trainer_at(const trainer *t);
void trainer_next_epoch(trainer *t); /* position to the first batch of the next epoch */

/* Checkpoint: a safetensors file with weights, moments, average and position; `identity` and `sums`, of the epoch that
 * it is within, are kept with it. */
amend_status trainer_save(const trainer *t, const char *path, const char *identity,
                          const epoch_sums *sums) AMEND_MUST_USE;

/* Which part of a batch the run took at once whose checkpoint this is; 0: all of it. */
amend_status trainer_read_part(const char *path, size_t *part) AMEND_MUST_USE;

/* Fails when the file's identity is another one. On failure the trainer is unusable. */
amend_status trainer_load(trainer *t, const char *path, const char *identity, epoch_sums *sums) AMEND_MUST_USE;

/* Exchanges weights and their average (no-op without one): once for evaluation or saving, once again to go on. */
void trainer_swap_average(trainer *t);

size_t trainer_part(const trainer *t); /* samples that are in the network at once: the batch, or less to save memory */

size_t trainer_bytes(const trainer *t); /* plan, parameters and state: known before the first step */

#endif
