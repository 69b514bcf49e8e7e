/* amend faces, and predict with faces that it finds. Needs the detector's file. */
#include "cli/command.h"

#include "base/file.h"

#include <jansson.h>

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
    assert_refused("faces $T/none.png --detector models/blazeface-256.onnx", 1, "none.png");
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(faces_are_found_and_judged),
                                       cmocka_unit_test(predict_finds_the_face)};
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
