/* amend predict: good and bad images, bad models. */
#include "cli/command.h"

#include <jansson.h>
#include <math.h>

#include "weights/safetensors.h"

enum { MOST_TENSORS = 256 };
static const char *const labels[] = {"calm", "glad", "sad"};

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    make_model("m.safetensors", labels, 3);
    make_image("a.png");
    make_image("b.png");
    shell("cd $T && : >empty.png && head -c 100 a.png >cut.png && echo text >text.png && echo text >text.safetensors &&"
          "head -c 20000 m.safetensors >cut.safetensors");
    return 0;
}

static void bad_images_do_not_stop_the_rest(void **state)
{
    static const char *const names[] = {"empty.png", "cut.png", "text.png", "missing.png"};
    const char *line = errors;
    (void)state;
    assert_refused("predict --no-detect --model $T/m.safetensors $T/a.png $T/empty.png $T/cut.png $T/text.png "
                   "$T/missing.png $T/b.png",
                   1, "");
    assert_says(printed, "/a.png: face 0,0,40,40: ");
    assert_says(printed, "/b.png: face 0,0,40,40: ");
    for (size_t i = 0; i < 4; i++) { /* one line each, in their order */
        const char *end = strchr(line, '\n'), *found = strstr(line, names[i]);
        assert_non_null(end);
        assert_true(found && found < end);
        assert_int_equal(strncmp(line, "amend: ", 7), 0);
        line = end + 1;
    }
    assert_string_equal(line, "amend: 4 of 6 files failed\n");
    assert_refused("predict $T/a.png --no-detect --detector $T/none.onnx", 2, "--detector: none is needed");
}

static void folders_and_patterns(void **state)
{
    (void)state;
    shell("mkdir -p $T/tree2/sub && cp $T/a.png $T/tree2/b.png && cp $T/a.png $T/tree2/sub/a.png && "
          "ln -s $T/tree2 $T/tree2/sub/loop && echo text >$T/tree2/notes.txt");
    assert_works("predict --no-detect --model $T/m.safetensors --annotate $T/drawn2 --csv $T/tree2");
    assert_says(printed, "/tree2/b.png\",");
    assert_says(printed, "/tree2/sub/a.png\",");
    assert_null(strstr(printed, "loop"));
    shell("test -s $T/drawn2/b.png && test -s $T/drawn2/sub_a.png");
    assert_works("predict --no-detect --model $T/m.safetensors --csv \"$T/tree2/?.png\"");
    assert_works("predict --no-detect --model $T/m.safetensors --csv \"$T/tree?\"");
    assert_says(printed, "/tree2/sub/a.png\",");
}

/* What holds no image stops nothing; nothing else is opened where there is none at all. */
static void empty_and_locked_folders(void **state)
{
    (void)state;
    shell("mkdir -p $T/none $T/part/locked && cp $T/a.png $T/part && cp $T/a.png $T/part/locked && chmod 0 "
          "$T/part/locked");
    assert_refused("predict --no-detect --model $T/m.safetensors --csv $T/none \"$T/none/*\" $T/b.png", 1,
                   "/none: no image");
    assert_says(errors, "/none/*: no file is called like this");
    assert_says(errors, "2 of 3 files failed");
    assert_says(printed, "/b.png\",");
    assert_refused("predict --no-detect --model $T/missing.safetensors $T/none \"$T/none/*\"", 1, "/none: no image");
    assert_says(errors, "/none/*: no file is called like this");
    assert_null(strstr(errors, "missing"));
    int status = amend("predict --no-detect --model $T/m.safetensors --csv $T/part");
    assert_says(printed, "/part/a.png\",");
    if (geteuid()) {
        assert_int_equal(status, 1);
        assert_says(errors, "/part/locked: cannot list the folder");
    }
    shell("chmod 700 $T/part/locked");
}

static void standard_input(void **state)
{
    (void)state;
    assert_works("predict --no-detect --model $T/m.safetensors --json - --annotate $T/piped - <$T/a.png");
    assert_says(printed, "\"file\": \"-\"");
    shell("test -s $T/piped/standard-input.png");
    assert_works("predict --no-detect --model $T/m.safetensors $T/a.png");
    char from_file[sizeof printed];
    strcpy(from_file, strstr(printed, "a.png:") + 5);
    shell("(head -c 100 $T/a.png; sleep 0.2; tail -c +101 $T/a.png) | \"$AMEND_COMMAND\" predict --no-detect "
          "--model $T/m.safetensors - >$T/printed"); /* in two pieces */
    char path[128];
    snprintf(path, sizeof path, "%s/printed", folder);
    read_text(path, printed, sizeof printed);
    assert_string_equal(printed + 1, from_file);
    assert_refused("predict --no-detect --model $T/m.safetensors - $T/a.png <$T/text.png", 1,
                   "standard input: not a JPEG, PNG or WebP image");
    assert_says(printed, "/a.png: face");
    assert_refused("predict --no-detect --model $T/m.safetensors - </dev/null", 1, "standard input: the file is empty");
}

