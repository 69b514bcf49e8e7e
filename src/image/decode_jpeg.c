/* JPEG by libjpeg-turbo: baseline and progressive; gray, colour, and the CMYK and YCCK of printing houses. */
#include "image/decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/mem.h"
#include "image/exif.h"

/* A progressive file of few bytes may ask for thousands of passes over a large image; encoders write about ten. */
enum { MAX_SCANS = 500, FREE_SCANS = 32, MAX_VISITS = 1000 * 1000 * 1000 /* scans times pixels */ };

/* All that must survive the jump out of libjpeg on an error. `client_data` of the codec points here. */
typedef struct jpeg_reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failure;
    const image_source *source;
    amend_status status;
    amend_image image;
    image_notes notes;
    unsigned char *inks; /* one row of a CMYK file */
} jpeg_reader;

bool image_is_jpeg(const image_source *source)
{
    return source->size >= 3 && !memcmp(source->bytes, "\xff\xd8\xff", 3);
}

static void give_up(jpeg_reader *reader, amend_status status)
{
    reader->status = status;
    longjmp(reader->failure, 1);
}

/* 12 bits, lossless and other processes, rare colour spaces: well formed, and no intact copy would help. */
static bool is_unsupported(int code)
{
    return code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_CONVERSION_NOTIMPL ||
           code == JERR_ARITH_NOTIMPL || code == JERR_NOTIMPL || code == JERR_NOT_COMPILED;
}

static void on_error(j_common_ptr codec)
{
    jpeg_reader *reader = codec->client_data;
    char reason[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, reason);
    const char *name = reader->source->name;
    if (codec->err->msg_code == JERR_OUT_OF_MEMORY)
        give_up(reader, status_error(AMEND_NO_MEMORY, "%s: out of memory in the JPEG decoder", name));
    if (is_unsupported(codec->err->msg_code))
        give_up(reader, status_error(AMEND_UNSUPPORTED,
                                     "%s: a kind of JPEG that is not read here (%s); save it as an ordinary one, of 8 "
                                     "bits",
                                     name, reason));
    give_up(reader, status_error(AMEND_BAD_DATA, "%s: damaged JPEG file (%s); get an intact copy", name, reason));
}

/* libjpeg only warns when data end early and paints the rest gray, or are damaged and go on as something else; that is
 * not the photo. Its other warnings are as common in whole files (stray bytes before a marker, odd versions). */
static void on_message(j_common_ptr codec, int level)
{
    jpeg_reader *reader = codec->client_data;
    int code = codec->err->msg_code;
    if (level >= 0) return;
    if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)
        give_up(reader,
                status_error(AMEND_BAD_DATA, "%s: truncated JPEG file; get a complete copy", reader->source->name));
    if (code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC) on_error(codec);
}

static void on_progress(j_common_ptr codec)
{
    jpeg_reader *reader = codec->client_data;
    size_t scans = (size_t)reader->codec.input_scan_number;
    size_t pixels = (size_t)reader->codec.image_width * reader->codec.image_height;
    if (scans > MAX_SCANS || (scans > FREE_SCANS && scans * pixels > MAX_VISITS))
        give_up(reader, status_error(AMEND_UNSUPPORTED, "%s: JPEG file of more than %zu scans; save it anew",
                                     reader->source->name, scans - 1));
}

static void open_codec(jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    codec->err = jpeg_std_error(&reader->errors);
    codec->client_data = reader;
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
    jpeg_create_decompress(codec);
    reader->progress.progress_monitor = on_progress;
    codec->progress = &reader->progress;
    jpeg_mem_src(codec, reader->source->bytes, (unsigned long)reader->source->size);
    jpeg_save_markers(codec, JPEG_APP0 + 1, 0xffff);
}

static int find_orientation(const struct jpeg_decompress_struct *codec)
{
    for (jpeg_saved_marker_ptr marker = codec->marker_list; marker; marker = marker->next) {
        if (marker->data_length >= 6 && !memcmp(marker->data, "Exif\0", 6))
            return exif_orientation(marker->data, marker->data_length);
    }
    return EXIF_UPRIGHT;
}

/* By 8, 4 or 2, where that leaves enough: the inverse transform then works out fewer pixels of each block of 8 x 8. */
static void choose_reduction(jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    size_t longer = codec->image_width > codec->image_height ? codec->image_width : codec->image_height;
    unsigned reduction = reader->source->least ? 8 : 1;
    while (reduction > 1 && longer / reduction < reader->source->least) reduction /= 2;
    codec->scale_num = 1;
    codec->scale_denom = reduction;
    jpeg_calc_output_dimensions(codec);
}

static amend_status start(jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    size_t channels = 3;
    TRY(image_check_size(reader->source, codec->image_width, codec->image_height));
    codec->out_color_space = JCS_RGB;
    if (codec->jpeg_color_space == JCS_GRAYSCALE) {
        codec->out_color_space = JCS_GRAYSCALE;
        channels = 1;
    } else if (codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK) {
        codec->out_color_space = JCS_CMYK;
        TRY(status_prefix(mem_alloc(&reader->inks, codec->image_width, 4, "row of inks"), "%s", reader->source->name));
    }
    choose_reduction(reader);
    TRY(status_prefix(image_create(&reader->image, codec->output_width, codec->output_height, channels), "%s",
                      reader->source->name));
    jpeg_start_decompress(codec);
    return status_ok();
}

/* Such files hold inks the other way round (255 = none), by Adobe's habit, which all writers follow. */
static void inks_to_rgb(const unsigned char *inks, size_t count, unsigned char *rgb)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++)
            rgb[3 * i + c] = (unsigned char)((inks[4 * i + c] * inks[4 * i + 3] + 127) / 255);
}

static void read_rows(jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    size_t pitch = reader->image.width * reader->image.channels;
    while (codec->output_scanline < codec->output_height) {
        unsigned char *to = reader->image.pixels + codec->output_scanline * pitch;
        JSAMPROW row = reader->inks ? reader->inks : to;
        jpeg_read_scanlines(codec, &row, 1);
        if (reader->inks) inks_to_rgb(reader->inks, reader->image.width, to);
    }
    jpeg_finish_decompress(codec);
}

/* Jumps land here; what they must not lose belongs to the caller. */
static void decode(jpeg_reader *reader)
{
    if (setjmp(reader->failure)) return;
    open_codec(reader);
    jpeg_read_header(&reader->codec, TRUE);
    reader->notes =
        (image_notes){find_orientation(&reader->codec), reader->codec.image_width, reader->codec.image_height};
    reader->status = start(reader);
    if (!reader->status.code) read_rows(reader);
}

amend_status image_decode_jpeg(const image_source *source, amend_image *image, image_notes *notes)
{
    jpeg_reader reader = {.source = source};
    decode(&reader);
    jpeg_destroy_decompress(&reader.codec);
    mem_free(reader.inks);
    if (reader.status.code) {
        amend_image_free(&reader.image);
    } else {
        *image = reader.image;
        *notes = reader.notes;
    }
    return reader.status;
}
