/* Pictures with annotations: their sizes, that marks are where they belong, and that no odd input breaks them. */
#include "fontconfig.h"
#include "samples.h"

#include <math.h>

#include "image/canvas.h"
#include "image/draw.h"
#include "image/draw_prediction.h"

static const char *const labels[] = {"surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"};
static const float probabilities[] = {0.02f, 0.001f, 0.004f, 0.93f, 0.005f, 0.01f, 0.03f};

static amend_image plain_photo(size_t width, size_t height, size_t channels)
{
    amend_image image = {0};
    assert_ok(image_create(&image, width, height, channels));
    memset(image.pixels, 90, width * height * channels);
    return image;
}

/* Orange as only the marks are. */
static int is_marked(const amend_image *image, size_t x, size_t y)
{
    const unsigned char *p = image->pixels + (y * image->width + x) * 3;
    return p[0] > 230 && p[1] > 140 && p[1] < 175 && p[2] < 40;
}

static void box_is_where_it_belongs(void **state)
{
    amend_image photo = plain_photo(400, 300, 3), out = {0};
    (void)state;
    assert_ok(draw_prediction(&photo, (amend_box){100, 80, 120, 150}, labels, probabilities, 7, &out));
    assert_true(out.width > 600);
    assert_int_equal(out.height, 300);
    assert_true(is_marked(&out, 100, 150));
    assert_true(is_marked(&out, 220, 150));
    assert_true(is_marked(&out, 160, 230));
    assert_false(is_marked(&out, 160, 150));
    assert_int_equal(out.pixels[(150 * out.width + 160) * 3], 90); /* the photo itself is untouched */
    amend_image_free(&photo);
    amend_image_free(&out);
}

/* The first bar is the longest; the marks right of the photo make one bar. */
static void most_probable_is_first(void **state)
{
    amend_image photo = plain_photo(400, 300, 1), out = {0};
    size_t top = 0, bottom = 0;
    (void)state;
    assert_ok(draw_prediction(&photo, (amend_box){0, 0, 1, 1}, labels, probabilities, 7, &out));
    for (size_t y = 0; y < out.height; y++) {
        for (size_t x = 410; x < out.width; x++) {
            if (!is_marked(&out, x, y)) continue;
            if (!top) top = y;
            bottom = y;
        }
    }
    assert_true(top > 0 && bottom < out.height / 4);
    amend_image_free(&photo);
    amend_image_free(&out);
}

static void any_photo_size(void **state)
{
    static const struct {
        size_t width, height, channels;
    } sizes[] = {{1, 1, 3}, {48, 48, 1}, {2000, 3, 3}, {3, 2000, 3}, {100, 1200, 1}, {9000, 40, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        amend_image photo = plain_photo(sizes[i].width, sizes[i].height, sizes[i].channels), out = {0};
        assert_ok(draw_prediction(&photo, (amend_box){-5, -5, 20, 20}, labels, probabilities, 7, &out));
        assert_true(out.width >= 320 && out.height >= 180);
        assert_int_equal(out.channels, 3);
        amend_image_free(&photo);
        amend_image_free(&out);
    }
}

static void odd_probabilities_and_labels(void **state)
{
    static const float odd[] = {NAN, -1, 5, INFINITY};
    static const char *const names[] = {"", "a label much longer than any panel could ever hold on one line",
                                        "\xc3\xa9", "d"};
    amend_image photo = plain_photo(200, 200, 3), out = {0};
    (void)state;
    assert_ok(draw_prediction(&photo, (amend_box){10, 10, 50, 50}, names, odd, 4, &out));
    amend_image_free(&out);
    assert_refused(draw_prediction(&photo, (amend_box){0, 0, 9, 9}, names, odd, 0, &out), AMEND_BAD_ARGUMENT,
                   "cannot draw 0 labels; 1 to 64");
    assert_int_equal(draw_prediction(&photo, (amend_box){0, 0, 9, 9}, names, odd, 65, &out).code, AMEND_BAD_ARGUMENT);
    amend_image_free(&photo);
}

static void draws_over_a_copy(void **state)
{
    amend_image photo = sample_pattern(64, 48, 3), out = {0};
    cairo_t *canvas = NULL;
    (void)state;
    assert_ok(canvas_create(photo.width, photo.height, &canvas));
    draw_image(canvas, &photo, 0, 0);
    assert_ok(draw_finish(canvas, &out));
    assert_near(&photo, &out, 0);
    amend_image_free(&photo);
    amend_image_free(&out);
}

static void out_of_memory(void **state)
{
    amend_image photo = plain_photo(40, 30, 3), out = {0};
    size_t n = 1;
    (void)state;
    for (;; n++) {
        mem_fail_at(n);
        amend_status status = draw_prediction(&photo, (amend_box){1, 1, 9, 9}, labels, probabilities, 7, &out);
        mem_fail_at(0);
        if (!status.code) break;
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        assert_null(out.pixels);
    }
    assert_true(n > 3);
    amend_image_free(&photo);
    amend_image_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box_is_where_it_belongs), cmocka_unit_test(most_probable_is_first),
        cmocka_unit_test(any_photo_size),          cmocka_unit_test(odd_probabilities_and_labels),
        cmocka_unit_test(draws_over_a_copy),       cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