/* Pictures of namesakes do not replace each other. */
static void namesakes(void **state)
{
    (void)state;
    shell("mkdir -p $T/one $T/two && cp $T/a.png $T/one/x.png && cp $T/a.png $T/two/x.png && cp $T/a.png $T/two/y.png");
    assert_works(
        "predict --no-detect --model $T/m.safetensors --annotate $T/same $T/one/x.png $T/two/x.png $T/two/y.png "
        "$T/one/x.png");
    shell("test $(ls $T/same | wc -l) = 4 && test -s $T/same/x.png && test -s $T/same/x-2.png && "
          "test -s $T/same/x-3.png && test -s $T/same/y.png");
}

static void many_files(void **state)
{
    (void)state;
    shell("mkdir -p $T/many && for i in $(seq 20); do cp $T/a.png $T/many/$i.png; done && echo text >$T/many/bad.png");
    assert_refused("predict --no-detect --model $T/m.safetensors --csv $T/many", 1, "predicting: 21 of 21 (100 %)");
    assert_says(errors, "1 of 21 files failed");
    assert_null(strstr(errors, "predicting: 20 of 21")); /* no line more for the bad one, which is the last */
    size_t lines = 0;
    for (const char *c = printed; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, 21); /* with the header */
}

/* Several photos at a time or one after the other: the same output in the same order, with one bad photo among them. */
static void threads_do_not_change_the_output(void **state)
{
    (void)state;
    shell("mkdir $T/order && for i in $(seq 10 30); do cp $T/a.png $T/order/$i.png; done && echo text >$T/order/15.png "
          "&& "
          "for n in 1 3; do OMP_NUM_THREADS=$n $AMEND_COMMAND predict --no-detect --model $T/m.safetensors --json "
          "$T/order-$n.json $T/order >$T/order-$n 2>$T/order-errors-$n; test $? = 1; done && cmp $T/order-1 $T/order-3 "
          "&& "
          "cmp $T/order-1.json $T/order-3.json && grep -c 30.png $T/order-3.json && grep -c 15.png $T/order-errors-3");
}

/* A full disk is no success. */
static void what_cannot_be_printed(void **state)
{
    (void)state;
    shell("\"$AMEND_COMMAND\" predict --no-detect --model $T/m.safetensors --csv $T/a.png >/dev/full 2>$T/said; "
          "test $? = 1 && grep -q 'is the disk full' $T/said");
}

static void top_and_threshold(void **state)
{
    (void)state;
    assert_works("predict --no-detect --model $T/m.safetensors --top 1 --threshold 1 $T/a.png");
    assert_says(printed, "uncertain");
    size_t lines = 0;
    for (const char *c = printed; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, 2);
    assert_works("predict --no-detect --model $T/m.safetensors --threshold 1 --json - $T/a.png");
    assert_says(printed, "\"label\": null");
    assert_refused("predict $T/a.png --top 0", 2, "--top 0: a whole number from 1 to");
    assert_refused("predict $T/a.png --top -18446744073709551615", 2, "--top -1844");
    assert_refused("predict $T/a.png --threshold 2", 2, "--threshold 2: a number from 0 to 1");
}

static void json_parses(void **state)
{
    double sum = 0;
    const char *label;
    json_t *value;
    (void)state;
    assert_works("predict --model $T/m.safetensors --json - --annotate $T/drawn --box 5,5,30,30 $T/a.png $T/b.png");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_t *images = json_object_get(all, "images");
    assert_int_equal(json_array_size(images), 2);
    json_t *face = json_array_get(json_object_get(json_array_get(images, 1), "faces"), 0);
    json_object_foreach(json_object_get(face, "probabilities"), label, value) sum += json_real_value(value);
    assert_true(fabs(sum - 1) < 1e-5);
    assert_int_equal(json_object_size(json_object_get(face, "probabilities")), 3);
    assert_true(json_number_value(json_array_get(json_object_get(face, "box"), 2)) == 30);
    json_decref(all);

    char path[128];
    amend_image drawn = {0};
    snprintf(path, sizeof path, "%s/drawn/a.png", folder);
    assert_ok(amend_image_open(path, &drawn));
    assert_true(drawn.width >= 40 && drawn.height >= 40);
    amend_image_free(&drawn);
}

