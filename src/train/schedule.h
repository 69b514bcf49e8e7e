/* The learning rate over time. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stddef.h>

typedef enum schedule_kind {
    SCHEDULE_EXPONENTIAL, /* x factor every epoch (the paper: 0.9) */
    SCHEDULE_COSINE,      /* half a cosine from the rate to `floor` of it */
    SCHEDULE_STEP         /* x factor every `every` epochs */
} schedule_kind;

typedef struct schedule_options {
    schedule_kind kind;
    double rate;   /* the full learning rate */
    double factor; /* exponential, step */
    double floor;  /* cosine: the last rate as a share of the full one, 0..1 */
    size_t every;  /* step: epochs */
    double warmup; /* epochs over which the rate rises linearly from 0, before the schedule begins */
    size_t epochs;
} schedule_options;

/* The rate at step `step` (0 ..) of an epoch of `steps` steps. */
double schedule_rate(const schedule_options *options, size_t epoch, size_t step, size_t steps);

#endif
