/* The annotated photo. */
#ifndef IMAGE_DRAW_PREDICTION_H
#define IMAGE_DRAW_PREDICTION_H

#include "image/image.h"

/* A new RGB picture: the photo with `box` and the most probable label on it, and at its right a panel with a bar for
 * every label, the most probable first. Small photos are enlarged in whole steps, so that the text can be read; huge
 * ones are shrunk to what cairo can draw. `count` is 1 to DRAW_MAX_BARS. */
amend_status draw_prediction(const amend_image *photo, amend_box box, const char *const *labels,
                             const float *probabilities, size_t count, amend_image *out) AMEND_MUST_USE;

/* A new RGB picture: the photo with `count` boxes, a label on each. */
amend_status draw_faces(const amend_image *photo, const amend_box *boxes, const char *const *labels, size_t count,
                        amend_image *out) AMEND_MUST_USE;

#endif
