/* Strangers' text in pages, images as data, charts with gaps. */
#include "report/html.h"

#include <math.h>
#include <stdbool.h>

#include "report/chart.h"
#include <stdbool.h>

#include "support.h"

/* What `write` leaves in a stream; free. */
#define WRITTEN(write)                                                                                                 \
    char *written = NULL;                                                                                              \
    size_t written_size = 0;                                                                                           \
    FILE *out = open_memstream(&written, &written_size);                                                               \
    assert_non_null(out);                                                                                              \
    write;                                                                                                             \
    assert_int_equal(fclose(out), 0)

static void text_stays_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"<script>\"&'</script>", "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;"},
        {"&amp;", "&amp;amp;"},
        {"Ärger 怒り 😀", "Ärger 怒り 😀"},
        {"line\n\tnext", "line\n\tnext"},
        {"\x1b[31m\x7f", "&#xFFFD;[31m&#xFFFD;"},
        {"\xff<", "&#xFFFD;&lt;"},
        {"\xc3", "&#xFFFD;"},                                            /* cut off */
        {"\xc3<", "&#xFFFD;&lt;"},                                       /* does not swallow the mark */
        {"\xe2\x82<", "&#xFFFD;&#xFFFD;&lt;"},                           /* cut off later */
        {"\xc0\xbc", "&#xFFFD;&#xFFFD;"},                                /* overlong '<' */
        {"\xe0\x80\xbc", "&#xFFFD;&#xFFFD;&#xFFFD;"},                    /* the same, longer */
        {"\xed\xa0\x80", "&#xFFFD;&#xFFFD;&#xFFFD;"},                    /* surrogate */
        {"\xf4\x90\x80\x80", "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;"},        /* past the last character */
        {"\xf4\x8f\xbf\xbd\xef\xbf\xbd", "\xf4\x8f\xbf\xbd\xef\xbf\xbd"} /* the last plane; U+FFFD itself */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WRITTEN(html_text(out, cases[i].text));
        assert_string_equal(written, cases[i].html);
        free(written);
    }
}

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return at && c ? (int)(at - digits) : 0;
}

/* Widths whose PNG files end with every number of padding marks. */
static void images_come_back(void **state)
{
    (void)state;
    static const char before[] = "<img alt=\"\" src=\"data:image/png;base64,";
    bool padded[3] = {false};
    for (size_t width = 1; width < 40; width++) {
        amend_image image = {0}, back = {0};
        unsigned char png[4096];
        size_t size = 0;
        assert_ok(image_create(&image, width, 2, 3));
        for (size_t i = 0; i < width * 6; i++) image.pixels[i] = (unsigned char)(i * 37 % 251);
        WRITTEN(assert_ok(html_image(out, &image)));
        assert_memory_equal(written, before, sizeof before - 1);
        char *at = written + sizeof before - 1, *end = strchr(at, '"');
        assert_string_equal(end, "\">");
        assert_int_equal((end - at) % 4, 0);
        for (; at < end; at += 4) {
            int three = digit(at[0]) << 18 | digit(at[1]) << 12 | digit(at[2]) << 6 | digit(at[3]);
            for (int k = 0; k < 3; k++) png[size++] = (unsigned char)(three >> (16 - 8 * k));
        }
        size_t padding = end[-2] == '=' ? 2 : end[-1] == '=';
        padded[padding] = true;
        assert_ok(amend_image_decode(png, size - padding, "page", &back));
        assert_memory_equal(back.pixels, image.pixels, width * 6);
        amend_image_free(&image);
        amend_image_free(&back);
        free(written);
    }
    assert_true(padded[0] && padded[1] && padded[2]);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text++) count++;
    return count;
}

static void curves_have_gaps(void **state)
{
    (void)state;
    const double values[] = {3, 2, NAN, 1, INFINITY};
    WRITTEN(chart_curve(out, "loss", values, 5));
    assert_int_equal(count_of(written, "<circle"), 3);
    const char *path = strstr(written, " d=\"M");
    assert_non_null(path);
    assert_int_equal(count_of(path, "M"), 2);
    assert_int_equal(count_of(path, "L"), 1);
    assert_null(strstr(written, "nan"));
    assert_null(strstr(written, "inf"));
    free(written);
}

/* One epoch, the same value over and over, nothing finite at all: axes all the same. */
static void curves_of_little(void **state)
{
    (void)state;
    const double one[] = {0.5}, same[] = {2, 2, 2}, none[] = {NAN, NAN};
    const struct {
        const double *values;
        size_t count;
    } cases[] = {{one, 1}, {same, 3}, {none, 2}};
    for (size_t i = 0; i < 3; i++) {
        WRITTEN(chart_curve(out, "loss", cases[i].values, cases[i].count));
        assert_null(strstr(written, "nan"));
        assert_null(strstr(written, "inf"));
        assert_non_null(strstr(written, ">epoch</text>"));
        free(written);
    }
}

static void bars_of_bins(void **state)
{
    (void)state;
    eval_bin bins[EVAL_ECE_BINS] = {{0}};
    bins[14] = (eval_bin){4, 3, 3.9};
    bins[2] = (eval_bin){1, 0, 0.2};
    WRITTEN(chart_reliability(out, bins));
    assert_int_equal(count_of(written, "<rect"), 2);
    assert_non_null(strstr(written, "images: 4, confidence 97.5 %, right 75.0 %"));
    assert_non_null(strstr(written, "images: 1, confidence 20.0 %, right 0.0 %"));
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_text),  cmocka_unit_test(images_come_back), cmocka_unit_test(curves_have_gaps),
        cmocka_unit_test(curves_of_little), cmocka_unit_test(bars_of_bins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
