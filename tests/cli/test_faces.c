/* amend faces, and predict with faces that it finds. Needs the detector's file. */
#include "cli/command.h"

#include "base/file.h"

#include <jansson.h>
#include <math.h>

static void need_detector(void)
{
    if (file_exists("models/blazeface-256.onnx")) return;
    print_message("skipped: no models/blazeface-256.onnx; tools/detector.sh fetches it\n");
    skip();
}

static void faces_are_found_and_judged(void **state)
{
    (void)state;
    need_detector();
    shell("printf 'file,x,y,w,h\\nastronaut.png,174,73,104,104\\n' >$T/boxes.csv");
    assert_works("faces tests/data/astronaut.png --detector models/blazeface-256.onnx --json - --eval $T/boxes.csv "
                 "--annotate $T/drawn");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    assert_true(json_number_value(json_object_get(json_object_get(all, "eval"), "recall")) == 1);
    json_t *face = json_array_get(json_object_get(json_array_get(json_object_get(all, "images"), 0), "faces"), 0);
    assert_int_equal(json_array_size(json_object_get(face, "points")), 4);
    json_decref(all);
    shell("test -s $T/drawn/astronaut.png");
    assert_refused("faces tests/data/astronaut.png --threshold 2", 2, "--threshold 2");
    assert_refused("faces $T/none.png tests/data/astronaut.png --detector models/blazeface-256.onnx", 1, "none.png");
    assert_says(errors, "1 of 2 files failed");
    assert_says(printed, "astronaut.png: 1 face");
}

/* Boxes of a photo that cannot be read are missed; those of a file that was not given are named and not counted. */
static void boxes_of_other_files(void **state)
{
    (void)state;
    need_detector();
    shell("printf 'astronaut.png,174,73,104,104\\nbroken.png,1,1,9,9\\nother.png,1,1,9,9\\n' >$T/more.csv");
    shell(": >$T/broken.png");
    assert_refused("faces $T/broken.png tests/data/astronaut.png --detector models/blazeface-256.onnx --json - --eval "
                   "$T/more.csv",
                   1, "more.csv: 1 boxes of 1 files that were not given are not counted: other.png");
    json_t *all = json_loads(printed, 0, NULL), *eval = json_object_get(all, "eval");
    assert_true(json_number_value(json_object_get(eval, "recall")) == 0.5);
    assert_int_equal(json_integer_value(json_object_get(eval, "left_out")), 1);
    json_decref(all);
    make_image("nobody.png");
    assert_works("faces $T/nobody.png --detector models/blazeface-256.onnx --json - --eval $T/boxes.csv");
    all = json_loads(printed, 0, NULL);
    assert_true(json_is_null(json_object_get(json_object_get(all, "eval"), "recall")));
    json_decref(all);
    assert_works("faces $T/nobody.png --detector models/blazeface-256.onnx --eval $T/boxes.csv");
    assert_says(printed, "0 boxes, 0 found (recall not defined)");
}

/* Shares of the picture's sides: pixels of the eyes and the mouth over 512. */
static void points_for_a_recipe(void **state)
{
    double p[6];
    (void)state;
    need_detector();
    make_image("nobody.png");
    assert_works("faces tests/data/astronaut.png $T/nobody.png --detector models/blazeface-256.onnx --points");
    assert_says(printed, "medians of the pictures with one face: 1 of 2");
    const char *line = strstr(printed, "[model]\npoints = ");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "[model] points = %lf,%lf,%lf,%lf,%lf,%lf", p, p + 1, p + 2, p + 3, p + 4, p + 5), 6);
    shell("sed -n '/model/,$p' $T/printed >$T/points.ini"); /* a recipe as it stands */
    assert_refused("train --recipe $T/points.ini --data $T/nowhere --out $T/run", 1, "nowhere");
    const double known[6] = {204, 102, 248, 104, 223, 149};
    for (size_t i = 0; i < 6; i++)
        if (fabs(512 * p[i] - known[i]) > 8) fail_msg("value %zu is %g, about %g is expected", i, 512 * p[i], known[i]);
    assert_refused("faces $T/nobody.png --detector models/blazeface-256.onnx --points --json $T/points.json", 1,
                   "none of 1 pictures");
    shell("grep -q '\"points\": null' $T/points.json");
}

/* Names may hold any bytes: no result is lost, and no control character reaches a terminal. */
static void odd_names(void **state)
{
    (void)state;
    need_detector();
    shell("cp tests/data/astronaut.png $T/$(printf 'a\\351\\033[2J.png')");
    assert_works("faces $T/a*J.png --detector models/blazeface-256.onnx --json - --annotate $T/drawn");
    assert_says(printed, "/a?\\u001B[2J.png\"");
    assert_says(errors, "drawn: ");
    assert_works("faces $T/a*J.png --detector models/blazeface-256.onnx");
    assert_says(printed, "?[2J.png: 1 face");
}

