/* Plots: written, not empty, and refused when there is nothing to draw. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/plot.h"
#include "fontconfig.h"

static const char *const labels[] = {"angry", "happy"};
static const size_t counts[] = {8, 2, 0, 0};

static void new_file(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

/* Opens and removes the picture; counts pixels that are near to the colour. */
static size_t count_pixels(const char *path, int red, int green, int blue)
{
    amend_image image = {0};
    size_t found = 0;
    assert_int_equal(amend_image_open(path, &image).code, AMEND_OK);
    assert_int_equal(image.channels, 3);
    for (size_t i = 0; i < image.width * image.height; i++) {
        const unsigned char *p = image.pixels + 3 * i;
        found += abs(p[0] - red) + abs(p[1] - green) + abs(p[2] - blue) < 12;
    }
    amend_image_free(&image);
    unlink(path);
    return found;
}

static void draws_curves(void **state)
{
    const double loss[] = {2, 1, NAN, 0.5}, flat[] = {0.3, 0.3, 0.3, 0.3};
    const plot_series first[] = {{"train", loss}}, second[] = {{"valid", flat}};
    const plot_panel panels[] = {{"loss", first, 1}, {"top-1", second, 1}};
    char path[] = "/tmp/amend-curves-XXXXXX";
    (void)state;
    for (size_t count = 1; count <= 4; count += 3) {
        strcpy(path, "/tmp/amend-curves-XXXXXX");
        new_file(path);
        assert_int_equal(plot_curves(path, "Training", panels, 2, count).code, AMEND_OK);
        assert_true(count_pixels(path, 0, 115, 178) > 100); /* the first curve's blue */
    }
}

static void draws_curves_without_a_number(void **state)
{
    const double nothing[] = {NAN, INFINITY};
    const plot_series series[] = {{"train", nothing}};
    const plot_panel panel = {"loss", series, 1};
    char path[] = "/tmp/amend-curves-XXXXXX";
    (void)state;
    new_file(path);
    assert_int_equal(plot_curves(path, "", &panel, 1, 2).code, AMEND_OK);
    assert_true(count_pixels(path, 255, 255, 255) > 1000);
}

static void draws_a_matrix(void **state)
{
    char path[] = "/tmp/amend-matrix-XXXXXX";
    (void)state;
    new_file(path);
    assert_int_equal(plot_matrix(path, "Confusion\ntest", labels, counts, 2).code, AMEND_OK);
    /* 80 % of the first row, in the colour of 0.8 ^ 0.7. */
    assert_true(count_pixels(path, 43, 96, 146) > 1000);
}

/* A path in the title may be longer than a row: the row ends with a whole character. */
static void cuts_long_titles_between_characters(void **state)
{
    char path[] = "/tmp/amend-matrix-XXXXXX", title[1024];
    (void)state;
    new_file(path);
    for (size_t before = 0; before < 3; before++) { /* of three bytes one after the other would be cut */
        size_t used = before;
        memset(title, 'x', before);
        for (; used + 3 < sizeof title; used += 3) memcpy(title + used, "\xe2\x82\xac", 3);
        title[used] = '\0';
        assert_int_equal(plot_matrix(path, title, labels, counts, 2).code, AMEND_OK);
    }
    assert_int_equal(plot_matrix("/tmp/never.png", "x\xff", labels, counts, 2).code, AMEND_BAD_DATA);
    unlink(path);
}

static void draws_dots(void **state)
{
    const double values[] = {80, 81, 83}, one[] = {NAN, 79};
    const plot_line lines[] = {
        {"gap", values, 3, 81.33, 1.53}, {"ema", one + 1, 1, 79, NAN}, {"none", NULL, 0, NAN, NAN}};
    char path[] = "/tmp/amend-dots-XXXXXX";
    (void)state;
    for (size_t first = 0; first < 3; first++) { /* the baseline may be without values or deviation */
        strcpy(path, "/tmp/amend-dots-XXXXXX");
        new_file(path);
        assert_int_equal(plot_dots(path, "Rows", "top-1 (%)", lines + first, 3 - first).code, AMEND_OK);
        size_t blue = count_pixels(path, 64, 150, 198); /* of the dots, which let a quarter of the white through */
        assert_true(first < 2 ? blue >= 15 : blue == 0);
    }
    assert_int_equal(plot_dots("/tmp/never.png", "", "", lines, 0).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(plot_dots("/tmp/never.png", "", "", lines, PLOT_MOST_LINES + 1).code, AMEND_BAD_ARGUMENT);
}

static void refuses_bad_arguments(void **state)
{
    const double value = 1;
    const plot_series series = {"train", &value};
    const plot_panel panel = {"loss", &series, 1}, empty = {"loss", &series, 0};
    const char *const broken[] = {"\xff", "happy"};
    (void)state;
    assert_int_equal(plot_curves("/tmp/never.png", "", &panel, 0, 1).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(plot_curves("/tmp/never.png", "", &panel, 1, 0).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(plot_curves("/tmp/never.png", "", &empty, 1, 1).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(plot_matrix("/tmp/never.png", "", labels, counts, 0).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(plot_matrix("/tmp/never.png", "", broken, counts, 2).code, AMEND_BAD_DATA);
}

static void names_the_file_it_cannot_write(void **state)
{
    amend_status status = plot_matrix("/nonexistent/matrix.png", "", labels, counts, 2);
    (void)state;
    assert_int_equal(status.code, AMEND_IO);
    assert_non_null(strstr(status.message, "/nonexistent/matrix.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_curves),
        cmocka_unit_test(draws_curves_without_a_number),
        cmocka_unit_test(draws_a_matrix),
        cmocka_unit_test(cuts_long_titles_between_characters),
        cmocka_unit_test(draws_dots),
        cmocka_unit_test(refuses_bad_arguments),
        cmocka_unit_test(names_the_file_it_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
