/* amend explain: evidence adds up, pictures are drawn, and what cannot be explained is refused with a word. */
#include "cli/command.h"

#include <jansson.h>
#include <math.h>

#include "base/file.h"

static const char *const labels[] = {"calm", "glad", "sad"};

#define PHOTO "tests/data/astronaut.png"
#define FACE " --box 164,72,118,118 "

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    setenv("AMEND_MODEL", "models/ferplus-resnet18-ema.safetensors", 1); /* wherever the command was built */
    make_model("m.safetensors", labels, 3);
    make_image("a.png");
    return 0;
}

/* $T/e.json */
static json_t *load_json(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/e.json", folder);
    json_t *all = json_load_file(path, 0, NULL);
    assert_non_null(all);
    assert_int_equal(json_integer_value(json_object_get(all, "schema")), 1);
    return all;
}

static double number(const json_t *list, size_t k)
{
    return json_number_value(json_array_get(list, k));
}

/* Of lists of lists of numbers. */
static double sum_of(const json_t *value, size_t *count)
{
    double sum = 0;
    if (!json_is_array(value)) {
        assert_true(json_is_number(value));
        ++*count;
        return json_number_value(value);
    }
    for (size_t i = 0; i < json_array_size(value); i++) sum += sum_of(json_array_get(value, i), count);
    return sum;
}

/* bias + evidence = logit, for all classes, by `maps` [K][..][..] of `area` values each. */
static void assert_adds_up(const json_t *all, const json_t *maps, size_t area)
{
    const json_t *logits = json_object_get(all, "logits"), *bias = json_object_get(all, "bias");
    double scale = 0;
    size_t classes = json_array_size(logits);
    assert_true(classes > 0 && json_array_size(maps) == classes);
    for (size_t k = 0; k < classes; k++) scale = fmax(scale, fabs(number(logits, k)));
    for (size_t k = 0; k < classes; k++) {
        size_t count = 0;
        double sum = number(bias, k) + sum_of(json_array_get(maps, k), &count);
        assert_int_equal(count, area);
        if (!(fabs(sum - number(logits, k)) <= 1e-5 * scale))
            fail_msg("class %zu: %.9g, its logit is %.9g", k, sum, number(logits, k));
    }
    assert_true(json_number_value(json_object_get(all, "residual")) <= 1e-5 * scale);
}

/* The probabilities are the softmax of the logits at the temperature. */
static void assert_probable(const json_t *all)
{
    const json_t *logits = json_object_get(all, "logits"), *probabilities = json_object_get(all, "probabilities");
    double sum = 0, temperature = json_number_value(json_object_get(all, "temperature"));
    for (size_t k = 0; k < json_array_size(logits); k++) sum += exp(number(logits, k) / temperature);
    for (size_t k = 0; k < json_array_size(logits); k++)
        assert_true(fabs(number(probabilities, k) - exp(number(logits, k) / temperature) / sum) < 1e-5);
}

static amend_image load_picture(const char *name)
{
    char path[128];
    amend_image image = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(amend_image_open(path, &image));
    return image;
}

/* At least as wide as its panels (its lines may be wider, by the font), and so high; how many of its pixels are red or
 * blue. */
static size_t check_picture(const char *name, size_t panels, size_t side, size_t height)
{
    amend_image image = load_picture(name);
    size_t coloured = 0;
    assert_in_range(image.width, panels * (side + 24) - 24 + 60, 1100);
    assert_int_equal(image.height, height);
    for (size_t i = 0; i < image.width * image.height; i++)
        coloured += abs(image.pixels[3 * i] - image.pixels[3 * i + 2]) > 60;
    amend_image_free(&image);
    return coloured;
}

static void evidence_adds_up(void **state)
{
    (void)state;
    assert_works("explain " PHOTO FACE "--json $T/e.json --maps");
    json_t *all = load_json();
    assert_string_equal(json_string_value(json_object_get(all, "label")), "happiness");
    assert_int_equal(json_array_size(json_object_get(all, "labels")), 8);
    assert_adds_up(all, json_object_get(all, "positions"), 36);
    assert_adds_up(all, json_object_get(json_object_get(all, "maps"), "pixels"), 96 * 96);
    assert_probable(all);
    json_decref(all);
}

