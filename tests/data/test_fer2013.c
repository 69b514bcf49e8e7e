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

static void reads_splits(void **state)
{
    (void)state;
    strcpy(text, HEADER);
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
    strcpy(text, "\xef\xbb\xbf"
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

/* A row of `count` pixels of 7 between `before` and `after`, after a good one or not, and what is said about it. */
static const struct bad {
    const char *header;
    bool good_first;
    const char *before;
    size_t count;
    const char *after, *part;
} bads[] = {
    {"", false, "", 0, "", "empty file"},
    {HEADER, false, "", 0, "", "no images in it"},
    {"emotion,pixels\n", false, "3,", 2304, "\n", "fer2013.csv:1: no column 'Usage'"},
    {HEADER, false, "3,", 2304, "\n", "fer2013.csv:2: 2 columns where the header has 3"},
    {HEADER, true, "3,", 1000, "",
     "fer2013.csv:3: 2 columns where the header has 3; repair or remove the row (the file ends in this row"},
    {HEADER, false, "3,", 2303, ",Training\n", "fer2013.csv:2: 2303 pixels, 2304 are needed"},
    {HEADER, false, "3,", 2305, ",Training\n", "fer2013.csv:2: 2305 pixels"},
    {HEADER, true, "3,256 ", 2303, ",Training\n", "fer2013.csv:3: pixel 1 is '256'; it must be a number from 0 to 255"},
    {HEADER, false, "3,7 x1 ", 2302, ",Training\n", "pixel 2 is 'x1'"},
    {HEADER, false, "3,7 -1 ", 2302, ",Training\n", "pixel 2 is '-1'"},
    {HEADER, false, "7,", 2304, ",Training\n", "fer2013.csv:2: emotion '7'; it must be a number from 0 to 6"},
    {HEADER, false, "happy,", 2304, ",Training\n", "emotion 'happy'"},
    {HEADER, false, "1,", 2304, ",Trainning\n", "fer2013.csv:2: Usage 'Trainning'; write Training"},
    {HEADER, false, "3,", 2304, ",PublicTest\n", "no images of split 'train' (there are train 0, valid 1, test 0)"},
};

static void refuses_bad_files(void **state)
{
    (void)state;
    data_options o = options();
    for (const struct bad *b = bads; b < bads + sizeof bads / sizeof *bads; b++) {
        strcpy(text, b->header);
        if (b->good_first) append_row(text, "3,", 7, 2304, ",Training\n");
        append_row(text, b->before, 7, b->count, b->after);
        scratch_write("fer2013.csv", text);
        expect_refused(&o, b->part);
    }
}

static void refuses_bad_options(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    expect_refused(&o, "no layout fits");
    expect_refused(&o, "or one folder of images a class"); /* the last of all */
    o.layout = "ferr";
    expect_refused(&o, "no layout 'ferr'; there are ferplus, fer2013, rafdb, affectnet, sfew, folder");
    o.channels = 2;
    expect_refused(&o, "images of 2 channels");
    o = data_options_defaults("/nowhere/at/all");
    expect_refused(&o, "cannot open");
}

static void every_number_has_its_name(void **state)
{
    static const char *const names[] = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"};
    char prefix[16];
    (void)state;
    strcpy(text, HEADER);
    for (int k = 0; k < 7; k++) {
        snprintf(prefix, sizeof prefix, "%d,", k);
        append_row(text, prefix, 10 + k, 2304, ",Training\n");
    }
    scratch_write("fer2013.csv", text);
    data_options o = options();
    dataset *set = open_good(&o);
    assert_int_equal(dataset_classes(set), 7);
    for (size_t k = 0; k < 7; k++) assert_string_equal(dataset_label_name(set, dataset_label(set, k)), names[k]);
    dataset_free(set);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(every_number_has_its_name),
        WITH_SCRATCH(reads_splits),
        WITH_SCRATCH(accepts_other_order_crlf_and_mark),
        WITH_SCRATCH(refuses_bad_files),
        WITH_SCRATCH(refuses_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
