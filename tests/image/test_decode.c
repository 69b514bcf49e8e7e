/* Every kind of file that must decode, against the pixels that it was made from. */
#include "samples.h"

#include <unistd.h>

#include "base/file.h"

/* Decodes and frees the file. */
static amend_image decoded(sample_file file)
{
    amend_image image = {0};
    assert_ok(amend_image_decode(file.bytes, file.size, "sample", &image));
    free(file.bytes);
    return image;
}

static void assert_decodes(sample_file file, amend_image expected, int tolerance)
{
    amend_image image = decoded(file);
    assert_near(&image, &expected, tolerance);
    amend_image_free(&image);
    amend_image_free(&expected);
}

static void assert_pixel(const amend_image *image, size_t x, int r, int g, int b)
{
    const unsigned char *p = image->pixels + 3 * x;
    assert_int_equal(image->channels, 3);
    if (abs(p[0] - r) > 2 || abs(p[1] - g) > 2 || abs(p[2] - b) > 2)
        fail_msg("pixel %zu is (%d, %d, %d), not (%d, %d, %d)", x, p[0], p[1], p[2], r, g, b);
}

static void jpeg_of_every_kind(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        for (int progressive = 0; progressive < 2; progressive++) {
            amend_image image = sample_pattern(37, 21, channels);
            assert_decodes(sample_jpeg_of(&image, (jpeg_options){.progressive = progressive}), image, 4);
        }
    }
}

static void jpeg_of_inks(void **state)
{
    (void)state;
    /* stored inverted: 255 is no ink; cyan, half black, white */
    unsigned char inks[3 * 16 * 4];
    static const unsigned char kinds[3][4] = {{0, 255, 255, 255}, {255, 255, 255, 128}, {255, 255, 255, 255}};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 16; k++) memcpy(inks + (i * 16 + k) * 4, kinds[i], 4);
    for (int ycck = 0; ycck < 2; ycck++) {
        amend_image image = decoded(sample_jpeg(inks, 48, 1, 4, (jpeg_options){.inks = ycck}));
        assert_pixel(&image, 8, 0, 255, 255);
        assert_pixel(&image, 24, 128, 128, 128);
        assert_pixel(&image, 40, 255, 255, 255);
        amend_image_free(&image);
    }
}

static void png_plain_and_interlaced(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            amend_image image = sample_pattern(19, 11, channels);
            assert_decodes(sample_png_of(&image, (png_options){.interlaced = interlaced}), image, 0);
        }
    }
}

static void png_of_16_bits(void **state)
{
    (void)state;
    static const unsigned char rgb[] = {0xff, 0xff, 0x80, 0x80, 0x00, 0x01, 0x01, 0x01, 0xfe, 0xfe, 0x7f, 0xff};
    amend_image image = decoded(sample_png(rgb, 2, 1, (png_options){.colour = PNG_COLOR_TYPE_RGB, .depth = 16}));
    static const unsigned char expected[] = {255, 128, 0, 1, 254, 127};
    assert_memory_equal(image.pixels, expected, sizeof expected);
    amend_image_free(&image);
}

static void png_of_single_bits(void **state)
{
    (void)state;
    static const unsigned char bits[] = {0xa0};
    static const unsigned char expected[] = {255, 0, 255};
    amend_image image = decoded(sample_png(bits, 3, 1, (png_options){.colour = PNG_COLOR_TYPE_GRAY, .depth = 1}));
    assert_int_equal(image.channels, 1);
    assert_memory_equal(image.pixels, expected, sizeof expected);
    amend_image_free(&image);
}

