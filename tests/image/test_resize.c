/* Cropping and resampling: what must hold of any sound filter. Equality with Pillow is in test_pillow.c. */
#include "samples.h"

#include <math.h>

static amend_image resized(const amend_image *image, amend_box box, size_t width, size_t height)
{
    amend_image out = {0};
    assert_ok(image_crop_resize(image, box, width, height, &out));
    assert_int_equal(out.width, width);
    assert_int_equal(out.height, height);
    assert_int_equal(out.channels, image->channels);
    return out;
}

static void same_size_is_a_copy(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        amend_image image = sample_pattern(31, 17, channels);
        amend_image out = resized(&image, (amend_box){0, 0, 31, 17}, 31, 17);
        assert_near(&image, &out, 0);
        amend_image_free(&image);
        amend_image_free(&out);
    }
}

static void whole_offset_is_a_crop(void **state)
{
    amend_image image = sample_pattern(31, 17, 3);
    amend_image out = resized(&image, (amend_box){5, 3, 10, 8}, 10, 8);
    (void)state;
    for (size_t y = 0; y < 8; y++) assert_memory_equal(out.pixels + y * 30, image.pixels + ((y + 3) * 31 + 5) * 3, 30);
    amend_image_free(&image);
    amend_image_free(&out);
}

static void constant_stays_constant(void **state)
{
    static const amend_box boxes[] = {
        {0, 0, 40, 30}, {-100, -50, 300, 200}, {3.3, 4.7, 11.1, 0.2}, {-1e6, 0, 2e6, 30}, {500, 500, 10, 10},
    };
    amend_image image = {0};
    (void)state;
    assert_ok(image_create(&image, 40, 30, 3));
    memset(image.pixels, 255, 40 * 30 * 3);
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        amend_image out = resized(&image, boxes[i], 7, 9);
        for (size_t k = 0; k < 7 * 9 * 3; k++) assert_int_equal(out.pixels[k], 255);
        amend_image_free(&out);
    }
    amend_image_free(&image);
}

/* The weights of a million pixels still add up to one. */
static void very_wide_to_one_pixel(void **state)
{
    amend_image image = {0};
    (void)state;
    assert_ok(image_create(&image, 20000000, 1, 1));
    memset(image.pixels, 200, image.width);
    amend_image out = resized(&image, (amend_box){0, 0, 16e6, 1}, 1, 1);
    assert_int_equal(out.pixels[0], 200);
    amend_image_free(&image);
    amend_image_free(&out);
}

static void edge_repeats_outside(void **state)
{
    unsigned char pixels[] = {10, 20, 30, 40, 50, 60};
    amend_image image = {pixels, 3, 2, 1};
    static const unsigned char expected[] = {10, 10, 20, 30, 30, 40, 40, 50, 60, 60, 40, 40, 50, 60, 60};
    amend_image out = resized(&image, (amend_box){-1, 0, 5, 3}, 5, 3);
    (void)state;
    assert_memory_equal(out.pixels, expected, sizeof expected);
    amend_image_free(&out);
}

/* A one-pixel checkerboard shrinks to its mean, not to a moiré. */
static void shrinking_does_not_alias(void **state)
{
    amend_image image = {0};
    (void)state;
    assert_ok(image_create(&image, 128, 128, 1));
    for (size_t y = 0; y < 128; y++)
        for (size_t x = 0; x < 128; x++) image.pixels[y * 128 + x] = (x + y) % 2 ? 255 : 0;
    amend_image out = resized(&image, (amend_box){0, 0, 128, 128}, 16, 16);
    for (size_t i = 0; i < 256; i++) assert_in_range(out.pixels[i], 126, 130);
    amend_image_free(&image);
    amend_image_free(&out);
}

static void senseless_boxes(void **state)
{
    static const amend_box boxes[] = {
        {0, 0, 0, 1}, {0, 0, 1, -1}, {NAN, 0, 1, 1}, {0, 0, 1, INFINITY}, {0, -1e300, 1, 1}, {0, 0, NAN, 1},
    };
    amend_image image = sample_pattern(4, 4, 1), out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
        assert_int_equal(image_crop_resize(&image, boxes[i], 2, 2, &out).code, AMEND_BAD_ARGUMENT);
    assert_refused(image_crop_resize(&image, (amend_box){0, 0, 4, 4}, 0, 2, &out), AMEND_BAD_ARGUMENT,
                   "cannot resize to 0 x 2 pixels");
    assert_null(out.pixels);
    amend_image_free(&image);
}

static void out_of_memory(void **state)
{
    amend_image image = sample_pattern(9, 9, 3), out = {0};
    (void)state;
    for (size_t n = 1; n <= 9; n++) {
        mem_fail_at(n);
        assert_int_equal(image_crop_resize(&image, (amend_box){0, 0, 9, 9}, 4, 4, &out).code, AMEND_NO_MEMORY);
        assert_null(out.pixels);
    }
    mem_fail_at(0);
    amend_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_size_is_a_copy),     cmocka_unit_test(whole_offset_is_a_crop),
        cmocka_unit_test(constant_stays_constant), cmocka_unit_test(very_wide_to_one_pixel),
        cmocka_unit_test(edge_repeats_outside),    cmocka_unit_test(shrinking_does_not_alias),
        cmocka_unit_test(senseless_boxes),         cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
