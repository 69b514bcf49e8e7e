/* Evidence: behind the feature map a folded head (arm/fold.h) is one linear map, so that the logit of a class is its
 * bias plus one product a feature. Summed over the pixels of the arranged planes, or over the positions of the feature
 * map, the products say where the evidence lies: nothing is estimated, and nothing is left over. */
#ifndef ARM_EVIDENCE_H
#define ARM_EVIDENCE_H

#include <stddef.h>

typedef struct arm_evidence_shape {
    size_t classes;                 /* K */
    size_t channels, height, width; /* C, h, w of the feature map */
    size_t arrangement;             /* r, its square divides C; 1: a head without arrangement */
} arm_evidence_shape;

/* All arrays are the caller's. map [h][w][C]; weight [K][h][w][C], as arm_fold gives it. pixels [K][hr][wr]: of each
 * arranged pixel, summed over the planes; positions [K][h][w]: the sum of the r x r pixels that a position became. */
void arm_evidence(const arm_evidence_shape *shape, const float *weight, const float *map, double *pixels,
                  double *positions);

/* The map as planes [C / r^2][hr][wr]. */
void arm_evidence_arrange(const arm_evidence_shape *shape, const float *map, double *planes);

#endif
