/* What the decoders of the single formats share. A new format is one new file and one line in decode.c's table. */
#ifndef IMAGE_DECODE_H
#define IMAGE_DECODE_H

#include <stdbool.h>

#include "image/image.h"

/* The bytes of one image file; `name` stands in messages. */
typedef struct image_source {
    const unsigned char *bytes;
    size_t size;
    const char *name;
    size_t least; /* pixels of the longer side that are enough, for formats that can be decoded smaller; 0: all */
} image_source;

/* What a file says beside its pixels, as stored (not turned). */
typedef struct image_notes {
    int orientation;      /* 1 to 8 as in exif.h */
    size_t width, height; /* before it was decoded smaller */
} image_notes;

/* Does the file begin like this format? Looks at the first bytes only. */
bool image_is_jpeg(const image_source *source);
bool image_is_png(const image_source *source);
bool image_is_webp(const image_source *source);

/* Decode to gray or RGB, as stored. On failure nothing is to be freed. */
amend_status image_decode_jpeg(const image_source *source, amend_image *image, image_notes *notes) AMEND_MUST_USE;
amend_status image_decode_png(const image_source *source, amend_image *image, image_notes *notes) AMEND_MUST_USE;
amend_status image_decode_webp(const image_source *source, amend_image *image, image_notes *notes) AMEND_MUST_USE;

/* Refuses more than 256 megapixels, and more than 16 in a file that is too small for them. To be called before anything
 * is allocated for the pixels: a file of a few bytes can claim any size. */
amend_status image_check_size(const image_source *source, size_t width, size_t height) AMEND_MUST_USE;

/* A channel's value, this opaque, laid over black. */
static inline unsigned char image_over_black(unsigned value, unsigned alpha)
{
    return (unsigned char)((value * alpha + 127) / 255);
}

/* `pixels` holds `count` pixels of `colours` channels and one of alpha: lays them over black and packs them in place.
 */
void image_flatten_alpha(unsigned char *pixels, size_t count, size_t colours);

#endif
