/* AffectNet in both of its forms, drawn small: what is read, what is dropped, what is refused. */
#include "npy_file.h"

#include "data/survey.h"

#define COLUMNS                                                                                                        \
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n"
#define ROW(path, box, expression) path "," box ",10.5;20.25;30;40," expression ",-0.25,0.5\n"

/* A gray image of 40 x 30 whose value is that of its column. */
static void draw_ramp(const char *name)
{
    char path[256];
    amend_image image = {0};
    scratch_path(name, path, sizeof path);
    assert_int_equal(image_create(&image, 40, 30, 1).code, AMEND_OK);
    for (size_t i = 0; i < 1200; i++) image.pixels[i] = (unsigned char)(i % 40);
    assert_int_equal(image_write_png(path, &image).code, AMEND_OK);
    amend_image_free(&image);
}

static data_options options(void)
{
    data_options o = data_options_defaults(scratch);
    o.layout = "affectnet";
    return o;
}

static void write_lists(const char *training, const char *validation)
{
    scratch_folder("Manually_Annotated_file_lists");
    scratch_folder("Manually_Annotated_Images/1");
    scratch_folder("Manually_Annotated_Images/27");
    draw_ramp("Manually_Annotated_Images/1/a.jpg"); /* the bytes decide, not the name */
    draw_ramp("Manually_Annotated_Images/27/b.JPG");
    scratch_write("Manually_Annotated_file_lists/training.csv", training);
    scratch_write("Manually_Annotated_file_lists/validation.csv", validation);
}

static void training_is(const char *row, const char *part)
{
    char text[1024];
    data_options o = options();
    snprintf(text, sizeof text, COLUMNS "%s", row);
    write_lists(text, COLUMNS);
    expect_refused(&o, part);
}

static void reads_lists(void **state)
{
    (void)state;
    write_lists(COLUMNS ROW("1/a.jpg", "10,5,20,16", "1") ROW("27/b.JPG", "0,0,40,30", "7") /* happy, contempt */
                ROW("9/none.jpg", "NULL,NULL,NULL,NULL", "8") ROW("9/c.jpg", "0,0,1,1", "9")
                    ROW("9/d.jpg", "0,0,1,1", "10"),
                COLUMNS ROW("27/b.JPG", "30,-4,20,20", "6"));
    data_options o = data_options_defaults(scratch);
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "affectnet");
    assert_int_equal(dataset_count(set), 2);
    assert_int_equal(dataset_classes(set), 8);
    assert_int_equal(dataset_dropped(set), 3);
    assert_string_equal(dataset_label_name(set, dataset_label(set, 0)), "happy");
    assert_string_equal(dataset_label_name(set, dataset_label(set, 1)), "contempt");
    const amend_image *face = dataset_image(set, 0);
    assert_int_equal(face->width, 20);
    assert_int_equal(face->height, 16);
    for (size_t x = 0; x < 20; x++) assert_int_equal(face->pixels[5 * 20 + x], 10 + x); /* cut out, not changed */
    dataset_free(set);
    o.split = DATA_VALID;
    o.channels = 3;
    o.size = 10;
    set = open_good(&o); /* the box leaves the image on two sides: what lies on it is taken */
    assert_string_equal(dataset_label_name(set, dataset_label(set, 0)), "anger");
    face = dataset_image(set, 0);
    assert_int_equal(face->width * face->height * face->channels, 300);
    for (size_t x = 0; x < 10; x++) assert_in_range(face->pixels[3 * x], 30 + x - (x > 0), 30 + x);
    dataset_free(set);
    o.split = DATA_TEST;
    expect_refused(&o, "no images of split 'test' (there are train 5, valid 1, test 0)");
}

static void seven_classes_leave_contempt_out(void **state)
{
    (void)state;
    write_lists(COLUMNS ROW("1/a.jpg", "10,5,20,16", "6") ROW("27/b.JPG", "0,0,40,30", "7"), COLUMNS);
    data_options o = options();
    o.classes = 7;
    dataset *set = open_good(&o);
    assert_int_equal(dataset_classes(set), 7);
    assert_int_equal(dataset_count(set), 1);
    assert_int_equal(dataset_dropped(set), 1);
    dataset_free(set);
    o.classes = 6;
    expect_refused(&o, "AffectNet with 6 classes");
}

