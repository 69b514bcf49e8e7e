/* Inside the house: make, convert, write and resample images. amend_image is in amend/image.h. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdio.h>

#include "amend/image.h"

/* New image whose pixels the caller fills; checked size. */
amend_status image_create(amend_image *image, size_t width, size_t height, size_t channels) AMEND_MUST_USE;

/* A caller's image: its pixels are there, its sides not 0, its channels 1 or 3. */
amend_status image_check(const amend_image *image) AMEND_MUST_USE;

/* The bytes of an image file, to be freed with mem_free: a larger one is refused. */
enum { IMAGE_MAX_BYTES = 1 << 30 };
amend_status image_read_file(const char *path, unsigned char **bytes, size_t *size) AMEND_MUST_USE;

/* As amend_image_decode, but a JPEG file may be decoded 2, 4 or 8 times smaller, which is much faster, as long as its
 * longer side keeps `least` pixels; 0: as it is. *width and *height are the sides of the whole upright photo. */
amend_status image_decode_smaller(const void *bytes, size_t size, const char *name, size_t least, amend_image *image,
                                  size_t *width, size_t *height) AMEND_MUST_USE;

/* New image with 1 or 3 channels (gray = 0.299 R + 0.587 G + 0.114 B, rounded). */
amend_status image_convert(const amend_image *from, size_t channels, amend_image *to) AMEND_MUST_USE;

/* PNG into an open stream; `name` stands in messages. */
amend_status image_encode_png(const amend_image *image, const char *name, FILE *stream) AMEND_MUST_USE;

/* PNG file, written whole or not at all. */
amend_status image_write_png(const char *path, const amend_image *image) AMEND_MUST_USE;

/* New image, `factor` (1 .. 16) times smaller: each pixel the mean of factor x factor ones, what is left over at the
 * right and lower edge cut off. `from` must have that many pixels. Much faster than image_crop_resize. */
amend_status image_shrink(const amend_image *from, size_t factor, amend_image *to) AMEND_MUST_USE;

/* New width x height image from the part of `from` inside `box` (pixels; outside the image the edge repeats): area
 * average when shrinking, bilinear when growing (antialiased triangle filter, as Pillow's BILINEAR). */
amend_status image_crop_resize(const amend_image *from, amend_box box, size_t width, size_t height,
                               amend_image *to) AMEND_MUST_USE;

#endif
