/* What a camera adds to a drawn face. */
#ifndef DATA_SYNTH_CAMERA_H
#define DATA_SYNTH_CAMERA_H

#include "base/rng.h"
#include "image/image.h"

/* A random blur, then random sensor noise, on an RGB image in place. */
amend_status synth_camera(rng *r, amend_image *image) AMEND_MUST_USE;

#endif