static void reads_lists_beside_images(void **state)
{
    (void)state;
    scratch_folder("Manually_Annotated/Manually_Annotated_Images/1");
    draw_ramp("Manually_Annotated/Manually_Annotated_Images/1/a.jpg");
    scratch_write("training.csv", COLUMNS ROW("1/a.jpg", "10,5,20,16", "0"));
    data_options o = data_options_defaults(scratch);
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "affectnet");
    assert_int_equal(dataset_count(set), 1);
    dataset_free(set);
    o.split = DATA_VALID;
    expect_refused(&o, "no validation.csv, neither there nor in Manually_Annotated_file_lists");
}

static void refuses_bad_rows(void **state)
{
    (void)state;
    training_is(ROW("1/none.jpg", "0,0,9,9", "1"), "training.csv:2: ");
    training_is(ROW("1/none.jpg", "0,0,9,9", "1"), "1/none.jpg");
    training_is(ROW("1/a.jpg", "0,0,9,9", "11"), "training.csv:2: expression '11'; it must be a number from 0 to 10");
    training_is(ROW("1/a.jpg", "0,0,9,9", "happy"), "expression 'happy'");
    training_is(ROW("1/a.jpg", "40,0,9,9", "1"), "training.csv:2: face box 40,0 of 9 x 9 pixels does not lie on the "
                                                 "image of 40 x 30");
    training_is(ROW("1/a.jpg", "-9,0,9,9", "1"), "does not lie on the image");
    training_is(ROW("1/a.jpg", "0,0,0,9", "1"), "does not lie on the image");
    training_is(ROW("1/a.jpg", "0,0,9,-9", "1"), "does not lie on the image");
    training_is(ROW("1/a.jpg", "0,x,9,9", "1"), "training.csv:2: face_y is 'x'; it must be a number of pixels");
    training_is(ROW("1/a.jpg", "0,0,9,99999999999999999999", "1"), "face_height is '999");
    training_is(ROW("../a.jpg", "0,0,9,9", "1"), "leaves the folder of images");
    training_is(ROW("/etc/a.jpg", "0,0,9,9", "1"), "leaves the folder of images");
    training_is(ROW("", "0,0,9,9", "1"), "of 0 characters");
    training_is("1/a.jpg,0,0\n", "training.csv:2: 3 columns where the header has 9");
}

static void refuses_what_is_missing(void **state)
{
    (void)state;
    data_options o = options();
    expect_refused(&o, "neither training.csv nor train_set/annotations");
    scratch_write("training.csv", COLUMNS ROW("1/a.jpg", "0,0,9,9", "1"));
    expect_refused(&o, "no folder Manually_Annotated_Images");
    scratch_folder("Manually_Annotated_Images");
    scratch_write("training.csv", "subDirectory_filePath,expression\n1/a.jpg,1\n");
    expect_refused(&o, "training.csv:1: no column 'face_x'");
}

static void write_sets(void)
{
    scratch_folder("train_set/images");
    scratch_folder("train_set/annotations");
    scratch_folder("val_set/images");
    scratch_folder("val_set/annotations");
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "train_set/images/%d.jpg", i);
        scratch_png(name, (unsigned char)(100 + i));
        snprintf(name, sizeof name, "train_set/annotations/%d_exp.npy", i);
        npy_digit(name, "0578"[i]);
        snprintf(name, sizeof name, "train_set/annotations/%d_lnd.npy", i);
        scratch_write(name, "not read");
    }
    scratch_png("val_set/images/0.jpg", 9);
    npy_digit("val_set/annotations/0_exp.npy", '2');
}

static void reads_folders(void **state)
{
    (void)state;
    write_sets();
    data_options o = data_options_defaults(scratch);
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "affectnet");
    assert_int_equal(dataset_count(set), 3);
    assert_int_equal(dataset_dropped(set), 1);
    for (size_t i = 0; i < 3; i++) assert_int_equal(dataset_image(set, i)->pixels[0], 100 + i);
    assert_string_equal(dataset_label_name(set, dataset_label(set, 1)), "disgust");
    dataset_free(set);
    o.classes = 7;
    o.split = DATA_VALID;
    set = open_good(&o);
    assert_string_equal(dataset_label_name(set, dataset_label(set, 0)), "sad");
    dataset_free(set);
}

