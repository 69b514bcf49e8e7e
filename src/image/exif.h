/* EXIF orientation: how a camera was held. */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <stdbool.h>

#include "image/image.h"

enum { EXIF_UPRIGHT = 1 };

/* Orientation, 1 to 8, in an EXIF block (TIFF, with or without "Exif\0\0" in front). A block without one, or malformed,
 * is EXIF_UPRIGHT: a photo is worth more than its notes. `bytes` may be NULL when size is 0. */
int exif_orientation(const unsigned char *bytes, size_t size);

/* Whether rows become columns when the image is turned upright. */
bool exif_swaps_sides(int orientation);

/* Turns and mirrors the image as stored so that it is upright. On failure the image is as it was. */
amend_status exif_turn_upright(amend_image *image, int orientation) AMEND_MUST_USE;

#endif