static void a_difference(void **state)
{
    (void)state;
    assert_works("explain " PHOTO FACE "--class happiness --against neutral --json $T/e.json --out $T/difference.png");
    json_t *all = load_json(), *difference = json_object_get(all, "difference");
    const json_t *logits = json_object_get(all, "logits");
    size_t count = 0;
    double sum = json_number_value(json_object_get(difference, "bias")) +
                 sum_of(json_object_get(difference, "positions"), &count);
    assert_int_equal(count, 36);
    assert_true(fabs(sum - (number(logits, 1) - number(logits, 0))) < 1e-4);
    assert_true(json_is_null(json_object_get(all, "maps")));
    json_decref(all);
    assert_true(check_picture("difference.png", 2, 300, 559) > 2000);
}

static void pictures_are_drawn(void **state)
{
    (void)state;
    assert_works("explain " PHOTO FACE "--out $T/all.png");
    assert_says(printed, "happiness");
    assert_says(printed, "(1,1) at the upper left");
    assert_says(errors, "drawn: ");
    assert_true(check_picture("all.png", 3, 222, 1041) > 5000);
    assert_works("explain " PHOTO FACE "--class anger --out $T/one.png");
    assert_says(printed, "anger");
    assert_null(strstr(printed, "happiness"));
    assert_true(check_picture("one.png", 2, 300, 559) > 1000);
    assert_works("explain " PHOTO FACE "--maps --out $T/maps.png");
    assert_true(check_picture("maps.png", 3, 288, 1031) > 50000);
}

/* A network that has not learnt anything, on noise, its whole image the face. */
static void any_model_and_image(void **state)
{
    (void)state;
    assert_works("explain $T/a.png --no-detect --model $T/m.safetensors --json - --out $T/noise.png");
    shell("mv $T/printed $T/e.json"); /* nothing but the JSON */
    json_t *all = load_json();
    assert_adds_up(all, json_object_get(all, "positions"), 16);
    assert_true(number(json_object_get(all, "box"), 2) == 40);
    json_decref(all);
    assert_true(check_picture("noise.png", 4, 220, 479) > 0);
}

static void standard_input(void **state)
{
    (void)state;
    assert_works("explain - --no-detect --model $T/m.safetensors <$T/a.png");
    assert_says(printed, "-: face 0,0,40,40");
    assert_refused("explain - --no-detect --model $T/m.safetensors </dev/null", 1, "standard input: the file is empty");
}

static void a_gap_head(void **state)
{
    (void)state;
    make_model_with_head("gap.safetensors", labels, 3, ARM_HEAD_GAP);
    assert_works("explain $T/a.png --no-detect --model $T/gap.safetensors --json $T/e.json --maps --out $T/gap.png");
    assert_says(errors, "a gap head has no planes");
    json_t *all = load_json(), *maps = json_object_get(all, "maps");
    assert_adds_up(all, json_object_get(all, "positions"), 16);
    assert_true(json_is_null(json_object_get(maps, "planes")) && json_is_null(json_object_get(maps, "pixels")));
    assert_int_equal(json_array_size(json_object_get(maps, "erosion")), 4);
    json_decref(all);
    assert_true(check_picture("gap.png", 1, 300, 572) > 1000);
}

/* The photo twice beside each other, as $T/two.png. */
static void make_two_faces(void)
{
    char path[128];
    amend_image photo = {0}, two = {0};
    assert_ok(amend_image_open(PHOTO, &photo));
    size_t row = photo.width * photo.channels;
    assert_ok(image_create(&two, 2 * photo.width, photo.height, photo.channels));
    for (size_t i = 0; i < 2 * photo.height; i++) memcpy(two.pixels + i * row, photo.pixels + i / 2 * row, row);
    snprintf(path, sizeof path, "%s/two.png", folder);
    assert_ok(image_write_png(path, &two));
    amend_image_free(&two);
    amend_image_free(&photo);
}

