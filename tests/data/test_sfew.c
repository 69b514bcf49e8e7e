/* SFEW 2.0 in its forms: beside and inside Train and Val, aligned or not. */
#include "scratch.h"

static const char *const classes[] = {"Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"};

/* One image a class, gray `value` + label. */
static void write_place(const char *folder, unsigned char value)
{
    for (unsigned char k = 0; k < 7; k++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", folder, classes[k]);
        scratch_folder(name);
        strcat(name, "/Airheads_000519240_00000005.png");
        scratch_png(name, (unsigned char)(value + k));
    }
}

static void expect_split(data_split split, unsigned char value)
{
    static const char *const names[] = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};
    data_options o = data_options_defaults(scratch);
    o.split = split;
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "sfew");
    assert_int_equal(dataset_count(set), 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(dataset_label_name(set, i), names[i]);
        assert_int_equal(dataset_label(set, i), i);
        assert_int_equal(dataset_image(set, i)->pixels[0], value + i);
    }
    dataset_free(set);
}

static void reads_frames(void **state)
{
    (void)state;
    write_place("Train", 10);
    write_place("Val", 20);
    scratch_folder("Test");
    scratch_png("Test/unlabelled.png", 1);
    expect_split(DATA_TRAIN, 10);
    expect_split(DATA_VALID, 20);
    data_options o = data_options_defaults(scratch);
    o.split = DATA_TEST;
    expect_refused(&o, "no images of split 'test' (there are train 7, valid 7, test 0)");
}

static void prefers_aligned_faces(void **state)
{
    (void)state;
    write_place("Train", 10);
    write_place("Val", 20);
    write_place("Train_Aligned_Faces", 30);
    write_place("Val_Aligned_Faces", 40);
    expect_split(DATA_TRAIN, 30);
    expect_split(DATA_VALID, 40);
}

/* Faces for training and whole frames for validation would not belong together. */
static void does_not_mix(void **state)
{
    (void)state;
    write_place("Train/Train_Aligned_Faces", 30);
    write_place("Val", 20);
    expect_split(DATA_TRAIN, 30);
    data_options o = data_options_defaults(scratch);
    o.split = DATA_VALID;
    expect_refused(&o, "no images of split 'valid'");
    write_place("Val/Val_Aligned_Faces", 40);
    expect_split(DATA_VALID, 40);
}

static void refuses(void **state)
{
    (void)state;
    char path[256];
    data_options o = data_options_defaults(scratch);
    o.layout = "sfew";
    expect_refused(&o, "neither Train nor Train_Aligned_Faces");
    write_place("Train", 10);
    scratch_write("Train/Fear/broken.png", "no PNG at all");
    expect_refused(&o, "Train/Fear/broken.png");
    scratch_png("Train/Fear/broken.png", 1);
    scratch_folder("Train/Contempt");
    expect_refused(&o, "Train/Contempt: no class of SFEW has this name");
    scratch_path("Train/Contempt", path, sizeof path);
    assert_int_equal(remove(path), 0);
    scratch_path("Train/Sad/Airheads_000519240_00000005.png", path, sizeof path);
    assert_int_equal(remove(path), 0);
    scratch_path("Train/Sad", path, sizeof path);
    assert_int_equal(remove(path), 0);
    expect_refused(&o, "Train: no folder 'Sad'; unpack the archive again");
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_SCRATCH(reads_frames), WITH_SCRATCH(prefers_aligned_faces),
                                       WITH_SCRATCH(does_not_mix), WITH_SCRATCH(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
