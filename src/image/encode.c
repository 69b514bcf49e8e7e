/* PNG files by libpng. */
#include "image/image.h"

#include <setjmp.h>

#include <png.h>

#include "base/file.h"

/* All that must survive the jump out of libpng on an error. */
typedef struct png_writer {
    png_structp codec;
    png_infop info;
    const char *name;
    amend_status status;
} png_writer;

static void on_error(png_structp codec, png_const_charp reason)
{
    png_writer *writer = png_get_error_ptr(codec);
    if (ferror((FILE *)png_get_io_ptr(codec))) /* libpng says "Write Error" only */
        writer->status = status_errno(writer->name, "write the image");
    else
        writer->status = status_error(AMEND_IO, "%s: cannot write the image: %s", writer->name, reason);
    png_longjmp(codec, 1);
}

static void on_warning(png_structp codec, png_const_charp reason)
{
    (void)codec;
    (void)reason;
}

/* Jumps land here; what they must not lose belongs to the caller. */
static void encode(png_writer *writer, FILE *stream, const amend_image *image)
{
    if (setjmp(png_jmpbuf(writer->codec))) return;
    png_init_io(writer->codec, stream);
    png_set_IHDR(writer->codec, writer->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer->codec, writer->info);
    for (size_t y = 0; y < image->height; y++)
        png_write_row(writer->codec, image->pixels + y * image->width * image->channels);
    png_write_end(writer->codec, NULL);
}

amend_status image_encode_png(const amend_image *image, const char *name, FILE *stream)
{
    png_writer writer = {.name = name};
    if (image->width > PNG_UINT_31_MAX || image->height > PNG_UINT_31_MAX)
        return status_error(AMEND_BAD_ARGUMENT, "%s: %zu x %zu pixels are more than a PNG file can hold", name,
                            image->width, image->height);
    writer.codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_error, on_warning);
    if (writer.codec) writer.info = png_create_info_struct(writer.codec);
    if (!writer.info) {
        writer.status = status_error(AMEND_NO_MEMORY, "%s: out of memory in the PNG encoder", name);
    } else {
        encode(&writer, stream, image);
    }
    png_destroy_write_struct(&writer.codec, &writer.info);
    return writer.status;
}

amend_status image_write_png(const char *path, const amend_image *image)
{
    file_replacement file = {0};
    TRY(file_replace_begin(path, &file));
    amend_status status = image_encode_png(image, path, file.stream);
    if (!status.code) return file_replace_commit(&file);
    file_replace_abandon(&file);
    return status;
}
