/* The survey lists every bad row and finds copies. */
#include "scratch.h"

#include "data/survey.h"

static void lists_bad_rows_and_copies(void **state)
{
    (void)state;
    static char text[400000];
    data_options o = data_options_defaults(scratch);
    survey s = {0};
    strcpy(text, "emotion,pixels,Usage\n");
    append_row(text, "3,", 7, 2304, ",Training\n");
    append_row(text, "4,", 7, 2304, ",PublicTest\n"); /* a copy: other label, other split */
    append_row(text, "3,", 8, 2304, ",Training\n");
    for (int i = 0; i < 25; i++) append_row(text, "3,", 7, 2, ",Training\n");
    append_row(text, "3,", 9, 2304, ",PrivateTest\n");
    scratch_write("fer2013.csv", text);
    assert_int_equal(survey_make(&o, &s).code, AMEND_OK);
    assert_int_equal(s.totals[DATA_TRAIN], 2);
    assert_int_equal(s.counts[DATA_VALID * s.classes + 4], 1);
    assert_int_equal(s.totals[DATA_TEST], 1);
    assert_int_equal(s.copies, 1);
    assert_int_equal(s.copies_other_label, 1);
    assert_int_equal(s.copies_other_split, 1);
    assert_int_equal(s.bad, 25);
    assert_non_null(strstr(s.bad_rows[0], "fer2013.csv:5: 2 pixels"));
    assert_non_null(strstr(s.bad_rows[SURVEY_BAD_SHOWN - 1], "fer2013.csv:24: 2 pixels"));
    survey_free(&s);
}

/* Shifted pixels, other sizes of the same pixels, other endings: none is a copy of another. */
static void near_copies_are_none(void **state)
{
    (void)state;
    static const struct size {
        size_t width, height;
    } sizes[] = {{6, 4}, {4, 6}, {24, 1}, {3, 8}, {5, 5}, {23, 1}};
    data_options o = data_options_defaults(scratch);
    survey s = {0};
    size_t images = 0;
    scratch_folder("a");
    scratch_folder("b");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t changed = 0; changed < 20; changed++, images++) {
            char name[64], path[256];
            amend_image image = {0};
            snprintf(name, sizeof name, "%c/%zu-%zu.png", images % 2 ? 'a' : 'b', i, changed);
            scratch_path(name, path, sizeof path);
            assert_int_equal(image_create(&image, sizes[i].width, sizes[i].height, 1).code, AMEND_OK);
            memset(image.pixels, 0, sizes[i].width * sizes[i].height);
            if (changed) image.pixels[changed] = 1;
            assert_int_equal(image_write_png(path, &image).code, AMEND_OK);
            amend_image_free(&image);
        }
    assert_int_equal(survey_make(&o, &s).code, AMEND_OK);
    assert_int_equal(s.totals[DATA_TRAIN] + s.totals[DATA_VALID] + s.totals[DATA_TEST], images);
    assert_int_equal(s.copies, 0);
    survey_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_bad_rows_and_copies, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(near_copies_are_none, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