static void faces_are_found(void **state)
{
    (void)state;
    if (!file_exists("models/blazeface-256.onnx")) {
        print_message("skipped: no face detector; tools/detector.sh fetches it\n");
        skip();
    }
    assert_works("explain " PHOTO " --json $T/e.json --detector models/blazeface-256.onnx");
    json_t *all = load_json();
    assert_true(json_number_value(json_object_get(all, "score")) > 0.5);
    assert_true(fabs(number(json_object_get(all, "box"), 0) - 170) < 20);
    assert_adds_up(all, json_object_get(all, "positions"), 36);
    json_decref(all);
    assert_refused("explain $T/a.png --detector models/blazeface-256.onnx --out $T/never.png", 1,
                   "a.png: no face found");
    shell("test ! -e $T/never.png");
    assert_refused("explain " PHOTO " --detector models/blazeface-256.onnx --face 9", 1, "--face 9: only 1 found");
    make_two_faces();
    assert_works("explain $T/two.png --detector models/blazeface-256.onnx --json $T/e.json");
    assert_says(errors, "2 faces: explaining the surest");
    json_t *first = load_json();
    assert_works("explain $T/two.png --detector models/blazeface-256.onnx --face 2 --json $T/e.json");
    assert_says(printed, "(2 of 2)");
    all = load_json();
    assert_int_equal(json_integer_value(json_object_get(all, "face")), 2);
    assert_true(fabs(number(json_object_get(all, "box"), 0) - number(json_object_get(first, "box"), 0)) > 400);
    json_decref(first);
    json_decref(all);
}

static void refused(void **state)
{
    (void)state;
    assert_refused("explain", 2, "one image is needed");
    assert_refused("explain " PHOTO " extra.png", 2, "cannot use 'extra.png'");
    assert_refused("explain " PHOTO " --box 1,2,3", 2, "--box 1,2,3: X,Y,W,H");
    assert_refused("explain " PHOTO " --face 0", 2, "--face 0: a whole number from 1");
    assert_refused("explain " PHOTO " --face ''", 2, "--face : a whole number from 1");
    assert_refused("explain " PHOTO " --box 164,72,0,0", 1, "face box 164,72,0,0: its sides must be 1 pixel or more");
    assert_refused("explain " PHOTO " --face 1 --no-detect", 2, "exclude each other");
    assert_refused("explain " PHOTO " --against sadness", 2, "--against needs --class");
    assert_refused("explain " PHOTO " --maps", 2, "--maps needs --out or --json");
    assert_refused("explain " PHOTO " --box 900,900,10,10", 1, "astronaut.png: face box 900,900,10,10 does not lie on");
    assert_refused("explain " PHOTO FACE "--class hapiness", 2, "did you mean 'happiness'?");
    assert_refused("explain " PHOTO FACE "--class zzzzzzzzzzzz", 2, "'amend info' lists them");
    assert_refused("explain " PHOTO FACE "--class fear --against fear", 2, "the same as --class");
    assert_refused("explain $T/missing.png --no-detect", 1, "missing.png");
    assert_refused("explain " PHOTO FACE "--model $T/missing.safetensors", 1, "missing.safetensors");
    assert_refused("explain " PHOTO FACE "--out $T/nowhere/x.png", 1, "nowhere/x.png");
    assert_works("export $T/m.safetensors --out $T/m.onnx");
    assert_refused("export $T/m.safetensors --out $T/m.onnx --precision bf16", 2,
                   "--precision bf16: values of an ONNX file");
    assert_refused("export $T/m.safetensors extra --out $T/m.onnx", 2, "cannot use 'extra'");
    assert_refused("explain $T/a.png --no-detect --model $T/m.onnx", 1, "m.onnx: a network in ONNX is folded for good");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_adds_up),    cmocka_unit_test(a_difference),   cmocka_unit_test(pictures_are_drawn),
        cmocka_unit_test(any_model_and_image), cmocka_unit_test(standard_input), cmocka_unit_test(a_gap_head),
        cmocka_unit_test(faces_are_found),     cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
