/* FER+: votes over rows or files, the rules, and what is refused. */
#include "scratch.h"

#include <math.h>

enum { TEXT = 100000 };
#define HEADER "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
static const char votes[] = HEADER "Training,fer0.png,4,0,0,1,3,2,0,0,0,0\n" /* plurality only */
                                   "Training,,0,0,0,0,0,0,0,0,0,10\n"        /* dropped by FER+ */
                                   "PublicTest,fer2.png,0,10,0,0,0,0,0,0,0,0\n"
                                   "Training,fer3.png,5,5,0,0,0,0,0,0,0,0\n" /* tie */
                                   "Training,fer4.png,0,0,0,1,0,0,0,8,1,0\n" /* majority */
                                   "Training,fer5.png,1,2,0,0,0,0,0,0,7,0\n" /* unknown wins */
                                   "PrivateTest,fer6.png,9,1,0,0,0,0,0,0,0,0\n";

static void write_rows(const char *usages)
{
    static char text[TEXT];
    int value = 10;
    strcpy(text, "emotion,pixels,Usage\n");
    for (const char *u = usages; *u; u++)
        append_row(text, "0,", value++, 2304, *u == 't' ? ",Training\n" : ",PublicTest\n");
    scratch_write("fer2013.csv", text);
}

static void reads_rows_by_rule(void **state)
{
    (void)state;
    scratch_write("fer2013new.csv", votes);
    write_rows("ttvttt");
    data_options o = data_options_defaults(scratch);
    o.soft = true;
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "ferplus");
    assert_int_equal(dataset_count(set), 2);
    assert_int_equal(dataset_label(set, 0), 0);
    assert_int_equal(dataset_label(set, 1), 7);
    assert_int_equal(dataset_image(set, 1)->pixels[0], 14);
    assert_true(fabsf(dataset_target(set, 0)[0] - 4.0f / 9) < 1e-6f); /* the lone vote for sadness is left out */
    assert_true(dataset_target(set, 0)[3] == 0.0f);
    dataset_free(set);
    o.rule = DATA_MAJORITY;
    set = open_good(&o);
    assert_int_equal(dataset_count(set), 1);
    dataset_free(set);
    o.split = DATA_TEST; /* votes are there, pixels are not */
    expect_refused(&o, "no images of split 'test'");
}

static void reads_files(void **state)
{
    (void)state;
    scratch_write("fer2013new.csv", votes);
    scratch_folder("FER2013Train");
    scratch_png("FER2013Train/fer0.png", 50);
    data_options o = data_options_defaults(scratch);
    expect_refused(&o, "fer2013new.csv:6: ");
    scratch_png("FER2013Train/fer4.png", 60);
    dataset *set = open_good(&o);
    assert_int_equal(dataset_count(set), 2);
    assert_int_equal(dataset_image(set, 1)->pixels[0], 60);
    dataset_free(set);
}

static void refuses(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    scratch_write("fer2013new.csv", votes);
    expect_refused(&o, "votes without images");
    write_rows("ttt");
    expect_refused(&o, "3 rows of split 'train'");
    write_rows("tttttt");
    expect_refused(&o, "fer2013.csv:7: row 6 of split 'train'");
    scratch_write("fer2013new.csv", HEADER "Training,a.png,x,0,0,0,0,0,0,0,0,0\n");
    expect_refused(&o, "fer2013new.csv:2: neutral is 'x'");
    scratch_write("fer2013new.csv", HEADER "Training,../a.png,9,0,0,0,0,0,0,0,0,0\n");
    expect_refused(&o, "has a '/'");
    o.layout = "ferplus";
    scratch_write("fer2013new.csv", "Usage,Image name\n");
    expect_refused(&o, "no column 'neutral'");
}

static void half_is_no_majority_and_a_lone_vote_is_one(void **state)
{
    (void)state;
    scratch_write("fer2013new.csv", HEADER "Training,a.png,5,3,2,0,0,0,0,0,0,0\nTraining,b.png,6,4,0,0,0,0,0,0,0,0\n"
                                           "Training,c.png,0,1,0,0,0,0,0,0,0,0\n");
    write_rows("ttt");
    data_options o = data_options_defaults(scratch);
    o.rule = DATA_MAJORITY;
    o.soft = true;
    dataset *set = open_good(&o);
    assert_int_equal(dataset_count(set), 2); /* not the half */
    assert_int_equal(dataset_image(set, 0)->pixels[0], 11);
    assert_true(dataset_target(set, 1)[1] == 1.0f); /* nothing but a lone vote */
    dataset_free(set);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_SCRATCH(half_is_no_majority_and_a_lone_vote_is_one),
                                       WITH_SCRATCH(reads_rows_by_rule), WITH_SCRATCH(reads_files),
                                       WITH_SCRATCH(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
