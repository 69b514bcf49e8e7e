/* Random changes of a training image. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "base/rng.h"
#include "data/loader.h"

/* Probabilities and shares in their ranges? */
amend_status augment_check(const data_augment *a) AMEND_MUST_USE;

/* One image, changed as `a` and the numbers from `r` say, normalised, to size x size x channels floats. The image must
 * not be larger than size. */
void augment_image(const amend_image *image, const data_augment *a, const data_normal *normal, rng *r, size_t size,
                   size_t channels, float *out);

/* The first and the last sample of a batch become two mixes of both, and so on towards the middle. */
void augment_mix(const data_batch *batch, size_t values, size_t classes, double alpha, rng *r);

#endif
