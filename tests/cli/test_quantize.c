/* amend quantize: a model in 8 bits, used everywhere a model is, and refused where it cannot be. */
#include "cli/command.h"

#include <math.h>

#include "model/int8_file.h"
#include "model/model.h"
#include "weights/safetensors.h"

static const char *const labels[] = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    make_model("m.safetensors", labels, 7);
    make_image("face.png");
    assert_works("synth --out $T/set --count 70 --size 32");
    assert_works("quantize $T/m.safetensors --data $T/set --images 32 --split valid --out $T/q.safetensors");
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static long size_of(const char *name)
{
    FILE *file = fopen(path_of(name), "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    return size;
}

static void predict_with(const char *name, amend_precision precision, float *probabilities)
{
    amend_model *model = NULL;
    amend_image image = {0};
    assert_ok(amend_image_open(path_of("face.png"), &image));
    assert_ok(amend_model_open_precision(path_of(name), precision, &model));
    assert_ok(amend_model_predict(model, &image, NULL, probabilities));
    amend_model_free(model);
    amend_image_free(&image);
}

static void reports_both(void **state)
{
    (void)state;
    assert_says(printed, "f32    top-1");
    assert_says(printed, "int8   top-1");
    assert_says(printed, "split valid");
}

/* What 8 bits hold of a `batch` head is a batch of one image, and so both are measured. */
static void a_batch_head(void **state)
{
    (void)state;
    make_model_with_head("batch.safetensors", labels, 7, ARM_HEAD_BATCH);
    assert_works("quantize $T/batch.safetensors --data $T/set --images 32 --split valid --out $T/one.safetensors");
    assert_says(printed, "int8   top-1");
    assert_works("eval $T/one.safetensors --data $T/set --split valid --precision int8 --batch 1");
    assert_refused("eval $T/one.safetensors --data $T/set --split valid --precision int8 --batch 2", 1,
                   "affinity batch over several images cannot be measured in 8 bits");
    assert_refused("eval $T/q.safetensors --data $T/set --split valid --precision f32 --affinity none", 1,
                   "take the model it was made from");
}

static void is_small_and_near(void **state)
{
    float full[7], coded[7], wide[7];
    (void)state;
    assert_true(size_of("q.safetensors") * 3 < size_of("m.safetensors"));
    predict_with("m.safetensors", AMEND_PRECISION_F32, full);
    predict_with("q.safetensors", AMEND_PRECISION_AUTO, coded);
    predict_with("q.safetensors", AMEND_PRECISION_F32, wide); /* the codes, multiplied out */
    for (size_t k = 0; k < 7; k++) {
        assert_true(fabsf(full[k] - coded[k]) < 0.05f);
        assert_true(fabsf(full[k] - wide[k]) < 0.05f);
    }
}

/* Codes that were read and are written again are the same codes. */
static void survives_a_second_saving(void **state)
{
    safetensors *file = NULL;
    model_description d;
    model_folded *folded = NULL;
    (void)state;
    assert_ok(safetensors_open(path_of("q.safetensors"), &file));
    const meta_source meta = safetensors_meta_source(file);
    assert_ok(description_read(&meta, &d));
    assert_true(d.int8);
    assert_ok(model_folded_create(&d, &folded));
    assert_ok(int8_file_load(file, folded));
    assert_ok(int8_file_save(&d, folded, path_of("again.safetensors")));
    model_folded_free(folded);
    safetensors *again = NULL;
    assert_ok(safetensors_open(path_of("again.safetensors"), &again));
    assert_int_equal(safetensors_count(again), safetensors_count(file));
    size_t coded = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        tensor_view view = safetensors_at(file, i);
        const tensor_view *other = safetensors_find(again, view.name);
        assert_non_null(other);
        if (view.type != TENSOR_I8) continue;
        size_t bytes = view.shape[0] * view.shape[1] * view.shape[2] * view.shape[3];
        assert_memory_equal(view.data, other->data, bytes);
        coded++;
    }
    assert_int_equal(coded, 19); /* all convolutions of ResNet-18 but the first */
    safetensors_free(again);
    safetensors_free(file);
}

static void works_in_all_commands(void **state)
{
    (void)state;
    assert_works("predict --no-detect $T/face.png --model $T/q.safetensors");
    assert_works("predict --no-detect $T/face.png --model $T/q.safetensors --precision int8");
    assert_works("eval $T/q.safetensors --data $T/set --precision int8");
    assert_says(printed, "precision   int8");
    assert_works("info $T/q.safetensors");
    assert_works("bench infer --model $T/q.safetensors --precision int8 --batch 1 --seconds 0.1 --json -");
    assert_says(printed, "\"precision\": \"int8\"");
    assert_works("bench infer --size 32 --small --width 0.25 --batch 2 --precision f32 --seconds 0.1");
    assert_says(printed, "ratio");
}

