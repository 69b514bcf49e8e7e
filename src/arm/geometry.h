/* Shapes of the ARM head: feature map C x h x w -> P planes of hr x wr (feature arrangement) -> P maps of
 * out_height x out_width (de-albino: one kernel of 2r x 2r, stride r/2, no padding). */
#ifndef ARM_GEOMETRY_H
#define ARM_GEOMETRY_H

#include <stddef.h>

#include "base/status.h"

typedef struct arm_geometry {
    size_t channels, height, width; /* C, h, w of the feature map */
    size_t arrangement;             /* r */
    size_t planes;                  /* P = C / r^2 */
    size_t arranged_height;         /* h r */
    size_t arranged_width;          /* w r */
    size_t kernel;                  /* 2r */
    size_t stride;                  /* r / 2 */
    size_t out_height;              /* (h r - 2r) / (r / 2) + 1 = 2h - 3 */
    size_t out_width;               /* 2w - 3 */
} arm_geometry;

/* AMEND_BAD_ARGUMENT unless r is even, r^2 divides the channels, and the kernel fits (h and w at least 2).
 * No product of the sizes of a geometry that was made overflows. */
amend_status arm_geometry_make(size_t channels, size_t height, size_t width, size_t arrangement,
                               arm_geometry *geometry) AMEND_MUST_USE;

/* Values of a feature map, and of a de-albino map (the classifier's inputs). */
size_t arm_geometry_features(const arm_geometry *geometry); /* C h w */
size_t arm_geometry_outputs(const arm_geometry *geometry);  /* out_height out_width */

/* How many windows of the kernel cover pixel (y, x) of an arranged plane: 1 in the corners, 16 in the middle. */
size_t arm_geometry_coverage(const arm_geometry *geometry, size_t y, size_t x);

#endif
