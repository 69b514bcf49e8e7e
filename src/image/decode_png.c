/* PNG by libpng: every colour type and depth, interlaced or not, to 8-bit gray or RGB. */
#include "image/decode.h"

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <png.h>

#include "base/mem.h"
#include "image/exif.h"

enum {
    SIGNATURE_SIZE = 8,
    HEADER_END = 24, /* signature, length, "IHDR", width, height */
    CHUNK_FRAME = 12 /* length, type, checksum */
};

/* All that must survive the jump out of libpng on an error. */
typedef struct png_reader {
    png_structp codec;
    png_infop info;
    const image_source *source;
    size_t position;
    amend_status status;
    amend_image image;
    int orientation;
} png_reader;

bool image_is_png(const image_source *source)
{
    return source->size >= SIGNATURE_SIZE && !memcmp(source->bytes, "\x89PNG\r\n\x1a\n", SIGNATURE_SIZE);
}

static void on_error(png_structp codec, png_const_charp reason)
{
    png_reader *reader = png_get_error_ptr(codec);
    /* An allocation or a read that failed has said so already, and better. */
    if (!reader->status.code)
        reader->status =
            status_error(AMEND_BAD_DATA, "%s: damaged PNG file (%s); get an intact copy", reader->source->name, reason);
    png_longjmp(codec, 1);
}

/* libpng warns of ancillary chunks only; the pixels are whole. */
static void on_warning(png_structp codec, png_const_charp reason)
{
    (void)codec;
    (void)reason;
}

static void *allocate(png_structp codec, png_alloc_size_t size)
{
    png_reader *reader = png_get_mem_ptr(codec);
    void *block = NULL;
    amend_status status = mem_alloc(&block, size, 1, "PNG decoder");
    if (status.code) reader->status = status_prefix(status, "%s", reader->source->name);
    return block;
}

static void release(png_structp codec, void *block)
{
    (void)codec;
    mem_free(block);
}

static amend_status truncated(const image_source *source)
{
    return status_error(AMEND_BAD_DATA, "%s: truncated PNG file; get a complete copy", source->name);
}

static void read_bytes(png_structp codec, png_bytep to, size_t count)
{
    png_reader *reader = png_get_io_ptr(codec);
    const image_source *source = reader->source;
    if (count > source->size - reader->position) {
        reader->status = truncated(source);
        png_error(codec, "end of file");
    }
    memcpy(to, source->bytes + reader->position, count);
    reader->position += count;
}

static size_t big_endian32(const unsigned char *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Each chunk as far as the end mark: libpng allocates what a chunk says before it reads it. */
static amend_status check_chunks(const image_source *source)
{
    size_t at = SIGNATURE_SIZE, left;
    while ((left = source->size - at) >= CHUNK_FRAME) {
        size_t length = big_endian32(source->bytes + at);
        if (!memcmp(source->bytes + at + 4, "IEND", 4)) return status_ok();
        if (length > left - CHUNK_FRAME) break;
        at += CHUNK_FRAME + length;
    }
    return truncated(source);
}

/* On the bytes themselves, before libpng allocates anything for the file. */
static amend_status check_header(const image_source *source)
{
    if (source->size < HEADER_END) return truncated(source);
    if (memcmp(source->bytes + 12, "IHDR", 4))
        return status_error(AMEND_BAD_DATA, "%s: damaged PNG file (no header); get an intact copy", source->name);
    TRY(image_check_size(source, big_endian32(source->bytes + 16), big_endian32(source->bytes + 20)));
    return check_chunks(source);
}

/* Asks libpng for 8 bits a channel, no palette, and transparency as an alpha channel. */
static void normalise(png_reader *reader)
{
    png_set_scale_16(reader->codec);
    png_set_expand(reader->codec);
    png_read_update_info(reader->codec, reader->info);
}

static amend_status read_pixels(png_reader *reader)
{
    size_t width = png_get_image_width(reader->codec, reader->info);
    size_t height = png_get_image_height(reader->codec, reader->info);
    int passes = png_set_interlace_handling(reader->codec);
    normalise(reader);
    size_t channels = png_get_channels(reader->codec, reader->info);
    bool alpha = channels == 2 || channels == 4;
    amend_image *image = &reader->image;
    TRY(status_prefix(mem_alloc_unset(&image->pixels, width * height, channels, "image"), "%s", reader->source->name));
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_read_row(reader->codec, image->pixels + y * width * channels, NULL);
    if (alpha) image_flatten_alpha(image->pixels, width * height, channels - 1);
    image->width = width;
    image->height = height;
    image->channels = alpha ? channels - 1 : channels;
    return status_ok();
}

static int find_orientation(const png_reader *reader)
{
    png_uint_32 size = 0;
    png_bytep bytes = NULL;
    if (!png_get_eXIf_1(reader->codec, reader->info, &size, &bytes)) return EXIF_UPRIGHT;
    return exif_orientation(bytes, size);
}

/* Jumps land here; what they must not lose belongs to the caller. */
static void decode(png_reader *reader)
{
    static const png_byte texts[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLT"; /* inflate to far more than the file's size */
    if (setjmp(png_jmpbuf(reader->codec))) return;
    png_set_keep_unknown_chunks(reader->codec, PNG_HANDLE_CHUNK_NEVER, texts, sizeof texts / 5);
    png_set_read_fn(reader->codec, reader, read_bytes);
    png_read_info(reader->codec, reader->info);
    reader->status = read_pixels(reader);
    if (reader->status.code) return;
    /* The end mark tells a whole file from a truncated one; EXIF may stand behind the pixels. */
    png_read_end(reader->codec, reader->info);
    reader->orientation = find_orientation(reader);
}

amend_status image_decode_png(const image_source *source, amend_image *image, image_notes *notes)
{
    png_reader reader = {.source = source, .orientation = EXIF_UPRIGHT};
    TRY(check_header(source));
    reader.codec =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning, &reader, allocate, release);
    if (reader.codec) reader.info = png_create_info_struct(reader.codec);
    if (!reader.info) {
        reader.status = status_error(AMEND_NO_MEMORY, "%s: out of memory in the PNG decoder", source->name);
    } else {
        decode(&reader);
    }
    png_destroy_read_struct(&reader.codec, &reader.info, NULL);
    if (reader.status.code) {
        amend_image_free(&reader.image);
    } else {
        *image = reader.image;
        *notes = (image_notes){reader.orientation, image->width, image->height};
    }
    return reader.status;
}
