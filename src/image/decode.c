/* Decoding: finds the format by its first bytes, decodes, turns the image upright. */
#include "image/decode.h"

#include "base/file.h"
#include "base/mem.h"
#include "image/exif.h"

static const size_t max_pixels = 256u * 1000 * 1000;

/* A file that is small may not cost much: beyond so many pixels, each byte must stand for not too many. No camera or
 * encoder of photos comes near; a white page does not either. */
static const size_t free_pixels = 16u * 1000 * 1000, pixels_per_byte = 4096;

static const struct {
    bool (*probe)(const image_source *source);
    amend_status (*decode)(const image_source *source, amend_image *image, image_notes *notes);
} formats[] = {
    {image_is_jpeg, image_decode_jpeg},
    {image_is_png, image_decode_png},
    {image_is_webp, image_decode_webp},
};

amend_status image_check_size(const image_source *source, size_t width, size_t height)
{
    if (!width || !height)
        return status_error(AMEND_BAD_DATA, "%s: an image of %zu x %zu pixels is damaged; get an intact copy",
                            source->name, width, height);
    if (width > max_pixels / height)
        return status_error(AMEND_UNSUPPORTED,
                            "%s: %zu x %zu pixels, more than the 256 megapixels that are read; shrink it first",
                            source->name, width, height);
    if (width * height > free_pixels && width * height / pixels_per_byte > source->size)
        return status_error(AMEND_BAD_DATA,
                            "%s: %zu x %zu pixels in a file of %zu bytes cannot be a photo; get an intact copy",
                            source->name, width, height, source->size);
    return status_ok();
}

void image_flatten_alpha(unsigned char *pixels, size_t count, size_t colours)
{
    const unsigned char *from = pixels;
    unsigned char *to = pixels;
    for (size_t i = 0; i < count; i++, from += colours + 1) {
        unsigned alpha = from[colours];
        for (size_t c = 0; c < colours; c++) *to++ = image_over_black(from[c], alpha);
    }
}

/* *image, and the sides of the upright photo before it was decoded smaller. */
static amend_status decode(const image_source *source, amend_image *image, size_t *width, size_t *height)
{
    *image = (amend_image){0};
    if (!source->size) return status_error(AMEND_BAD_DATA, "%s: the file is empty; get a complete copy", source->name);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        image_notes notes;
        if (!formats[i].probe(source)) continue;
        TRY(formats[i].decode(source, image, &notes));
        bool turned = exif_swaps_sides(notes.orientation);
        *width = turned ? notes.height : notes.width;
        *height = turned ? notes.width : notes.height;
        amend_status status = exif_turn_upright(image, notes.orientation);
        if (status.code) amend_image_free(image);
        return status_prefix(status, "%s", source->name);
    }
    return status_error(AMEND_BAD_DATA, "%s: not a JPEG, PNG or WebP image; convert it to one of these", source->name);
}

amend_status amend_image_decode(const void *bytes, size_t size, const char *name, amend_image *image)
{
    const image_source source = {.bytes = bytes, .size = size, .name = name};
    size_t width, height;
    return decode(&source, image, &width, &height);
}

amend_status image_decode_smaller(const void *bytes, size_t size, const char *name, size_t least, amend_image *image,
                                  size_t *width, size_t *height)
{
    const image_source source = {bytes, size, name, least};
    return decode(&source, image, width, height);
}

/* Read, not mapped: a file that another program shortens while it is decoded must not end this one by SIGBUS. */
amend_status image_read_file(const char *path, unsigned char **bytes, size_t *size)
{
    return file_read(path, IMAGE_MAX_BYTES, bytes, size);
}

amend_status amend_image_open(const char *path, amend_image *image)
{
    unsigned char *bytes = NULL;
    size_t size;
    *image = (amend_image){0};
    TRY(image_read_file(path, &bytes, &size));
    amend_status status = amend_image_decode(bytes, size, path, image);
    mem_free(bytes);
    return status;
}
