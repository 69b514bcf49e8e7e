/* WebP by libwebp: lossy and lossless, with or without alpha; still images. */
#include "image/decode.h"

#include <stdint.h>
#include <string.h>

#include <webp/decode.h>

#include "base/mem.h"
#include "image/exif.h"

enum { RIFF_HEADER_SIZE = 12, CHUNK_HEADER_SIZE = 8 };

bool image_is_webp(const image_source *source)
{
    return source->size >= RIFF_HEADER_SIZE && !memcmp(source->bytes, "RIFF", 4) &&
           !memcmp(source->bytes + 8, "WEBP", 4);
}

static size_t little_endian32(const unsigned char *p)
{
    return (size_t)p[3] << 24 | (size_t)p[2] << 16 | (size_t)p[1] << 8 | p[0];
}

static int find_orientation(const image_source *source)
{
    size_t offset = RIFF_HEADER_SIZE;
    while (source->size - offset >= CHUNK_HEADER_SIZE) {
        const unsigned char *chunk = source->bytes + offset;
        size_t left = source->size - offset - CHUNK_HEADER_SIZE, length = little_endian32(chunk + 4);
        if (length > left) break;
        if (!memcmp(chunk, "EXIF", 4)) return exif_orientation(chunk + CHUNK_HEADER_SIZE, length);
        length += length % 2; /* chunks begin at even offsets */
        if (length > left) break;
        offset += CHUNK_HEADER_SIZE + length;
    }
    return EXIF_UPRIGHT;
}

static amend_status refuse(const image_source *source, VP8StatusCode code)
{
    switch (code) {
    case VP8_STATUS_OK:
        return status_ok();
    case VP8_STATUS_OUT_OF_MEMORY:
        return status_error(AMEND_NO_MEMORY, "%s: out of memory in the WebP decoder", source->name);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return status_error(AMEND_BAD_DATA, "%s: truncated WebP file; get a complete copy", source->name);
    default:
        return status_error(AMEND_BAD_DATA, "%s: damaged WebP file; get an intact copy", source->name);
    }
}

static amend_status read_header(const image_source *source, WebPBitstreamFeatures *features)
{
    if (little_endian32(source->bytes + 4) > source->size - CHUNK_HEADER_SIZE)
        return refuse(source, VP8_STATUS_NOT_ENOUGH_DATA);
    TRY(refuse(source, WebPGetFeatures(source->bytes, source->size, features)));
    if (features->has_animation)
        return status_error(AMEND_UNSUPPORTED, "%s: animated WebP; save one picture of it as a file of its own",
                            source->name);
    return image_check_size(source, (size_t)features->width, (size_t)features->height);
}

amend_status image_decode_webp(const image_source *source, amend_image *image, image_notes *notes)
{
    WebPDecoderConfig config;
    amend_status status;
    unsigned char *pixels = NULL;
    if (!WebPInitDecoderConfig(&config))
        return status_error(AMEND_INTERNAL, "libwebp is older than the headers that amend was built with");
    TRY(read_header(source, &config.input));
    size_t width = (size_t)config.input.width, height = (size_t)config.input.height;
    size_t channels = config.input.has_alpha ? 4 : 3;
    TRY(status_prefix(mem_alloc_unset(&pixels, width * height, channels, "image"), "%s", source->name));
    config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)(width * channels);
    config.output.u.RGBA.size = width * height * channels;
    status = refuse(source, WebPDecode(source->bytes, source->size, &config));
    WebPFreeDecBuffer(&config.output);
    if (status.code) {
        mem_free(pixels);
        return status;
    }
    if (config.input.has_alpha) image_flatten_alpha(pixels, width * height, 3);
    *image = (amend_image){pixels, width, height, 3};
    *notes = (image_notes){find_orientation(source), image->width, image->height};
    return status;
}
