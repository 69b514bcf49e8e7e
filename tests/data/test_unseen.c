/* Copies of training images are taken out of a split, and what is left stays what it was. */
#include "scratch.h"

#include "data/unseen.h"

static char text[400000];

static void write_rows(void)
{
    strcpy(text, "emotion,pixels,Usage\n");
    append_row(text, "3,", 7, 2304, ",Training\n");
    append_row(text, "4,", 7, 2304, ",PublicTest\n"); /* seen, as another class */
    append_row(text, "5,", 8, 2304, ",PublicTest\n");
    append_row(text, "3,", 9, 2304, ",PrivateTest\n");
    append_row(text, "6,", 9, 2304, ",PublicTest\n");  /* in test, not in train */
    append_row(text, "0,", 10, 2304, ",PublicTest\n"); /* seen, though the training image comes later */
    append_row(text, "1,", 10, 2304, ",Training\n");
    append_row(text, "2,", 8, 2304, ",PublicTest\n"); /* twice in its own split */
    scratch_write("fer2013.csv", text);
}

static void leaves_out_what_was_trained_on(void **state)
{
    (void)state;
    static const size_t labels[] = {5, 6, 2};
    static const unsigned char pixels[] = {8, 9, 8};
    data_options o = data_options_defaults(scratch);
    dataset *set = NULL;
    size_t left_out = 99;
    write_rows();
    o.split = DATA_VALID;
    o.size = 24; /* copies are found whatever size the network asks for */
    assert_int_equal(dataset_open(&o, &set).code, AMEND_OK);
    assert_int_equal(unseen_keep(set, &o, &left_out).code, AMEND_OK);
    assert_int_equal(left_out, 2);
    assert_int_equal(dataset_count(set), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(dataset_label(set, i), labels[i]);
        for (size_t k = 0; k < 7; k++) assert_true(dataset_target(set, i)[k] == (k == labels[i]));
        assert_int_equal(dataset_image(set, i)->width, 24);
        assert_int_equal(dataset_image(set, i)->pixels[300], pixels[i]);
    }
    assert_non_null(strstr(dataset_origin(set, 2), "fer2013.csv:9"));
    dataset_free(set);
}

static void nothing_left_is_refused(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    dataset *set = NULL;
    size_t left_out = 0;
    write_rows();
    assert_int_equal(dataset_open(&o, &set).code, AMEND_OK);
    amend_status status = unseen_keep(set, &o, &left_out);
    assert_int_equal(status.code, AMEND_BAD_DATA);
    assert_non_null(strstr(status.message, "every image of split 'train'"));
    dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leaves_out_what_was_trained_on, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(nothing_left_is_refused, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