static void refuses_bad_labels(void **state)
{
    (void)state;
    static const char integer[] = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }";
    static const char real[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
    data_options o = options();
    write_sets();
    npy_write("train_set/annotations/1_exp.npy", 1, integer, "\13\0\0\0\0\0\0\0", 8);
    expect_refused(&o, "1_exp.npy: label 11; it must be a number from 0 to 10");
    npy_write("train_set/annotations/1_exp.npy", 1, real, "\0\0\x20\x40", 4);
    expect_refused(&o, "1_exp.npy: label 2.5");
    npy_write("train_set/annotations/1_exp.npy", 1, real, "\0\0\xc0\x7f", 4);
    expect_refused(&o, "1_exp.npy: label nan");
    npy_write("train_set/annotations/1_exp.npy", 1, "{'descr': '|O', 'fortran_order': False, 'shape': (), }", "x", 1);
    expect_refused(&o, "1_exp.npy: holds a pickled Python object");
    npy_digit("train_set/annotations/1_exp.npy", '1');
    scratch_png("train_set/images/99.jpg", 1);
    expect_refused(&o, "label of 99.jpg: ");
    expect_refused(&o, "99_exp.npy");
}

static void refuses_missing_images(void **state)
{
    (void)state;
    data_options o = options();
    scratch_folder("train_set/annotations");
    npy_digit("train_set/annotations/0_exp.npy", '1');
    expect_refused(&o, "train_set/images: no such folder");
}

static void the_survey_counts(void **state)
{
    (void)state;
    data_options o = options();
    survey s = {0};
    write_sets();
    scratch_write("train_set/annotations/0_exp.npy", "broken");
    scratch_png("val_set/images/5.jpg", 9);
    assert_int_equal(survey_make(&o, &s).code, AMEND_OK);
    assert_int_equal(s.totals[DATA_TRAIN], 2);
    assert_int_equal(s.totals[DATA_VALID], 1);
    assert_int_equal(s.dropped, 1);
    assert_int_equal(s.bad, 2);
    assert_non_null(strstr(s.bad_rows[1], "5_exp.npy"));
    survey_free(&s);
}

static void out_of_memory_is_an_error(void **state)
{
    (void)state;
    data_options o = options();
    write_lists(COLUMNS ROW("1/a.jpg", "10,5,20,16", "1"), COLUMNS);
    for (int form = 0; form < 2; form++) {
        for (size_t n = 1;; n++) {
            dataset *set = NULL;
            mem_fail_at(n);
            amend_status st = dataset_open(&o, &set);
            mem_fail_at(0);
            dataset_free(set);
            if (!st.code) break;
            assert_int_equal(st.code, AMEND_NO_MEMORY);
        }
        write_sets();
    }
}

static void every_number_has_its_name(void **state)
{
    static const char *const names[] = {"neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt"};
    char name[64];
    (void)state;
    write_sets();
    for (int k = 0; k < 8; k++) {
        snprintf(name, sizeof name, "train_set/images/%d.jpg", k);
        scratch_png(name, 1);
        snprintf(name, sizeof name, "train_set/annotations/%d_exp.npy", k);
        npy_digit(name, (char)('0' + k));
    }
    data_options o = options();
    dataset *set = open_good(&o);
    for (size_t k = 0; k < 8; k++) assert_string_equal(dataset_label_name(set, dataset_label(set, k)), names[k]);
    dataset_free(set);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(every_number_has_its_name),        WITH_SCRATCH(reads_lists),
        WITH_SCRATCH(seven_classes_leave_contempt_out), WITH_SCRATCH(refuses_bad_rows),
        WITH_SCRATCH(reads_lists_beside_images),        WITH_SCRATCH(reads_folders),
        WITH_SCRATCH(refuses_what_is_missing),          WITH_SCRATCH(refuses_bad_labels),
        WITH_SCRATCH(refuses_missing_images),           WITH_SCRATCH(the_survey_counts),
        WITH_SCRATCH(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
