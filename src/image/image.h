/* Inside the house: make, convert, write and resample images. amend_image is in amend/image.h. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdio.h>

#include "amend/image.h"

/* New zeroed image; checked size. */
amend_status image_create(amend_image *image, size_t width, size_t height, size_t channels) AMEND_MUST_USE;

/* New image with 1 or 3 channels (gray = 0.299 R + 0.587 G + 0.114 B, rounded). */
amend_status image_convert(const amend_image *from, size_t channels, amend_image *to) AMEND_MUST_USE;

/* PNG into an open stream; `name` stands in messages. */
amend_status image_encode_png(const amend_image *image, const char *name, FILE *stream) AMEND_MUST_USE;

/* PNG file, written whole or not at all. */
amend_status image_write_png(const char *path, const amend_image *image) AMEND_MUST_USE;

/* New width x height image from the part of `from` inside `box` (pixels; outside the image the edge repeats): area
 * average when shrinking, bilinear when growing (antialiased triangle filter, as Pillow's BILINEAR). */
amend_status image_crop_resize(const amend_image *from, amend_box box, size_t width, size_t height,
                               amend_image *to) AMEND_MUST_USE;

#endif
