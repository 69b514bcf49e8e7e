/* Pictures made smaller by whole factors, and JPEG files decoded smaller. */
#include "samples.h"

static unsigned char plain_mean(const amend_image *image, size_t factor, size_t x, size_t y, size_t channel)
{
    size_t sum = 0, count = factor * factor;
    for (size_t v = 0; v < factor; v++)
        for (size_t u = 0; u < factor; u++)
            sum += image->pixels[((y * factor + v) * image->width + x * factor + u) * image->channels + channel];
    return (unsigned char)((2 * sum + count) / (2 * count));
}

static void assert_shrinks(const amend_image *image, size_t factor)
{
    amend_image small = {0};
    assert_ok(image_shrink(image, factor, &small));
    assert_int_equal(small.width, image->width / factor);
    assert_int_equal(small.height, image->height / factor);
    for (size_t y = 0; y < small.height; y++)
        for (size_t x = 0; x < small.width; x++)
            for (size_t c = 0; c < image->channels; c++) {
                int mean = plain_mean(image, factor, x, y, c);
                int got = small.pixels[(y * small.width + x) * image->channels + c];
                if (abs(mean - got) > (image->pixels[0] == 255 ? 0 : 1))
                    fail_msg("factor %zu at %zu, %zu: %d, not %d", factor, x, y, got, mean);
            }
    amend_image_free(&small);
}

static void means_of_blocks(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2)
        for (size_t factor = 1; factor <= 16; factor++) {
            amend_image image = {0};
            assert_ok(image_create(&image, 67, 35, channels));
            for (size_t i = 0; i < 67 * 35 * channels; i++) image.pixels[i] = (unsigned char)(i * 2654435761u >> 17);
            assert_shrinks(&image, factor);
            memset(image.pixels, 255, 67 * 35 * channels); /* white stays white */
            assert_shrinks(&image, factor);
            amend_image_free(&image);
        }
}

static void large_ones_by_threads(void **state)
{
    amend_image image = sample_pattern(1201, 903, 3);
    (void)state;
    assert_shrinks(&image, 4);
    amend_image_free(&image);
}

static void factors_that_cannot_be(void **state)
{
    amend_image image = sample_pattern(8, 5, 1), small;
    (void)state;
    assert_refused(image_shrink(&image, 0, &small), AMEND_BAD_ARGUMENT, "cannot make 8 x 5 pixels 0 times smaller");
    assert_refused(image_shrink(&image, 6, &small), AMEND_BAD_ARGUMENT, "cannot make 8 x 5 pixels 6 times smaller");
    assert_refused(image_shrink(&image, 17, &small), AMEND_BAD_ARGUMENT, "cannot make 8 x 5 pixels 17 times smaller");
    amend_image_free(&image);
}

/* Decoded `factor` times smaller, the picture is that of the whole one. */
static void assert_smaller(sample_file file, const amend_image *upright, size_t least, size_t factor)
{
    amend_image small = {0}, expected = {0};
    size_t width, height;
    assert_ok(image_decode_smaller(file.bytes, file.size, "sample", least, &small, &width, &height));
    assert_int_equal(width, upright->width);
    assert_int_equal(height, upright->height);
    assert_int_equal(small.width, (width + factor - 1) / factor);
    assert_int_equal(small.height, (height + factor - 1) / factor);
    if (width % factor == 0 && height % factor == 0) {
        assert_ok(image_shrink(upright, factor, &expected));
        assert_near(&small, &expected, 4);
    }
    amend_image_free(&expected);
    amend_image_free(&small);
}

static void jpeg_is_decoded_smaller(void **state)
{
    static const size_t cases[][2] = {{0, 1},   {401, 1}, {400, 1}, {201, 1}, {200, 2},
                                      {101, 2}, {100, 4}, {51, 4},  {50, 8},  {1, 8}}; /* least, factor of 400 pixels */
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2)
        for (int progressive = 0; progressive < 2; progressive++) {
            amend_image image = sample_pattern(400, 240, channels);
            sample_file file = sample_jpeg_of(&image, (jpeg_options){.progressive = progressive});
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_smaller(file, &image, cases[i][0], cases[i][1]);
            amend_image_free(&image);
            free(file.bytes);
        }
}

static void sides_are_those_of_the_upright_photo(void **state)
{
    unsigned char exif[32];
    size_t size = sample_exif(6, 0, 1, exif);
    amend_image stored = sample_pattern(403, 241, 3), upright = {0};
    sample_file file = sample_jpeg_of(&stored, (jpeg_options){.exif = exif, .exif_size = size});
    (void)state;
    assert_ok(amend_image_decode(file.bytes, file.size, "sample", &upright));
    assert_int_equal(upright.width, 241);
    assert_smaller(file, &upright, 200, 2);
    free(file.bytes);
    amend_image_free(&upright);
    file = sample_png_of(&stored, (png_options){.colour = PNG_COLOR_TYPE_RGB, .depth = 8});
    assert_smaller(file, &stored, 50, 1); /* PNG has no such thing */
    free(file.bytes);
    amend_image_free(&stored);
}

static void inks_are_decoded_smaller(void **state)
{
    static unsigned char inks[64 * 64 * 4];
    amend_image small = {0};
    size_t width, height;
    (void)state;
    for (size_t i = 0; i < 64 * 64; i++) memcpy(inks + 4 * i, (unsigned char[]){0, 255, 255, 255}, 4);
    sample_file file = sample_jpeg(inks, 64, 64, 4, (jpeg_options){.inks = 1});
    assert_ok(image_decode_smaller(file.bytes, file.size, "sample", 16, &small, &width, &height));
    assert_int_equal(small.width, 16);
    for (size_t i = 0; i < 256; i++) assert_true(small.pixels[3 * i] < 3 && small.pixels[3 * i + 1] > 252);
    amend_image_free(&small);
    free(file.bytes);
}

static void damage_is_found_when_smaller(void **state)
{
    amend_image image = sample_pattern(64, 48, 3), small;
    sample_file file = sample_jpeg_of(&image, (jpeg_options){.progressive = 0});
    size_t width, height;
    (void)state;
    for (size_t size = 3; size < file.size; size += 11) {
        unsigned char *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, file.bytes, size);
        assert_int_equal(image_decode_smaller(copy, size, "x", 8, &small, &width, &height).code, AMEND_BAD_DATA);
        assert_null(small.pixels);
        free(copy);
    }
    free(file.bytes);
    amend_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(means_of_blocks),
                                       cmocka_unit_test(large_ones_by_threads),
                                       cmocka_unit_test(factors_that_cannot_be),
                                       cmocka_unit_test(jpeg_is_decoded_smaller),
                                       cmocka_unit_test(sides_are_those_of_the_upright_photo),
                                       cmocka_unit_test(inks_are_decoded_smaller),
                                       cmocka_unit_test(damage_is_found_when_smaller)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
