/* fer2013.csv: what is accepted, and what is refused with which message. */
#include "scratch.h"

enum { TEXT = 100000 };
static char text[TEXT];
#define HEADER "emotion,pixels,Usage\n"

static data_options options(void)
{
    data_options o = data_options_defaults(scratch);
    o.layout = "fer2013";
    return o;
}

static void begin(const char *header)
{
    strcpy(text, header);
}

static void refused(const char *part)
{
    data_options o = options();
    scratch_write("fer2013.csv", text);
    expect_refused(&o, part);
}

static void reads_splits(void **state)
{
    (void)state;
    begin(HEADER);
    append_row(text, "3,", 7, 2304, ",Training\n");
    append_row(text, "6,", 255, 2304, ",PublicTest\n");
    append_row(text, "0,", 10, 2304, ",PrivateTest"); /* no line end */
    scratch_write("fer2013.csv", text);
    data_options o = data_options_defaults(scratch);
    static const size_t labels[] = {3, 6, 0};
    static const unsigned char values[] = {7, 255, 10};
    for (int s = 0; s < DATA_SPLITS; s++) {
        o.split = (data_split)s;
        dataset *set = open_good(&o);
        assert_string_equal(dataset_layout(set), "fer2013");
        assert_int_equal(dataset_count(set), 1);
        assert_int_equal(dataset_label(set, 0), labels[s]);
        assert_int_equal(dataset_image(set, 0)->pixels[0], values[s]);
        assert_int_equal(dataset_image(set, 0)->pixels[2303], values[s]);
        assert_true(dataset_target(set, 0)[labels[s]] == 1.0f);
        dataset_free(set);
    }
}

static void accepts_other_order_crlf_and_mark(void **state)
{
    (void)state;
    begin("\xef\xbb\xbf"
          "emotion, Usage, pixels\r\n");
    append_row(text, "4,Training,", 99, 2304, "\r\n");
    scratch_write("fer2013.csv", text);
    data_options o = options();
    o.channels = 3;
    o.size = 24;
    dataset *set = open_good(&o);
    assert_int_equal(dataset_label(set, 0), 4);
    assert_int_equal(dataset_image(set, 0)->channels, 3);
    assert_int_equal(dataset_image(set, 0)->width, 24);
    assert_int_equal(dataset_image(set, 0)->pixels[5], 99);
    assert_non_null(strstr(dataset_origin(set, 0), "fer2013.csv:2"));
    dataset_free(set);
}

static void refuses_bad_columns(void **state)
{
    (void)state;
    begin("emotion,pixels\n");
    append_row(text, "3,", 7, 2304, "\n");
    refused("fer2013.csv:1: no column 'Usage'");
    begin("");
    refused("empty file");
    begin(HEADER);
    append_row(text, "3,", 7, 2304, "\n");
    refused("fer2013.csv:2: 2 columns where the header has 3");
}

static void refuses_bad_pixels(void **state)
{
    (void)state;
    begin(HEADER);
    append_row(text, "3,", 7, 2303, ",Training\n");
    refused("fer2013.csv:2: 2303 pixels, 2304 are needed");
    begin(HEADER);
    append_row(text, "3,", 7, 2305, ",Training\n");
    refused("fer2013.csv:2: 2305 pixels");
    begin(HEADER);
    append_row(text, "3,", 7, 2304, ",Training\n");
    append_row(text, "3,256 ", 7, 2303, ",Training\n");
    refused("fer2013.csv:3: pixel 1 is '256'; it must be a number from 0 to 255");
    begin(HEADER);
    append_row(text, "3,7 x1 ", 7, 2302, ",Training\n");
    refused("pixel 2 is 'x1'");
    begin(HEADER);
    append_row(text, "3,7 -1 ", 7, 2302, ",Training\n");
    refused("pixel 2 is '-1'");
}

static void refuses_bad_labels(void **state)
{
    (void)state;
    begin(HEADER);
    append_row(text, "7,", 7, 2304, ",Training\n");
    refused("fer2013.csv:2: emotion '7'; it must be a number from 0 to 6");
    begin(HEADER);
    append_row(text, "happy,", 7, 2304, ",Training\n");
    refused("emotion 'happy'");
    begin(HEADER);
    append_row(text, "1,", 7, 2304, ",Trainning\n");
    refused("fer2013.csv:2: Usage 'Trainning'; write Training");
}

static void refuses_cut_off_and_empty(void **state)
{
    (void)state;
    begin(HEADER);
    append_row(text, "3,", 7, 2304, ",Training\n");
    append_row(text, "3,", 7, 1000, "");
    refused("fer2013.csv:3: 2 columns where the header has 3; repair or remove the row (the file ends in this row");
    begin(HEADER);
    append_row(text, "3,", 7, 2304, ",PublicTest\n");
    refused("no images of split 'train' (there are train 0, valid 1, test 0)");
    begin(HEADER);
    refused("no images in it");
}

static void refuses_bad_options(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    expect_refused(&o, "no layout fits");
    o.layout = "ferr";
    expect_refused(&o, "no layout 'ferr'");
    o.channels = 2;
    expect_refused(&o, "images of 2 channels");
    o = data_options_defaults("/nowhere/at/all");
    expect_refused(&o, "cannot open");
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(reads_splits),        WITH_SCRATCH(accepts_other_order_crlf_and_mark),
        WITH_SCRATCH(refuses_bad_columns), WITH_SCRATCH(refuses_bad_pixels),
        WITH_SCRATCH(refuses_bad_labels),  WITH_SCRATCH(refuses_cut_off_and_empty),
        WITH_SCRATCH(refuses_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