static void png_with_palette(void **state)
{
    (void)state;
    static const png_color palette[] = {{10, 20, 30}, {200, 100, 50}};
    static const unsigned char alpha[] = {255, 128};
    static const unsigned char indices[] = {0x40}; /* 0, 1 */
    png_options options = {.colour = PNG_COLOR_TYPE_PALETTE, .depth = 1, .palette = palette, .palette_size = 2};
    amend_image image = decoded(sample_png(indices, 2, 1, options));
    assert_pixel(&image, 0, 10, 20, 30);
    assert_pixel(&image, 1, 200, 100, 50);
    amend_image_free(&image);
    options.palette_alpha = alpha;
    image = decoded(sample_png(indices, 2, 1, options));
    assert_pixel(&image, 0, 10, 20, 30);
    assert_pixel(&image, 1, 100, 50, 25);
    amend_image_free(&image);
}

static const unsigned char rgba[] = {200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 51};
static const unsigned char over_black[] = {200, 100, 50, 0, 0, 0, 40, 20, 10};

static void alpha_over_black(void **state)
{
    (void)state;
    static const unsigned char gray_alpha[] = {100, 255, 100, 51};
    amend_image image = decoded(sample_png(rgba, 3, 1, (png_options){.colour = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 8}));
    assert_memory_equal(image.pixels, over_black, sizeof over_black);
    amend_image_free(&image);
    image = decoded(sample_webp(rgba, 3, 1, 4));
    assert_int_equal(image.channels, 3);
    assert_memory_equal(image.pixels, over_black, sizeof over_black);
    amend_image_free(&image);
    image = decoded(sample_png(gray_alpha, 2, 1, (png_options){.colour = PNG_COLOR_TYPE_GRAY_ALPHA, .depth = 8}));
    assert_int_equal(image.channels, 1);
    assert_int_equal(image.pixels[0], 100);
    assert_int_equal(image.pixels[1], 20);
    amend_image_free(&image);
}

static void webp_lossless(void **state)
{
    (void)state;
    amend_image image = sample_pattern(33, 17, 3);
    assert_decodes(sample_webp(image.pixels, 33, 17, 3), image, 0);
}

static void one_pixel(void **state)
{
    (void)state;
    amend_image image = sample_pattern(1, 1, 3);
    assert_decodes(sample_png_of(&image, (png_options){0}), image, 0);
    image = sample_pattern(1, 1, 3);
    assert_decodes(sample_jpeg_of(&image, (jpeg_options){0}), image, 3);
    image = sample_pattern(1, 1, 3);
    assert_decodes(sample_webp(image.pixels, 1, 1, 3), image, 0);
}

static void written_and_read_again(void **state)
{
    (void)state;
    char folder[] = "/tmp/amend-image-XXXXXX";
    char *path = NULL;
    assert_non_null(mkdtemp(folder));
    assert_ok(file_join(folder, "written.png", &path));
    for (size_t channels = 1; channels <= 3; channels += 2) {
        amend_image image = sample_pattern(23, 9, channels), again = {0};
        assert_ok(image_write_png(path, &image));
        assert_ok(amend_image_open(path, &again));
        assert_near(&image, &again, 0);
        amend_image_free(&image);
        amend_image_free(&again);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* and nothing else is left there */
    mem_free(path);
}

static void colour_to_gray_and_back(void **state)
{
    (void)state;
    unsigned char pixels[] = {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255};
    static const unsigned char grays[] = {255, 76, 150, 29};
    amend_image colour = {pixels, 4, 1, 3}, gray = {0}, back = {0};
    assert_ok(image_convert(&colour, 1, &gray));
    assert_memory_equal(gray.pixels, grays, sizeof grays);
    assert_ok(image_convert(&gray, 3, &back));
    assert_pixel(&back, 1, 76, 76, 76);
    amend_image_free(&gray);
    amend_image_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_of_every_kind),
        cmocka_unit_test(jpeg_of_inks),
        cmocka_unit_test(png_plain_and_interlaced),
        cmocka_unit_test(png_of_16_bits),
        cmocka_unit_test(png_of_single_bits),
        cmocka_unit_test(png_with_palette),
        cmocka_unit_test(alpha_over_black),
        cmocka_unit_test(webp_lossless),
        cmocka_unit_test(one_pixel),
        cmocka_unit_test(written_and_read_again),
        cmocka_unit_test(colour_to_gray_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
