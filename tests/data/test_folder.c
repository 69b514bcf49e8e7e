/* Folders of classes and RAF-DB. */
#include "scratch.h"

static void reads_splits_sorted(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    scratch_folder("train/sad");
    scratch_folder("train/happy");
    scratch_folder("val/sad");
    scratch_png("train/sad/b.PNG", 2);
    scratch_png("train/sad/a.png", 1);
    scratch_png("train/happy/z.png", 3);
    scratch_png("val/sad/v.png", 4);
    scratch_write("train/sad/notes.txt", "not an image");
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "folder");
    assert_int_equal(dataset_count(set), 3);
    assert_string_equal(dataset_label_name(set, 0), "happy");
    for (size_t i = 0; i < 3; i++) assert_int_equal(dataset_image(set, i)->pixels[0], (i + 2) % 3 + 1);
    dataset_free(set);
    o.split = DATA_VALID;
    set = open_good(&o);
    assert_int_equal(dataset_label(set, 0), 1);
    dataset_free(set);
}

static void names_of_splits(void **state)
{
    static const char *const names[] = {"Train", "training", "Validation", "VAL", "Testing", "extra"};
    static const size_t counts[DATA_SPLITS] = {2, 2, 1};
    (void)state;
    data_options o = data_options_defaults(scratch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/sad", names[i]);
        scratch_folder(name);
        snprintf(name, sizeof name, "%s/happy", names[i]);
        scratch_folder(name);
        snprintf(name, sizeof name, "%s/happy/a.png", names[i]);
        scratch_png(name, 1);
    }
    for (int s = 0; s < DATA_SPLITS; s++) {
        o.split = (data_split)s;
        dataset *set = open_good(&o);
        assert_int_equal(dataset_count(set), counts[s]);
        assert_int_equal(dataset_classes(set), 2);
        assert_string_equal(dataset_left_aside(set)->text, ": extra");
        dataset_free(set);
    }
}

/* By FNV-1a of "CLASS/FILE", as docs/data.md says: an image stays in its split for good. */
static int split_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash % 10 == 0 ? DATA_TEST : hash % 10 == 1 ? DATA_VALID : DATA_TRAIN;
}

static void splits_by_hash(void **state)
{
    (void)state;
    size_t total = 0;
    data_options o = data_options_defaults(scratch);
    scratch_folder("a");
    scratch_folder("b");
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "%c/%d.png", i % 2 ? 'a' : 'b', i);
        scratch_png(name, (unsigned char)i);
    }
    for (int s = 0; s < DATA_SPLITS; s++) {
        o.split = (data_split)s;
        dataset *set = open_good(&o);
        total += dataset_count(set);
        if (s == DATA_TRAIN) assert_in_range(dataset_count(set), 70, 90);
        for (size_t i = 0; i < dataset_count(set); i++)
            assert_int_equal(split_of(dataset_origin(set, i) + strlen(scratch) + 1), s);
        dataset_free(set);
    }
    assert_int_equal(total, 100);
}

static void refuses(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    o.layout = "folder";
    expect_refused(&o, "no class; make one folder a class");
    scratch_folder("train/sad");
    scratch_png("train/sad/a.png", 1);
    expect_refused(&o, "one class only, 'sad'");
    scratch_folder("train/happy");
    scratch_write("train/happy/broken.png", "no PNG at all");
    expect_refused(&o, "broken.png");
}

static void reads_rafdb(void **state)
{
    (void)state;
    data_options o = data_options_defaults(scratch);
    scratch_folder("EmoLabel");
    scratch_folder("Image/aligned");
    scratch_png("Image/aligned/train_00001_aligned.jpg", 9); /* the bytes decide, not the name */
    scratch_write("EmoLabel/list_patition_label.txt", "train_00001.jpg 5\r\ntest_0001.jpg 7\n");
    dataset *set = open_good(&o);
    assert_string_equal(dataset_layout(set), "rafdb");
    assert_int_equal(dataset_count(set), 1);
    assert_string_equal(dataset_label_name(set, dataset_label(set, 0)), "sadness");
    dataset_free(set);
    o.split = DATA_TEST;
    expect_refused(&o, "label.txt:2: ");
    o.split = DATA_VALID;
    expect_refused(&o, "no images of split 'valid'");
    scratch_write("EmoLabel/list_patition_label.txt", "train_00001.jpg 8\n");
    expect_refused(&o, "label.txt:1: label '8' of train_00001; it must be a number from 1 to 7");
    scratch_write("EmoLabel/list_patition_label.txt", "train_00001.jpg\n");
    expect_refused(&o, "is not 'NAME.jpg LABEL'");
    scratch_write("EmoLabel/list_patition_label.txt", "other_1.jpg 1\n");
    expect_refused(&o, "begins neither with train_");
}

static void every_number_of_rafdb_has_its_name(void **state)
{
    static const char *const names[] = {"surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"};
    char list[256] = "", line[64], file[64];
    data_options o = data_options_defaults(scratch);
    (void)state;
    scratch_folder("EmoLabel");
    scratch_folder("Image/aligned");
    for (int k = 1; k <= 7; k++) {
        snprintf(line, sizeof line, "train_%05d.jpg %d\n", k, k);
        strcat(list, line);
        snprintf(file, sizeof file, "Image/aligned/train_%05d_aligned.jpg", k);
        scratch_png(file, 1);
    }
    scratch_write("EmoLabel/list_patition_label.txt", list);
    dataset *set = open_good(&o);
    for (size_t k = 0; k < 7; k++) assert_string_equal(dataset_label_name(set, dataset_label(set, k)), names[k]);
    dataset_free(set);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_SCRATCH(every_number_of_rafdb_has_its_name),
                                       WITH_SCRATCH(reads_splits_sorted),
                                       WITH_SCRATCH(names_of_splits),
                                       WITH_SCRATCH(splits_by_hash),
                                       WITH_SCRATCH(refuses),
                                       WITH_SCRATCH(reads_rafdb)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
