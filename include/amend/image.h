/* Images: decoded, upright, 8 bits a channel. */
#ifndef AMEND_IMAGE_H
#define AMEND_IMAGE_H

#include <stddef.h>

#include "amend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows from top to bottom, no padding: pixel (x, y), channel c is pixels[(y * width + x) * channels + c].
 * channels is 3 (RGB) or 1 (gray). Zero-initialise before first use. */
typedef struct amend_image {
    unsigned char *pixels;
    size_t width, height, channels;
} amend_image;

/* A rectangle in pixels of the upright image, x and y its left upper corner; may reach outside the image. */
typedef struct amend_box {
    double x, y, width, height;
} amend_box;

/* Decodes a JPEG, PNG or WebP file to RGB or gray, upright (EXIF orientation applied), transparent parts laid over
 * black; at most 256 megapixels. The caller frees with amend_image_free. */
AMEND_API amend_status amend_image_open(const char *path, amend_image *image) AMEND_MUST_USE;

/* The same from `size` bytes in memory; `name` stands in messages. */
AMEND_API amend_status amend_image_decode(const void *bytes, size_t size, const char *name,
                                          amend_image *image) AMEND_MUST_USE;

/* How the bytes of a pixel follow each other. A is opacity, 255 opaque. */
typedef enum amend_pixel_format {
    AMEND_PIXELS_GRAY,
    AMEND_PIXELS_RGB,
    AMEND_PIXELS_BGR,
    AMEND_PIXELS_RGBA,
    AMEND_PIXELS_BGRA
} amend_pixel_format;

/* Pixels in somebody else's memory, 8 bits a channel; `data` is the left pixel of the top row. */
typedef struct amend_pixels {
    const unsigned char *data;
    size_t width, height;
    ptrdiff_t stride; /* bytes from a row to the one below, at least a row's; negative when rows lie bottom up */
    amend_pixel_format format;
} amend_pixels;

/* Copies them, transparent parts laid over black; `data` is not needed afterwards. The caller frees with
 * amend_image_free; on failure there is nothing to free. */
AMEND_API amend_status amend_image_from_pixels(const amend_pixels *pixels, amend_image *image) AMEND_MUST_USE;

AMEND_API void amend_image_free(amend_image *image); /* accepts NULL and a zeroed image; zeroes it */

#ifdef __cplusplus
}
#endif
#endif
