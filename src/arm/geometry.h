/* Shapes of the ARM head: feature map C x h x w -> P planes of hr x wr (feature arrangement) -> P maps of
 * out_height x out_width (de-albino: one kernel of 2r x 2r, stride r/2, no padding); and the switches of its
 * ablations. */
#ifndef ARM_GEOMETRY_H
#define ARM_GEOMETRY_H

#include <stddef.h>

#include "base/status.h"
#include "nn/table.h"

typedef enum arm_de_albino { ARM_ONE_KERNEL, ARM_KERNEL_A_PLANE, ARM_NO_KERNEL } arm_de_albino;

/* Where a head departs from the paper's; all zero: nowhere. Arrangement is switched off by r = 1: planes are the
 * channels, and the kernel spans 2 x 2 positions as before. */
typedef struct arm_variant {
    arm_de_albino de_albino; /* ARM_NO_KERNEL: the arranged planes go to the normalisation as they are */
    size_t kernel, stride;   /* of de-albino; 0: 2r and r/2 (r = 1: 2 and 1) */
    nn_generic generic;      /* of sharing affinity, in training */
    size_t project;          /* channels of a 1x1 convolution before the arrangement; 0: none */
} arm_variant;

typedef struct arm_geometry {
    size_t channels, height, width; /* C, h, w of the feature map, behind the projection where there is one */
    size_t arrangement;             /* r */
    size_t planes;                  /* P = C / r^2 */
    size_t arranged_height;         /* h r */
    size_t arranged_width;          /* w r */
    size_t kernels;                 /* 1, P, or 0: no de-albino, with kernel = stride = 1 */
    size_t kernel;                  /* 2r */
    size_t stride;                  /* r / 2 */
    size_t out_height;              /* (h r - kernel) / stride + 1, in the paper 2h - 3 */
    size_t out_width;               /* in the paper 2w - 3 */
} arm_geometry;

/* `channels` are the backbone's. AMEND_BAD_ARGUMENT unless r is even or 1, r^2 divides the channels, and the kernel
 * fits. `variant` NULL: the paper's. No product of the sizes of a geometry that was made overflows. */
amend_status arm_geometry_make(size_t channels, size_t height, size_t width, size_t arrangement,
                               const arm_variant *variant, arm_geometry *geometry) AMEND_MUST_USE;

/* "2, 4, 8": the arrangement factors that these channels allow, as many as fit in `text`. */
void arm_geometry_factors(size_t channels, char *text, size_t size);

/* Values of a feature map, and of a de-albino map (the classifier's inputs). */
size_t arm_geometry_features(const arm_geometry *geometry); /* C h w */
size_t arm_geometry_outputs(const arm_geometry *geometry);  /* out_height out_width */
size_t arm_geometry_taps(const arm_geometry *geometry);     /* kernels kernel^2: de-albino's weights */

/* How many windows of the kernel cover pixel (y, x) of an arranged plane: in the paper 1 in the corners and 16 in the
 * middle. */
size_t arm_geometry_coverage(const arm_geometry *geometry, size_t y, size_t x);

#endif
