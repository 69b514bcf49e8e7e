/* One resampling for everything that moves pixels: resize, flip, shift, rotation, scale. 8-bit image in, floats out. */
#ifndef DATA_WARP_H
#define DATA_WARP_H

#include "data/loader.h"

typedef struct warp_pose {
    bool flip;
    double shift_x, shift_y; /* share of the side */
    double angle;            /* radians */
    double scale;            /* over 1: the face grows */
} warp_pose;

extern const warp_pose warp_upright; /* no movement */

amend_box warp_whole(const amend_image *image);

/* `box` of the image, posed, to size x size x channels values on 0..255: bilinear, outside the image the edge repeats.
 * Shrinking would alias; see warp_must_shrink. */
void warp_image(const amend_image *image, amend_box box, const warp_pose *pose, size_t size, size_t channels,
                float *out);

/* True when the box is larger than size: image_crop_resize must make it smaller first. */
bool warp_must_shrink(amend_box box, size_t size);

/* 0..255 to the network's input, in place. */
void warp_normalise(float *values, size_t pixels, size_t channels, const data_normal *normal);

#endif
