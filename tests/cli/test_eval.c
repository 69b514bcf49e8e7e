/* amend eval and amend data on a drawn set. */
#include "cli/command.h"

#include <jansson.h>
#include <math.h>

/* As the folders sort. */
static const char *const labels[] = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    make_model("m.safetensors", labels, 7);
    make_model("other.safetensors", labels, 3);
    assert_works("synth --out $T/set --count 42 --size 48");
    return 0;
}

/* Images of the drawn set's split, as `amend data` counts them. */
static json_int_t count_split(const char *split)
{
    assert_works("data $T/set --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_t *splits = json_object_get(all, "splits");
    json_int_t count = json_integer_value(json_object_get(json_object_get(splits, split), "count"));
    json_decref(all);
    return count;
}

static void data_counts(void **state)
{
    (void)state;
    assert_int_equal(count_split("train") + count_split("valid") + count_split("test"), 42);
    assert_works("data $T/set");
    assert_says(printed, "layout: folder");
    assert_says(printed, "bad rows: 0");
    for (size_t k = 0; k < 7; k++) assert_says(printed, labels[k]);
    assert_refused("data $T/nothing", 1, "/nothing");
}

static void text(void **state)
{
    (void)state;
    assert_works("eval $T/m.safetensors --data $T/set --split valid --affinity none");
    assert_says(printed, "split       valid\n");
    assert_says(printed, "affinity    none\n");
    assert_says(printed, "layout      folder\n");
    assert_says(printed, "input       32x32, gray, single crop\n");
    assert_says(printed, "precision   f32\n");
    assert_says(printed, "95 % interval");
    assert_says(printed, "confusion: rows are truth");
}

static void json(void **state)
{
    json_int_t total = 0, count = count_split("test");
    (void)state;
    assert_works("eval $T/m.safetensors --data $T/set --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_t *protocol = json_object_get(all, "protocol"), *confusion = json_object_get(all, "confusion");
    assert_string_equal(json_string_value(json_object_get(protocol, "split")), "test");
    assert_string_equal(json_string_value(json_object_get(protocol, "affinity")), "ema");
    assert_true(json_is_null(json_object_get(protocol, "rule")));
    assert_int_equal(json_integer_value(json_object_get(all, "count")), count);
    for (size_t i = 0; i < 49; i++)
        total += json_integer_value(json_array_get(json_array_get(confusion, i / 7), i % 7));
    assert_int_equal(total, count);
    json_decref(all);
}

/* A model of other classes in another order, with one that the set has not: measured on the six that both have. */
static void shared_classes_alone(void **state)
{
    static const char *const nouns[] = {"neutral", "happiness", "sadness", "anger", "fear", "contempt", "surprise"};
    static const char *const shared[] = {"neutral", "happiness", "sadness", "anger", "fear", "surprise"};
    (void)state;
    make_model("nouns.safetensors", nouns, 7);
    assert_refused("eval $T/nouns.safetensors --data $T/set", 1, "--shared");
    assert_says(errors, "the data set has 7 (class 1 is neutral there, angry here)");
    assert_works("eval $T/nouns.safetensors --data $T/set --split train --shared --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_int_t count = json_integer_value(json_object_get(all, "count")), total = 0;
    json_t *confusion = json_object_get(all, "confusion"), *labels_shown = json_object_get(all, "labels");
    assert_int_equal(json_array_size(labels_shown), 6);
    for (size_t i = 0; i < 6; i++) assert_string_equal(json_string_value(json_array_get(labels_shown, i)), shared[i]);
    for (size_t i = 0; i < 36; i++)
        total += json_integer_value(json_array_get(json_array_get(confusion, i / 6), i % 6));
    assert_int_equal(total, count);
    assert_true(count > 0 && count < count_split("train")); /* without disgust */
    assert_string_equal(json_string_value(json_object_get(json_object_get(all, "protocol"), "classes")),
                        "neutral, happiness = happy, sadness = sad, anger = angry, fear, surprise");
    json_decref(all);
    static const char *const foreign[] = {"apple", "pear", "sad"};
    make_model("foreign.safetensors", foreign, 3);
    assert_refused("eval $T/foreign.safetensors --data $T/set --shared", 1, "share 1 classes");
}

/* A set with two names for one class: the same name goes before another of the same meaning, and no class counts twice.
 */
static void each_class_is_shared_once(void **state)
{
    static const char *const two[] = {"angry", "happiness", "sad"}, *const both[] = {"happiness", "happy"};
    (void)state;
    make_model("two.safetensors", two, 3);
    make_model("both.safetensors", both, 2);
    make_image("image.png");
    shell("for k in anger angry happy sad; do mkdir -p $T/twice/test/$k $T/twice/train/$k; "
          "for s in test train; do cp $T/image.png $T/twice/$s/$k/; done; done");
    assert_works("eval $T/two.safetensors --data $T/twice --shared");
    assert_says(printed, "classes     angry, happiness = happy, sad\n");
    assert_refused("eval $T/both.safetensors --data $T/twice --shared", 1, "share 1 classes");
}

/* Of two test images one is in the training split too, as another class and under another name. */
static void unseen_images_alone(void **state)
{
    (void)state;
    make_image("image.png");
    make_mirrored("image.png", "mirrored.png");
    shell("for s in train test; do for k in angry disgust fear; do mkdir -p $T/leak/$s/$k; done; done; "
          "cp $T/image.png $T/leak/train/fear/a.png; cp $T/image.png $T/leak/test/angry/b.png; "
          "cp $T/mirrored.png $T/leak/test/disgust/c.png");
    assert_works("eval $T/other.safetensors --data $T/leak --json -");
    assert_says(printed, "\"count\": 2");
    assert_says(printed, "\"left_out\": null");
    assert_works("eval $T/other.safetensors --data $T/leak --unseen --json -");
    assert_says(printed, "\"count\": 1");
    json_t *all = json_loads(printed, 0, NULL), *row = json_array_get(json_object_get(all, "confusion"), 1);
    json_int_t total = 0;
    for (size_t k = 0; k < 3; k++) total += json_integer_value(json_array_get(row, k));
    assert_int_equal(total, 1); /* disgust */
    json_decref(all);
    assert_works("eval $T/other.safetensors --data $T/leak --unseen");
    assert_says(printed, "left_out    1 images that are in the training split too\n");
    shell("rm $T/leak/test/disgust/c.png");
    assert_refused("eval $T/other.safetensors --data $T/leak --unseen", 1, "none is left");
    assert_refused("eval $T/other.safetensors --data $T/leak --unseen --split train", 2,
                   "--unseen: all of split train");
}

static double ece_of(const char *arguments)
{
    assert_works(arguments);
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    double ece = json_number_value(json_object_get(all, "ece"));
    json_decref(all);
    return ece;
}

/* A set and the set of its mirror images: they differ, but not with --tta flip. */
static void flip(void **state)
{
    (void)state;
    shell("for s in one two; do for k in angry disgust fear; do mkdir -p $T/$s/test/$k $T/$s/train/$k; done; done");
    make_image("image.png");
    make_mirrored("image.png", "mirrored.png");
    shell("for k in angry disgust fear; do for s in test train; do cp $T/image.png $T/one/$s/$k/; "
          "cp $T/mirrored.png $T/two/$s/$k/; done; done");
    double one = ece_of("eval $T/other.safetensors --data $T/one --json -");
    assert_says(printed, "\"tta\": null");
    assert_true(fabs(one - ece_of("eval $T/other.safetensors --data $T/two --json -")) > 1e-4);
    one = ece_of("eval $T/other.safetensors --data $T/one --tta flip --json -");
    assert_says(printed, "\"tta\": \"flip\"");
    assert_true(fabs(one - ece_of("eval $T/other.safetensors --data $T/two --tta flip --json -")) < 1e-5);
    assert_works("eval $T/other.safetensors --data $T/one --tta flip");
    assert_says(printed, "tta         flip\n");
    assert_says(printed, "crop and mirror image\n");
    assert_refused("eval $T/m.safetensors --data $T/set --tta five", 2, "--tta five: flip");
}

static void refused(void **state)
{
    (void)state;
    assert_refused("eval $T/other.safetensors --data $T/set", 1,
                   "was trained on 3 classes, the data set has 7 (class 4 is none there, happy here)");
    assert_refused("eval $T/m.safetensors --data $T/set --split dev", 2, "--split dev: train, valid or test");
    assert_refused("eval $T/m.safetensors --data $T/set --batch 0", 2, "--batch 0: a whole number from 1 to 4096");
    assert_refused("eval $T/m.safetensors --data $T/set --batch -18446744073709551615", 2, "--batch -1844");
    assert_refused("eval $T/m.safetensors --data $T/set extra", 2, "cannot use 'extra'");
    assert_refused("eval $T/m.safetensors --data $T/set --layout foldr", 2, "no layout 'foldr'");
    assert_refused("eval $T/m.safetensors --data $T/set --splt test", 2, "did you mean '--split'?");
}

static void the_temperature_is_kept(void **state)
{
    double fitted = 0, stored = 0;
    (void)state;
    assert_works("calibrate $T/m.safetensors --data $T/set --split train --out $T/cool.safetensors");
    assert_int_equal(sscanf(printed, "temperature %lf", &fitted), 1);
    assert_true(fabs(fitted - 1) > 0.01); /* else it shows nothing */
    assert_works("info $T/cool.safetensors");
    const char *at = strstr(printed, "amend.temperature");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "amend.temperature %lf", &stored), 1);
    assert_true(fabs(stored - fitted) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_temperature_is_kept),
        cmocka_unit_test(data_counts),
        cmocka_unit_test(text),
        cmocka_unit_test(json),
        cmocka_unit_test(shared_classes_alone),
        cmocka_unit_test(each_class_is_shared_once),
        cmocka_unit_test(unseen_images_alone),
        cmocka_unit_test(flip),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
