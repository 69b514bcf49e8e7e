/* Images from somebody else's pixels: formats, strides, what is refused. */
#include "samples.h"

/* 3 x 2 pixels whose red, green, blue and alpha can be told apart. */
static const unsigned char colours[2][3][4] = {
    {{10, 20, 30, 255}, {40, 50, 60, 255}, {70, 80, 90, 128}},
    {{11, 21, 31, 0}, {41, 51, 61, 255}, {71, 81, 91, 255}},
};

/* Lays `colours` out as `order` says ("BGRA"), rows `stride` bytes apart, and makes an image of them. */
static amend_image made(const char *order, amend_pixel_format format, ptrdiff_t stride)
{
    unsigned char bytes[64];
    amend_image image = {0};
    size_t each = strlen(order), height = 2, width = 3;
    memset(bytes, 0xEE, sizeof bytes); /* padding that must not show */
    unsigned char *top = stride < 0 ? bytes - stride : bytes;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < each; c++)
                top[(ptrdiff_t)y * stride + (ptrdiff_t)(x * each + c)] =
                    colours[y][x][strchr("RGBA", order[c]) - "RGBA"];
    const amend_pixels pixels = {top, width, height, stride, format};
    assert_ok(amend_image_from_pixels(&pixels, &image));
    assert_int_equal(image.width, 3);
    assert_int_equal(image.height, 2);
    return image;
}

static void assert_colours(amend_image image, int over_black)
{
    assert_int_equal(image.channels, 3);
    for (size_t i = 0; i < 6; i++)
        for (size_t c = 0; c < 3; c++) {
            int value = colours[i / 3][i % 3][c], alpha = over_black ? colours[i / 3][i % 3][3] : 255;
            assert_int_equal(image.pixels[3 * i + c], (value * alpha + 127) / 255);
        }
    amend_image_free(&image);
}

static void formats_and_strides(void **state)
{
    (void)state;
    static const ptrdiff_t strides[] = {12, 13, 24, -12, -17};
    for (size_t i = 0; i < 5; i++) {
        assert_colours(made("RGB", AMEND_PIXELS_RGB, strides[i]), 0);
        assert_colours(made("BGR", AMEND_PIXELS_BGR, strides[i]), 0);
        assert_colours(made("RGBA", AMEND_PIXELS_RGBA, strides[i]), 1);
        assert_colours(made("BGRA", AMEND_PIXELS_BGRA, strides[i]), 1);
        amend_image gray = made("G", AMEND_PIXELS_GRAY, strides[i]);
        assert_int_equal(gray.channels, 1);
        for (size_t k = 0; k < 6; k++) assert_int_equal(gray.pixels[k], colours[k / 3][k % 3][1]);
        amend_image_free(&gray);
    }
}

static amend_status from(amend_pixels pixels)
{
    amend_image image = {(unsigned char *)1, 1, 1, 1};
    amend_status status = amend_image_from_pixels(&pixels, &image);
    assert_null(image.pixels); /* nothing to free, whatever stood there */
    return status;
}

static void refused(void **state)
{
    (void)state;
    const unsigned char byte = 0;
    amend_image image = {0};
    assert_refused(amend_image_from_pixels(NULL, &image), AMEND_BAD_ARGUMENT,
                   "amend_image_from_pixels: no pixels were given");
    assert_refused(from((amend_pixels){NULL, 1, 1, 3, AMEND_PIXELS_RGB}), AMEND_BAD_ARGUMENT,
                   "amend_image_from_pixels: no pixels were given");
    assert_refused(from((amend_pixels){&byte, 1, 1, 3, (amend_pixel_format)5}), AMEND_BAD_ARGUMENT,
                   "amend_image_from_pixels: no pixel format has the number 5");
    assert_refused(from((amend_pixels){&byte, 2, 1, 5, AMEND_PIXELS_RGB}), AMEND_BAD_ARGUMENT,
                   "amend_image_from_pixels: 2 pixels of 3 bytes do not fit into rows that are 5 bytes apart; stride "
                   "counts bytes");
    assert_refused(from((amend_pixels){&byte, 2, 1, -7, AMEND_PIXELS_RGBA}), AMEND_BAD_ARGUMENT,
                   "amend_image_from_pixels: 2 pixels of 4 bytes do not fit into rows that are 7 bytes apart; stride "
                   "counts bytes");
    assert_refused(from((amend_pixels){&byte, 0, 1, 3, AMEND_PIXELS_RGB}), AMEND_BAD_ARGUMENT,
                   "image of 0 x 1 pixels with 3 channels; sides must be positive, channels 1 or 3");
    assert_int_equal(from((amend_pixels){&byte, SIZE_MAX / 2, 1, PTRDIFF_MIN, AMEND_PIXELS_RGB}).code,
                     AMEND_BAD_ARGUMENT);
    assert_int_equal(from((amend_pixels){&byte, 1 << 30, SIZE_MAX, (ptrdiff_t)1 << 32, AMEND_PIXELS_RGB}).code,
                     AMEND_NO_MEMORY);
}

static void out_of_memory(void **state)
{
    (void)state;
    const unsigned char byte = 0;
    mem_fail_at(1);
    assert_int_equal(from((amend_pixels){&byte, 1, 1, 3, AMEND_PIXELS_BGR}).code, AMEND_NO_MEMORY);
    mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_strides),
        cmocka_unit_test(refused),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
