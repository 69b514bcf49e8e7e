/* Batches for training and evaluation: augmented, normalised, assembled by threads ahead of their use. */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include <stdint.h>

#include "data/order.h"

typedef struct data_augment {
    double flip;           /* probability of a horizontal flip, 0..1 */
    double noise_variance; /* Gaussian noise on 0..255 */
    bool flip_or_noise;    /* the paper: with probability 1/2 EITHER flip OR noise (each half of the time); `flip` is
                              unused then */
    double crop;           /* random shift: up to this share of the side, 0..0.5 */
    double rotation;       /* degrees, uniform in [-rotation, rotation] */
    double scale;          /* factor uniform in [1 - scale, 1 + scale] */
    double brightness;     /* added, share of 255, uniform in [-b, b] */
    double contrast;       /* factor uniform in [1 - c, 1 + c] around the image's mean */
    double erase;          /* probability of random erasing */
    double erase_low, erase_high; /* erased share of the area, e.g. 0.02 .. 0.10 */
    double mixup;                 /* 0: none; else alpha of Beta(alpha, alpha), 0..1: images of a batch are mixed by
                                     twos, and their targets with them (Zhang et al., "mixup", 2018) */
} data_augment;                   /* all zero: no augmentation */

typedef struct data_normal {
    float mean[3], deviation[3]; /* on 0..1, a channel; input = (pixel / 255 - mean) / deviation */
} data_normal;

extern const data_normal data_normal_bytes; /* leaves 0..255 as they are: for programs, which normalise themselves */

typedef struct loader_options {
    size_t batch;    /* samples a batch */
    size_t size;     /* network input side; images are resized to it */
    size_t channels; /* 1 or 3 */
    data_augment augment;
    data_normal normal;
    uint64_t seed;
    size_t threads;         /* 1.. ; the batches do not depend on it */
    bool shuffle;           /* a new order each epoch from (seed, epoch); else as listed */
    data_sampling sampling; /* with shuffle: which samples an epoch takes, and so how long it is */
    bool keep_last;         /* the last, smaller batch is given too (evaluation); else dropped (training) */
} loader_options;

typedef struct data_batch {
    float *pixels;         /* count x size x size x channels (NHWC), normalised; borrowed until the next loader_next */
    float *targets;        /* count x classes */
    const size_t *indices; /* count: which samples, before any mixing */
    size_t count;
} data_batch;

typedef struct loader loader;

/* The set stays the caller's and must outlive the loader. All memory is taken here, and images larger than `size` are
 * made smaller here, so the threads have nothing that could fail. */
amend_status loader_create(const dataset *set, const loader_options *options, loader **made) AMEND_MUST_USE;
void loader_free(loader *l); /* accepts NULL */

size_t loader_batches(const loader *l); /* batches an epoch */

/* Starts an epoch at batch `first` (0, or where a resumed run goes on). Same seed, epoch, batch: same bytes. */
amend_status loader_start(loader *l, size_t epoch, size_t first) AMEND_MUST_USE;

/* The next batch; batch->count is 0 at the epoch's end. No allocation. */
amend_status loader_next(loader *l, data_batch *batch) AMEND_MUST_USE;

/* Seconds that loader_next has waited for its threads since loader_start. */
double loader_waited(const loader *l);

/* One image to the network's input without augmentation (size x size x channels floats at `out`): the way of
 * evaluation and of prediction. */
amend_status loader_prepare(const amend_image *image, amend_box box, size_t size, size_t channels,
                            const data_normal *normal, float *out) AMEND_MUST_USE;

/* Values on 0..255, rounded. */
void data_bytes(const float *values, size_t count, uint8_t *bytes);

/* size x size x channels values, left for right, in place. */
void data_mirror(float *values, size_t size, size_t channels);

#endif
