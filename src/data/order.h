/* Which samples an epoch takes, and in which order: a function of the seed and the epoch alone. */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"

typedef enum data_sampling {
    DATA_SHUFFLE, /* every sample once */
    DATA_MRR,     /* the paper's minimal random resampling: from every class as many random samples as the smallest
                     class has, none twice */
    DATA_SQRT     /* as many as the set has; a class is drawn with a probability proportional to the square root of its
                     count, and its samples take turns */
} data_sampling;

/* Classes without samples do not count. A draw is the sample's index, plus the set's count for each time that it has
 * been drawn before in this epoch: so draws differ, and with them the augmentation. */
typedef struct sample_order {
    bool shuffle; /* else as listed */
    data_sampling sampling;
    size_t length; /* of an epoch */
    size_t *draws; /* length */
    size_t count, classes;
    size_t *starts;  /* classes + 1: where a class begins in `grouped` */
    size_t *grouped; /* count: sample indices, class by class, in the set's order */
    size_t *turns;   /* count: the same, as this epoch takes them */
    size_t *taken;   /* classes: samples drawn from each so far */
    double *up_to;   /* classes: probability of this class or one before it */
    size_t least;    /* samples of the smallest class */
} sample_order;

/* Takes all memory; `order` is freed by order_free, on failure too. */
amend_status order_create(const dataset *set, bool shuffle, data_sampling sampling, sample_order *order) AMEND_MUST_USE;
void order_free(sample_order *order); /* accepts a zeroed one */

void order_fill(sample_order *order, uint64_t seed, size_t epoch);

static inline size_t order_sample(const sample_order *order, size_t position)
{
    return order->draws[position] % order->count;
}

#endif
