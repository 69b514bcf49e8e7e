/* Two networks compared over the same seeds: mean difference with Student's 95 % interval and the paired t-test. */
#ifndef EVAL_PAIRED_H
#define EVAL_PAIRED_H

#include <stddef.h>

/* Mean; NaN without values. */
double sample_mean(const double *values, size_t count);

/* Deviation of a sample, divisor count - 1; NaN for less than two values. */
double sample_deviation(const double *values, size_t count);

typedef struct paired_comparison {
    size_t pairs;
    double difference; /* mean of a - b; NaN without pairs */
    double low, high;  /* 95 % interval; NaN for less than two pairs, or when all differences are the same */
    double p;          /* two-sided; NaN as well */
} paired_comparison;

paired_comparison paired_compare(const double *a, const double *b, size_t pairs);

#endif