/* A file's name may hold any bytes: it loses no result. */
static void names_that_are_not_utf8(void **state)
{
    (void)state;
    shell("mkdir $T/odd && cp $T/a.png $T/odd/$(printf 'a\\351.png')");
    assert_works("predict --no-detect --model $T/m.safetensors --json - $T/odd");
    assert_says(printed, "/odd/a?.png\"");
    assert_works("explain --no-detect --model $T/m.safetensors --json - $T/odd/*");
    assert_says(printed, "/odd/a?.png\"");
}

/* Probabilities of the only face of image `i` in what was printed. */
static void read_probabilities(size_t i, double values[3])
{
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_t *image = json_array_get(json_object_get(all, "images"), i);
    json_t *face = json_array_get(json_object_get(image, "faces"), 0);
    for (size_t k = 0; k < 3; k++)
        values[k] = json_number_value(json_object_get(json_object_get(face, "probabilities"), labels[k]));
    json_decref(all);
}

static void flip_is_the_mean_of_both(void **state)
{
    double first[3], second[3], both[3], change = 0;
    (void)state;
    make_mirrored("a.png", "mirrored.png");
    assert_works("predict --no-detect --model $T/m.safetensors --precision f32 --json - $T/a.png $T/mirrored.png");
    assert_says(printed, "\"tta\": null");
    read_probabilities(0, first);
    read_probabilities(1, second);
    assert_works("predict --no-detect --model $T/m.safetensors --precision f32 --json - --tta flip $T/a.png");
    assert_says(printed, "\"tta\": \"flip\"");
    read_probabilities(0, both);
    for (size_t k = 0; k < 3; k++) {
        assert_true(fabs(both[k] - (first[k] + second[k]) / 2) < 2e-5); /* JSON has six digits */
        change = fmax(change, fabs(first[k] - second[k]));
    }
    assert_true(change > 1e-3); /* else the mean shows nothing */
    assert_refused("predict --no-detect --model $T/m.safetensors --tta crops $T/a.png", 2, "--tta crops: flip");
}

static void bad_boxes(void **state)
{
    (void)state;
    assert_refused("predict --model $T/m.safetensors --box 50,50,10,10 $T/a.png", 1, "/a.png");
    assert_refused("predict --model $T/m.safetensors --box 10,10,0.5,30 $T/a.png", 1, "its sides must be 1 pixel or");
    assert_refused("predict --model $T/m.safetensors --box 5,5,30 $T/a.png", 2, "--box 5,5,30: X,Y,W,H");
    assert_refused("predict --no-detect --box 5,5,30,30 $T/a.png", 2, "--box and --no-detect exclude each other");
}

/* The model again with tensor 0 left out (0), a shorter one (1), or a tensor too many (2). */
static void write_changed(const char *name, int change)
{
    char from[128], to[128];
    safetensors *file = NULL;
    tensor_entry entries[MOST_TENSORS];
    meta_entry meta[16];
    size_t count = 0, metas = 0;
    static const char *const keys[] = {"architecture", "stem",     "width",  "head", "arrangement",
                                       "size",         "channels", "labels", "mean", "deviation"};
    static char names[16][40];
    snprintf(from, sizeof from, "%s/m.safetensors", folder);
    snprintf(to, sizeof to, "%s/%s", folder, name);
    assert_ok(safetensors_open(from, &file));
    assert_true(safetensors_count(file) < MOST_TENSORS);
    for (size_t i = change == 0; i < safetensors_count(file); i++) {
        tensor_view view = safetensors_at(file, i);
        tensor_entry *entry = &entries[count++];
        *entry = (tensor_entry){.name = view.name, .stored = view.type, .dims = view.dims, .data = view.data};
        memcpy(entry->shape, view.shape, sizeof view.shape);
    }
    for (size_t i = 0; change == 1 && i < count; i++)
        if (!strcmp(entries[i].name, "fc.bias")) entries[i].shape[0] = 1;
    if (change == 2) entries[count] = (tensor_entry){"surplus", TENSOR_F32, 1, {1}, entries[0].data}, count++;
    for (; metas < sizeof keys / sizeof *keys; metas++) {
        snprintf(names[metas], sizeof names[metas], "amend.%s", keys[metas]);
        meta[metas] = (meta_entry){names[metas], safetensors_meta(file, names[metas])};
    }
    assert_ok(safetensors_write(to, entries, count, meta, metas));
    safetensors_free(file);
}