static void predict_finds_the_face(void **state)
{
    (void)state;
    need_detector();
    assert_works("predict tests/data/astronaut.png --detector models/blazeface-256.onnx --json - --model "
                 "models/ferplus-resnet18-ema.safetensors");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    json_t *face = json_array_get(json_object_get(json_array_get(json_object_get(all, "images"), 0), "faces"), 0);
    assert_string_equal(json_string_value(json_object_get(face, "label")), "happiness");
    json_decref(all);
    make_image("blank.png");
    assert_refused("predict $T/blank.png --model models/ferplus-resnet18-ema.safetensors --detector "
                   "models/blazeface-256.onnx",
                   1, "no face found");
}

/* A part of the portrait as $T/NAME. */
static void make_part(const char *name, amend_box box)
{
    amend_image photo = {0}, part = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(amend_image_open("tests/data/astronaut.png", &photo));
    assert_ok(image_crop_resize(&photo, box, (size_t)box.width, (size_t)box.height, &part));
    assert_ok(image_write_png(path, &part));
    amend_image_free(&photo);
    amend_image_free(&part);
}

#define READ "predict --model models/ferplus-resnet18-ema.safetensors --detector models/blazeface-256.onnx "

/* The only face in what was printed; `all` is freed by the caller. */
static json_t *only_face(json_t *all)
{
    json_t *faces = json_object_get(json_array_get(json_object_get(all, "images"), 0), "faces");
    assert_int_equal(json_array_size(faces), 1);
    return json_array_get(faces, 0);
}

static double side(json_t *face, size_t i)
{
    return json_number_value(json_array_get(json_object_get(face, "box"), i));
}

static void photos_without_a_face(void **state)
{
    (void)state;
    need_detector();
    make_part("suit.png", (amend_box){0, 256, 512, 256});
    make_part("left.png", (amend_box){0, 0, 226, 512}); /* half a face */
    make_part("eye.png", (amend_box){195, 100, 30, 25});
    assert_refused(READ "$T/suit.png $T/left.png tests/data/astronaut.png $T/eye.png", 1, "suit.png: no face found");
    assert_says(errors, "left.png: no face found");
    assert_says(errors, "eye.png: no face found");
    assert_says(errors, "3 of 4 files failed");
    assert_says(printed, "astronaut.png: face ");
}

/* Eyes without mouth: the face is found, and reaches below the photo, but nothing is said about its expression. */
static void faces_that_the_edge_cuts(void **state)
{
    (void)state;
    need_detector();
    make_part("upper.png", (amend_box){0, 0, 512, 125});
    assert_works(READ "$T/upper.png --json - --annotate $T/drawn");
    json_t *all = json_loads(printed, 0, NULL), *face = only_face(all);
    assert_true(json_is_true(json_object_get(face, "cut")));
    assert_true(json_is_null(json_object_get(face, "label")));
    assert_true(side(face, 1) + side(face, 3) > 125);
    json_decref(all);
    assert_works(READ "$T/upper.png");
    assert_says(printed, ": uncertain, cut off by the photo's edge\n");
    assert_null(strchr(printed, '%'));
    assert_works(READ "$T/upper.png --csv");
    assert_says(printed, ",uncertain,");
}

static void faces_larger_than_the_photo(void **state)
{
    (void)state;
    need_detector();
    make_part("inside.png", (amend_box){186, 88, 80, 80}); /* brows to chin alone */
    assert_works(READ "$T/inside.png --json -");
    json_t *all = json_loads(printed, 0, NULL), *face = only_face(all);
    assert_true(json_is_false(json_object_get(face, "cut")));
    assert_string_equal(json_string_value(json_object_get(face, "label")), "happiness");
    assert_true(side(face, 0) < 0 && side(face, 1) < 0 && side(face, 2) > 80 && side(face, 3) > 80);
    json_decref(all);
}

/* The same pixels: aligned, and read in f32. */
static void explain_sees_what_predict_sees(void **state)
{
    (void)state;
    need_detector();
    assert_works(READ "tests/data/astronaut.png --precision f32 --json -");
    json_t *all = json_loads(printed, 0, NULL);
    json_t *read = json_object_get(only_face(all), "probabilities");
    assert_works("explain tests/data/astronaut.png --model models/ferplus-resnet18-ema.safetensors --detector "
                 "models/blazeface-256.onnx --json -");
    json_t *why = json_loads(printed, 0, NULL);
    assert_non_null(why);
    assert_true(json_number_value(json_object_get(why, "angle")) > 1);
    json_t *labels = json_object_get(why, "labels"), *explained = json_object_get(why, "probabilities");
    for (size_t k = 0; k < json_array_size(labels); k++) {
        double expected = json_number_value(json_object_get(read, json_string_value(json_array_get(labels, k))));
        double got = json_number_value(json_array_get(explained, k));
        assert_true(got - expected < 1e-4 * expected && expected - got < 1e-4 * expected);
    }
    json_decref(why);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(photos_without_a_face),
                                       cmocka_unit_test(faces_that_the_edge_cuts),
                                       cmocka_unit_test(faces_larger_than_the_photo),
                                       cmocka_unit_test(explain_sees_what_predict_sees),
                                       cmocka_unit_test(faces_are_found_and_judged),
                                       cmocka_unit_test(boxes_of_other_files),
                                       cmocka_unit_test(points_for_a_recipe),
                                       cmocka_unit_test(predict_finds_the_face),
                                       cmocka_unit_test(odd_names)};
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
