/* amend data: options of a set, and what was dropped. */
#include "cli/command.h"

#include <jansson.h>

#define LIST                                                                                                           \
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\\n"        \
    "1/a.png,0,0,20,20,1;2,0,0,0\\n1/a.png,10,10,20,20,1;2,7,0,0\\n1/a.png,0,0,20,20,1;2,10,-2,-2\\n"

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    shell("mkdir -p $T/set/Manually_Annotated_Images/1");
    make_image("set/Manually_Annotated_Images/1/a.png");
    shell("printf '" LIST "' >$T/set/training.csv && cp $T/set/training.csv $T/set/validation.csv");
    return 0;
}

static json_int_t train_count(json_t *root)
{
    json_int_t value = -1;
    assert_int_equal(json_unpack(root, "{s:{s:{s:I}}}", "splits", "train", "count", &value), 0);
    return value;
}

static void counts_classes_and_dropped(void **state)
{
    (void)state;
    assert_works("data $T/set");
    assert_says(printed, "layout: affectnet");
    assert_says(printed, "contempt ");
    assert_says(printed, "dropped: 2 images");
    assert_works("data $T/set --classes 7 --json -");
    json_t *root = json_loads(printed, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "dropped")), 4);
    assert_int_equal(json_array_size(json_object_get(root, "labels")), 7);
    assert_int_equal(train_count(root), 1);
    json_decref(root);
}

static void refuses_words(void **state)
{
    (void)state;
    assert_refused("data $T/set --classes 6", 2, "--classes 6: 7 or 8");
    assert_refused("data $T/set --rule most", 2, "--rule most: plurality or majority");
    assert_refused("data $T/set --layout affect", 2, "--layout: no layout 'affect'; there are ");
    assert_refused("data $T/set extra", 2, "cannot use 'extra'");
    assert_refused("data $T/set --rule majority", 2, "--rule majority: for FER+, and ");
    shell("mkdir -p $T/plain/train/a $T/plain/train/b");
    assert_refused("data $T/plain --classes 7", 2, "/plain is of layout folder");
    assert_refused("data $T/nowhere --classes 7", 1, "nowhere");
}

/* A folder of a class may have any name; two that would become one are no result. */
static void names_that_are_not_utf8(void **state)
{
    (void)state;
    shell("mkdir -p $T/odd/train/b && d=$T/odd/train/$(printf 'a\\351') && mkdir $d && "
          "cp $T/set/Manually_Annotated_Images/1/a.png $d && cp $d/a.png $T/odd/train/b && cp -r $T/odd/train "
          "$T/odd/test");
    assert_works("data $T/odd --json -");
    assert_says(printed, "\"a?\": 1");
    shell("cd $T/odd/train && cp -r b $(printf 'a\\350')");
    assert_refused("data $T/odd --json -", 1, "not UTF-8");
}

static void nothing_and_too_much(void **state)
{
    (void)state;
    shell("mkdir -p $T/none/Train/happy $T/none/Train/sad $T/none/spare");
    assert_refused("data $T/none", 1, "none: no images in it");
    make_image("none/Train/sad/a.png");
    assert_works("data $T/none");
    assert_says(printed, "left aside: 1 folders beside those of the splits: spare");
    shell(": >$T/none/Train/sad/a.png");
    assert_refused("data $T/none", 1, "1 bad rows, listed above");
}

/* In two splits: a copy under the same label in the other, one under another label in its own. */
static void json_counts_copies(void **state)
{
    int copies = 0, label = 0, split = 0, low = 0, high = 0, bad = -1, aside = -1;
    (void)state;
    make_image("copy.png");
    shell("for f in train/a/1 train/b/2 test/a/3 test/a/4; do mkdir -p $T/copies/$(dirname $f) && "
          "cp $T/copy.png $T/copies/$f.png; done");
    assert_works("data $T/copies --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_int_equal(json_unpack(all, "{s:{s:i,s:i,s:i}, s:{s:[ii]}, s:{s:i}, s:i}", "copies", "count", &copies,
                                 "other_label", &label, "other_split", &split, "size", "width", &low, &high, "bad",
                                 "count", &bad, "left_aside", &aside),
                     0);
    json_decref(all);
    assert_int_equal(copies, 3);
    assert_int_equal(label, 1);
    assert_int_equal(split, 2);
    assert_true(low == 40 && high == 40 && !bad && !aside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_counts_copies),
                                       cmocka_unit_test(counts_classes_and_dropped), cmocka_unit_test(refuses_words),
                                       cmocka_unit_test(names_that_are_not_utf8),
                                       cmocka_unit_test(nothing_and_too_much)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
