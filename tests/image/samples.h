/* Image files for the tests, written by the formats' own libraries into memory. Free bytes with free. */
#ifndef TEST_IMAGE_SAMPLES_H
#define TEST_IMAGE_SAMPLES_H

#include "support.h"

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include "base/mem.h"
#include "image/image.h"

typedef struct sample_file {
    unsigned char *bytes;
    size_t size;
} sample_file;

/* Smooth, without any symmetry, so that JPEG keeps it and a turn shows. */
static inline amend_image sample_pattern(size_t width, size_t height, size_t channels)
{
    amend_image image = {0};
    assert_ok(image_create(&image, width, height, channels));
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < channels; c++)
                image.pixels[(y * width + x) * channels + c] =
                    (unsigned char)(20 + 60 * c + 100 * x / width + (c == 1 ? 0 : 40) * y / height);
    return image;
}

static inline void assert_near(const amend_image *a, const amend_image *b, int tolerance)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    for (size_t i = 0; i < a->width * a->height * a->channels; i++)
        if (abs(a->pixels[i] - b->pixels[i]) > tolerance)
            fail_msg("byte %zu of %zu x %zu x %zu: %d and %d", i, a->width, a->height, a->channels, a->pixels[i],
                     b->pixels[i]);
}

/* TIFF structure with one entry. */
static inline size_t sample_exif(int orientation, int big_endian, int with_prefix, unsigned char out[32])
{
    static const unsigned char big[26] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
    static const unsigned char little[26] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0};
    size_t at = 0;
    if (with_prefix) {
        memcpy(out, "Exif\0", 6);
        at = 6;
    }
    memcpy(out + at, big_endian ? big : little, 26);
    out[at + 18 + (big_endian ? 1 : 0)] = (unsigned char)orientation;
    return at + 26;
}

typedef struct jpeg_options {
    int progressive, inks; /* inks: 4 channels of Adobe CMYK, stored as YCCK */
    const unsigned char *exif;
    size_t exif_size;
} jpeg_options;

static inline sample_file sample_jpeg(const unsigned char *pixels, size_t width, size_t height, size_t channels,
                                      jpeg_options options)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    sample_file file = {0};
    unsigned long size = 0;
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &file.bytes, &size);
    codec.image_width = (JDIMENSION)width;
    codec.image_height = (JDIMENSION)height;
    codec.input_components = (int)channels;
    codec.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&codec);
    if (options.inks) jpeg_set_colorspace(&codec, JCS_YCCK);
    jpeg_set_quality(&codec, 100, TRUE);
    for (int c = 0; c < codec.num_components; c++)
        codec.comp_info[c].h_samp_factor = codec.comp_info[c].v_samp_factor = 1;
    if (options.progressive) jpeg_simple_progression(&codec);
    jpeg_start_compress(&codec, TRUE);
    if (options.exif) jpeg_write_marker(&codec, JPEG_APP0 + 1, options.exif, (unsigned)options.exif_size);
    while (codec.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + codec.next_scanline * width * channels);
        jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    file.size = size;
    return file;
}

static inline sample_file sample_jpeg_of(const amend_image *image, jpeg_options options)
{
    return sample_jpeg(image->pixels, image->width, image->height, image->channels, options);
}

typedef struct png_options {
    int colour, depth, interlaced; /* colour: PNG_COLOR_TYPE_...; depth: bits a channel */
    const png_color *palette;
    int palette_size;
    const unsigned char *palette_alpha;
    const unsigned char *exif;
    size_t exif_size;
    const char *text; /* written deflated, in a chunk of each kind */
} png_options;

static inline void sample_png_write(png_structp codec, png_bytep bytes, size_t size)
{
    sample_file *file = png_get_io_ptr(codec);
    file->bytes = realloc(file->bytes, file->size + size);
    assert_non_null(file->bytes);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static inline void sample_png_flush(png_structp codec)
{
    (void)codec;
}

/* `pixels` as PNG wants them: big-endian, rows packed to bytes. */
static inline sample_file sample_png(const unsigned char *pixels, size_t width, size_t height, png_options options)
{
    sample_file file = {0};
    png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(codec);
    png_set_write_fn(codec, &file, sample_png_write, sample_png_flush);
    png_set_IHDR(codec, info, (png_uint_32)width, (png_uint_32)height, options.depth, options.colour,
                 options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (options.palette) png_set_PLTE(codec, info, options.palette, options.palette_size);
    if (options.palette_alpha) png_set_tRNS(codec, info, options.palette_alpha, options.palette_size, NULL);
    if (options.exif) png_set_eXIf_1(codec, info, (png_uint_32)options.exif_size, (png_bytep)(uintptr_t)options.exif);
    png_text texts[] = {
        {.compression = PNG_TEXT_COMPRESSION_zTXt, .key = (char *)"Title", .text = (char *)options.text},
        {.compression = PNG_ITXT_COMPRESSION_zTXt, .key = (char *)"Title", .text = (char *)options.text}};
    if (options.text) png_set_text(codec, info, texts, 2);
    png_write_info(codec, info);
    size_t pitch = png_get_rowbytes(codec, info);
    int passes = png_set_interlace_handling(codec);
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_write_row(codec, pixels + y * pitch);
    png_write_end(codec, info);
    png_destroy_write_struct(&codec, &info);
    return file;
}

static inline sample_file sample_png_of(const amend_image *image, png_options options)
{
    options.depth = 8;
    options.colour = image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
    return sample_png(image->pixels, image->width, image->height, options);
}

/* Lossless; channels 3 or 4. */
static inline sample_file sample_webp(const unsigned char *pixels, int width, int height, int channels)
{
    sample_file file = {0};
    uint8_t *bytes = NULL;
    file.size = channels == 4 ? WebPEncodeLosslessRGBA(pixels, width, height, width * 4, &bytes)
                              : WebPEncodeLosslessRGB(pixels, width, height, width * 3, &bytes);
    assert_true(file.size > 0);
    file.bytes = malloc(file.size); /* a block of the exact size, so that the sanitizer sees reads past the end */
    assert_non_null(file.bytes);
    memcpy(file.bytes, bytes, file.size);
    WebPFree(bytes);
    return file;
}

#endif