static void is_refused_where_it_cannot_be(void **state)
{
    (void)state;
    assert_refused("predict --no-detect $T/face.png --model $T/m.safetensors --precision int8", 1, "amend quantize");
    assert_refused("predict --no-detect $T/face.png --model $T/m.safetensors --precision int4", 2, "int4");
    assert_refused("eval $T/q.safetensors --data $T/set --affinity none", 1, "folded for good");
    assert_refused("quantize $T/q.safetensors --data $T/set --out $T/x.safetensors", 1, "folded for good");
    assert_refused("quantize $T/m.safetensors --data $T/set", 2, "--out");
    assert_refused("calibrate $T/q.safetensors --data $T/nothing --out $T/x.safetensors", 1, "folded for good");
    assert_refused("quantize $T/m.safetensors --data $T/nothing --out $T/x.safetensors", 1, "nothing");
    assert_refused("quantize $T/m.safetensors --data $T/set --images 0 --out $T/x.safetensors", 2, "--images 0");
}

/* Files with one tensor changed. */
static void write_changed(const char *without, const char *name, float value)
{
    safetensors *file = NULL;
    model_description d;
    tensor_entry entries[256];
    size_t count = 0;
    assert_ok(safetensors_open(path_of("q.safetensors"), &file));
    const meta_source meta = safetensors_meta_source(file);
    assert_ok(description_read(&meta, &d));
    for (size_t i = 0; i < safetensors_count(file) && count < 256; i++) {
        tensor_view view = safetensors_at(file, i);
        if (!strcmp(view.name, without) || view.type == TENSOR_BF16) continue;
        entries[count] = (tensor_entry){.name = view.name, .stored = view.type, .dims = view.dims, .data = view.data};
        memcpy(entries[count].shape, view.shape, sizeof view.shape);
        if (!strcmp(view.name, name)) entries[count].data = &value;
        count++;
    }
    static float fc[7 * 128 * 4 * 4];
    entries[count++] = (tensor_entry){"fc.weight", TENSOR_F32, 2, {7, 128 * 4 * 4}, fc};
    assert_ok(description_write(&d, entries, count, path_of("bad.safetensors")));
    safetensors_free(file);
}

static void bad_files(void **state)
{
    (void)state;
    write_changed("", "", 0);
    assert_works("predict --no-detect $T/face.png --model $T/bad.safetensors --precision int8");
    write_changed("layer1.0.conv1.weight", "", 0);
    assert_refused("predict --no-detect $T/face.png --model $T/bad.safetensors", 1, "layer1.0.conv1.weight");
    write_changed("layer1.0.conv1.weight_scale", "", 0);
    assert_refused("predict --no-detect $T/face.png --model $T/bad.safetensors", 1, "layer1.0.conv1.weight_scale");
    write_changed("layer1.0.relu1.step", "", 0);
    assert_refused("predict --no-detect $T/face.png --model $T/bad.safetensors --precision int8", 1, "layer1.0.conv1");
    write_changed("", "layer1.0.relu1.step", -1);
    assert_refused("predict --no-detect $T/face.png --model $T/bad.safetensors", 1, "layer1.0.relu1.step");
    write_changed("", "layer1.0.relu1.step", NAN);
    assert_refused("predict --no-detect $T/face.png --model $T/bad.safetensors", 1, "layer1.0.relu1.step");
}

/* Before any work: no file is written, and no image calibrates. */
static void sets_that_do_not_fit(void **state)
{
    (void)state;
    shell("mkdir -p $T/two/train && cp -r $T/set/train/happy $T/set/train/sad $T/two/train");
    assert_refused("quantize $T/m.safetensors --data $T/two --split train --out $T/x.safetensors", 1,
                   "with 'amend eval --shared'");
    shell("! grep -q calibrating $T/errors");
    assert_refused("calibrate $T/m.safetensors --data $T/two --split train --out $T/x.safetensors", 1,
                   "with 'amend eval --shared'");
    shell("mkdir -p $T/untested && cp -r $T/set/train $T/untested");
    assert_refused("quantize $T/m.safetensors --data $T/untested --out $T/x.safetensors", 1,
                   "no images of split 'test'");
    assert_false(exists("x.safetensors"));
    assert_works("quantize $T/m.safetensors --data $T/set --images 32 --split train --out $T/x.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_both),          cmocka_unit_test(a_batch_head),
        cmocka_unit_test(is_small_and_near),     cmocka_unit_test(survives_a_second_saving),
        cmocka_unit_test(works_in_all_commands), cmocka_unit_test(is_refused_where_it_cannot_be),
        cmocka_unit_test(sets_that_do_not_fit),  cmocka_unit_test(bad_files)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
