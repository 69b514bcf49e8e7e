/* Files that must be refused, each with a message that names it; and memory that runs out. */
#include "samples.h"

#include "base/file.h"

static void assert_decode_refused(const void *bytes, size_t size, amend_code code, const char *message)
{
    amend_image image = {0};
    /* In a block of the exact size, so that the sanitizer sees reads past the end. */
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size) memcpy(copy, bytes, size);
    assert_refused(amend_image_decode(copy, size, "x.img", &image), code, message);
    assert_null(image.pixels);
    free(copy);
}

static void empty(void **state)
{
    (void)state;
    assert_decode_refused(NULL, 0, AMEND_BAD_DATA, "x.img: the file is empty; get a complete copy");
}

static void not_an_image(void **state)
{
    static const char text[] = "To be or not to be";
    static const char message[] = "x.img: not a JPEG, PNG or WebP image; convert it to one of these";
    (void)state;
    assert_decode_refused(text, sizeof text, AMEND_BAD_DATA, message);
    assert_decode_refused("\xff", 1, AMEND_BAD_DATA, message);
    assert_decode_refused("\x89PNG", 4, AMEND_BAD_DATA, message);
}

static void missing_file_and_folder(void **state)
{
    amend_image image = {0};
    (void)state;
    assert_refused(amend_image_open("tests/no-such.png", &image), AMEND_IO,
                   "tests/no-such.png: cannot open: No such file or directory");
    assert_refused(amend_image_open("tests", &image), AMEND_IO, "tests: not a regular file but a folder");
}

/* Cut anywhere behind the magic bytes: refused. At three quarters, with the message given. */
static void assert_truncation_refused(sample_file file, size_t magic, const char *message)
{
    for (size_t size = magic; size < file.size; size += size < 64 ? 1 : 7) {
        amend_image image = {0};
        unsigned char *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, file.bytes, size);
        amend_status status = amend_image_decode(copy, size, "x.img", &image);
        if (status.code != AMEND_BAD_DATA)
            fail_msg("cut to %zu of %zu bytes: code %d, \"%s\"", size, file.size, (int)status.code, status.message);
        assert_null(image.pixels);
        free(copy);
    }
    assert_decode_refused(file.bytes, file.size * 3 / 4, AMEND_BAD_DATA, message);
    assert_decode_refused(file.bytes, file.size - 1, AMEND_BAD_DATA, message);
    free(file.bytes);
}

/* Ones only, which no Huffman code is, in the middle of the pixels. */
static void damaged_in_the_middle(void **state)
{
    amend_image image = sample_pattern(40, 30, 3);
    (void)state;
    sample_file file = sample_jpeg_of(&image, (jpeg_options){0});
    static const unsigned char ones[] = {0xff, 0, 0xff, 0, 0xff, 0};
    memcpy(file.bytes + file.size * 3 / 4, ones, sizeof ones);
    assert_decode_refused(file.bytes, file.size, AMEND_BAD_DATA,
                          "x.img: damaged JPEG file (Corrupt JPEG data: bad Huffman code); get an intact copy");
    free(file.bytes);
    amend_image_free(&image);
}

static void truncated(void **state)
{
    static const char jpeg[] = "x.img: truncated JPEG file; get a complete copy";
    amend_image image = sample_pattern(40, 30, 3);
    (void)state;
    assert_truncation_refused(sample_jpeg_of(&image, (jpeg_options){0}), 3, jpeg);
    assert_truncation_refused(sample_jpeg_of(&image, (jpeg_options){.progressive = 1}), 3, jpeg);
    assert_truncation_refused(sample_png_of(&image, (png_options){0}), 8,
                              "x.img: truncated PNG file; get a complete copy");
    assert_truncation_refused(sample_webp(image.pixels, 40, 30, 3), 12,
                              "x.img: truncated WebP file; get a complete copy");
    amend_image_free(&image);
}