static void bad_models(void **state)
{
    (void)state;
    write_changed("less.safetensors", 0);
    write_changed("shape.safetensors", 1);
    write_changed("more.safetensors", 2);
    assert_refused("predict --no-detect --model $T/less.safetensors $T/a.png", 1, "less.safetensors: no tensor");
    assert_refused("predict --no-detect --model $T/shape.safetensors $T/a.png", 1, "has shape [1], needed is");
    assert_refused("predict --no-detect --model $T/more.safetensors $T/a.png", 1, "tensor 'surplus' has no place");
    assert_refused("predict --no-detect --model $T/cut.safetensors $T/a.png", 1, "cut.safetensors: ");
    assert_refused("predict --no-detect --model $T/text.safetensors $T/a.png", 1, "text.safetensors: ");
    assert_refused("predict --no-detect --model $T/missing.safetensors $T/a.png", 1, "missing.safetensors: ");
}

/* The released model beside the command, wherever it is called; never one that lies in the current folder. */
static void default_model(void **state)
{
    (void)state;
    shell("mkdir -p $T/tree/build $T/tree/models $T/decoy/models && cp \"$AMEND_COMMAND\" $T/tree/build/amend");
    shell("cp $T/m.safetensors $T/tree/models/ferplus-resnet18-ema.safetensors");
    shell(": >$T/decoy/models/ferplus-resnet18-ema.safetensors");
    shell("cd $T/decoy && ../tree/build/amend predict --no-detect $T/a.png --csv >$T/said");
    shell("grep -q a.png $T/said");
    shell("cd $T/decoy && AMEND_MODEL=$T/none ../tree/build/amend predict --no-detect $T/a.png 2>$T/said; test $? = 1");
    shell("grep -q \"$T/none\" $T/said");
    shell("cd $T/decoy && AMEND_MODEL= ../tree/build/amend predict --no-detect $T/a.png --csv >$T/said");
    shell("cp tests/data/astronaut.png $T/tree/models/blazeface-256.onnx"); /* that it is looked at is enough */
    shell("cd $T/decoy && AMEND_DETECTOR= ../tree/build/amend faces $T/a.png 2>$T/said; test $? = 1 && "
          "grep -q tree/build/../models/blazeface-256.onnx $T/said");
}

/* Names of classes may hold what CSV quotes. */
static void labels_in_csv(void **state)
{
    static const char *const odd[] = {"so \"calm\"", "glad"};
    (void)state;
    make_model("quoted.safetensors", odd, 2);
    assert_works("predict --no-detect --model $T/quoted.safetensors --csv $T/a.png");
    assert_says(printed, "file,x,y,w,h,label,\"so \"\"calm\"\"\",glad\n");
}

/* Names that would clear the screen. */
static void control_characters(void **state)
{
    (void)state;
    shell("mkdir $T/clear && cp $T/a.png $T/clear/$(printf 'a\\033[2J.png') && cp $T/text.png $T/clear/$(printf "
          "'b\\007.png')");
    assert_refused("predict --no-detect --model $T/m.safetensors --annotate $T/cleared $T/clear", 1, "/b .png: not a");
    assert_says(printed, "/a?[2J.png: face");
    assert_says(errors, "/a?[2J.png\n");
    assert_works("explain --no-detect --model $T/m.safetensors $T/clear/a*");
    assert_says(printed, "/a?[2J.png: face");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_images_do_not_stop_the_rest),
        cmocka_unit_test(folders_and_patterns),
        cmocka_unit_test(empty_and_locked_folders),
        cmocka_unit_test(standard_input),
        cmocka_unit_test(namesakes),
        cmocka_unit_test(many_files),
        cmocka_unit_test(threads_do_not_change_the_output),
        cmocka_unit_test(what_cannot_be_printed),
        cmocka_unit_test(top_and_threshold),
        cmocka_unit_test(json_parses),
        cmocka_unit_test(names_that_are_not_utf8),
        cmocka_unit_test(flip_is_the_mean_of_both),
        cmocka_unit_test(bad_boxes),
        cmocka_unit_test(default_model),
        cmocka_unit_test(labels_in_csv),
        cmocka_unit_test(control_characters),
        cmocka_unit_test(bad_models),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
