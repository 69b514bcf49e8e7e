/* How good a set of predictions is. */
#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

#include <stddef.h>

#include "base/status.h"

enum { EVAL_ECE_BINS = 15 };

/* One class. Shares are 0 .. 1; NaN where they are not defined. */
typedef struct eval_class {
    size_t count;     /* samples of this class */
    double precision; /* of the predictions of this class, how many are right; NaN when it was never predicted */
    double recall;    /* of the samples of this class, how many were found; NaN without samples */
    double f1;        /* 2 right / (samples + predictions); NaN when there is neither */
} eval_class;

/* Predictions whose confidence (the largest probability) is alike: bin b has those over b / EVAL_ECE_BINS up to and
 * with (b + 1) / EVAL_ECE_BINS. */
typedef struct eval_bin {
    size_t count, right;
    double confidence; /* sum */
} eval_bin;

typedef struct eval_metrics {
    size_t count, classes;
    double top1;
    double top1_low, top1_high; /* Wilson's score interval, 95 % */
    double mean_class;          /* mean recall of the classes that have samples */
    double macro_f1;            /* mean F1 of the classes that have samples */
    double ece;                 /* expected calibration error: EVAL_ECE_BINS bins of equal width, weighted by samples */
    eval_bin bins[EVAL_ECE_BINS];
    eval_class *per_class; /* classes */
    size_t *confusion;     /* [truth * classes + predicted] */
} eval_metrics;

/* `probabilities` is count x classes, each row with sum 1; the first of equal largest ones is the prediction. `labels`
 * are 0 .. classes - 1. Fills *metrics, which the caller frees with eval_metrics_free, also after failure. */
amend_status eval_measure(const float *probabilities, const size_t *labels, size_t count, size_t classes,
                          eval_metrics *metrics) AMEND_MUST_USE;

void eval_metrics_free(eval_metrics *metrics); /* accepts NULL and a zeroed one; zeroes it */

#endif