static void damaged_checksum(void **state)
{
    amend_image image = sample_pattern(8, 8, 1);
    sample_file file = sample_png_of(&image, (png_options){0});
    (void)state;
    file.bytes[29] ^= 1; /* the checksum of the header */
    assert_decode_refused(file.bytes, file.size, AMEND_BAD_DATA,
                          "x.img: damaged PNG file (IHDR: CRC error); get an intact copy");
    free(file.bytes);
    amend_image_free(&image);
}

/* 12 bits: no other copy would help. */
static void jpeg_of_another_kind(void **state)
{
    amend_image image = sample_pattern(8, 8, 3);
    sample_file file = sample_jpeg_of(&image, (jpeg_options){0});
    size_t at = 0;
    (void)state;
    while (file.bytes[at] != 0xff || file.bytes[at + 1] != 0xc0) at++; /* the frame's header */
    file.bytes[at + 4] = 12;
    assert_decode_refused(
        file.bytes, file.size, AMEND_UNSUPPORTED,
        "x.img: a kind of JPEG that is not read here (Unsupported JPEG data precision 12); save it as "
        "an ordinary one, of 8 bits");
    free(file.bytes);
    amend_image_free(&image);
}

/* A sound header that claims 100000 x 100000 pixels, and nothing behind it. */
static void png_bomb(void **state)
{
    sample_file file = {0};
    png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(codec);
    (void)state;
    png_set_write_fn(codec, &file, sample_png_write, sample_png_flush);
    png_set_IHDR(codec, info, 100000, 100000, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(codec, info);
    png_destroy_write_struct(&codec, &info);
    assert_decode_refused(file.bytes, file.size, AMEND_UNSUPPORTED,
                          "x.img: 100000 x 100000 pixels, more than the 256 megapixels that are read; shrink it first");
    free(file.bytes);
}

/* A chunk that says it is larger than the file, which libpng would have believed before it read it. */
static void png_chunk_bomb(void **state)
{
    unsigned char exif[32];
    size_t exif_size = sample_exif(6, 1, 1, exif);
    amend_image image = sample_pattern(8, 8, 3);
    sample_file file = sample_png_of(&image, (png_options){.exif = exif + 6, .exif_size = exif_size - 6});
    size_t calls = mem_calls();
    (void)state;
    for (size_t i = 8; i + 8 < file.size; i++)
        if (!memcmp(file.bytes + i + 4, "eXIf", 4)) file.bytes[i] = 0x7f;
    assert_decode_refused(file.bytes, file.size, AMEND_BAD_DATA, "x.img: truncated PNG file; get a complete copy");
    assert_int_equal(mem_calls(), calls);
    free(file.bytes);
    amend_image_free(&image);
}

/* Texts that inflate to a thousand times their size, which nobody reads: not a block is taken for them. */
static void png_text_bomb(void **state)
{
    static char text[1 << 22];
    amend_image image = sample_pattern(48, 48, 3), out = {0};
    size_t calls[2];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    for (int bomb = 0; bomb < 2; bomb++) {
        sample_file file = sample_png_of(&image, (png_options){.text = bomb ? text : NULL});
        size_t before = mem_calls();
        assert_ok(amend_image_decode(file.bytes, file.size, "x.img", &out));
        calls[bomb] = mem_calls() - before;
        amend_image_free(&out);
        free(file.bytes);
    }
    assert_int_equal(calls[1], calls[0]);
    amend_image_free(&image);
}

/* Sides below the limit, but of far more pixels than so few bytes can hold. */
static void small_file_of_many_pixels(void **state)
{
    amend_image image = sample_pattern(8, 8, 3);
    sample_file file = sample_png_of(&image, (png_options){0});
    char message[128];
    (void)state;
    memcpy(file.bytes + 16, "\0\0\x20\0\0\0\x20\0", 8); /* 8192 x 8192 */
    snprintf(message, sizeof message,
             "x.img: 8192 x 8192 pixels in a file of %zu bytes cannot be a photo; get an intact copy", file.size);
    assert_decode_refused(file.bytes, file.size, AMEND_BAD_DATA, message);
    free(file.bytes);
    amend_image_free(&image);
}

static void jpeg_bomb(void **state)
{
    amend_image image = sample_pattern(8, 8, 3);
    sample_file file = sample_jpeg_of(&image, (jpeg_options){0});
    (void)state;
    for (size_t i = 2; i + 9 < file.size; i++) {
        if (file.bytes[i] != 0xff || file.bytes[i + 1] != 0xc0) continue;
        memset(file.bytes + i + 5, 0xff, 1); /* height and width: 65288 */
        memset(file.bytes + i + 7, 0xff, 1);
        break;
    }
    assert_decode_refused(file.bytes, file.size, AMEND_UNSUPPORTED,
                          "x.img: 65288 x 65288 pixels, more than the 256 megapixels that are read; shrink it first");
    free(file.bytes);
    amend_image_free(&image);
}

/* Any byte wrong: an image or a refusal, never a read outside (the sanitizer tells). */
static void every_byte_damaged(sample_file file)
{
    for (size_t i = 0; i < file.size; i++) {
        amend_image image = {0};
        unsigned char held = file.bytes[i];
        file.bytes[i] ^= 0x55;
        amend_status status = amend_image_decode(file.bytes, file.size, "x.img", &image);
        assert_true(status.code ? !image.pixels && status.message[0] : image.pixels != NULL);
        amend_image_free(&image);
        file.bytes[i] = held;
    }
    free(file.bytes);
}

static void damaged_anywhere(void **state)
{
    unsigned char exif[32];
    size_t exif_size = sample_exif(6, 1, 1, exif);
    amend_image image = sample_pattern(12, 10, 3);
    (void)state;
    every_byte_damaged(sample_jpeg_of(&image, (jpeg_options){.exif = exif, .exif_size = exif_size}));
    every_byte_damaged(sample_jpeg_of(&image, (jpeg_options){.progressive = 1}));
    every_byte_damaged(sample_png_of(&image, (png_options){.exif = exif + 6, .exif_size = exif_size - 6}));
    every_byte_damaged(sample_webp(image.pixels, 12, 10, 3));
    amend_image_free(&image);
}

/* Fails the first allocation, the second, ... until decoding needs no more of them. */
static size_t failing_allocations(sample_file file)
{
    amend_image image = {0};
    size_t n = 1;
    for (;; n++) {
        mem_fail_at(n);
        amend_status status = amend_image_decode(file.bytes, file.size, "x.img", &image);
        mem_fail_at(0);
        if (!status.code) break;
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        assert_null(image.pixels);
        assert_memory_equal(status.message, "x.img: ", 7);
    }
    amend_image_free(&image);
    free(file.bytes);
    return n - 1;
}

static void out_of_memory(void **state)
{
    unsigned char exif[32], inks[16 * 4] = {0};
    size_t exif_size = sample_exif(8, 0, 1, exif);
    amend_image image = sample_pattern(12, 10, 3);
    (void)state;
    assert_int_equal(failing_allocations(sample_jpeg_of(&image, (jpeg_options){.exif = exif, .exif_size = exif_size})),
                     2);
    assert_int_equal(failing_allocations(sample_jpeg(inks, 16, 1, 4, (jpeg_options){0})), 2);
    assert_true(failing_allocations(sample_png_of(&image, (png_options){0})) > 3);
    assert_int_equal(failing_allocations(sample_webp(image.pixels, 12, 10, 3)), 1);
    amend_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(not_an_image),
        cmocka_unit_test(missing_file_and_folder),
        cmocka_unit_test(truncated),
        cmocka_unit_test(damaged_in_the_middle),
        cmocka_unit_test(damaged_checksum),
        cmocka_unit_test(jpeg_of_another_kind),
        cmocka_unit_test(png_bomb),
        cmocka_unit_test(png_chunk_bomb),
        cmocka_unit_test(png_text_bomb),
        cmocka_unit_test(small_file_of_many_pixels),
        cmocka_unit_test(jpeg_bomb),
        cmocka_unit_test(damaged_anywhere),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
