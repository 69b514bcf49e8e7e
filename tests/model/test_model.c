/* Models: saved, opened, refused, and used on one image or on many. */
#include <math.h>

#include "model/model.h"
#include "support.h"
#include "untrained.h"

static char path[64];

static model_description small_description(void)
{
    model_description d = {.small_stem = true,
                           .width = 0.25,
                           .head = ARM_HEAD_EMA,
                           .arrangement = 8,
                           .size = 32,
                           .channels = 1,
                           .classes = 3,
                           .labels = {"glad", "sad", "plain"},
                           .normal = {{0.5f}, {0.25f}},
                           .training = "not trained"};
    return d;
}

/* Random weights, and running statistics that are not those of a fresh network. */
static void save(const model_description *d, tensor_type stored)
{
    untrained u = untrained_make(d, 7);
    rng r = rng_make(1, 2, 3);
    nn_param *generic = nn_params_find(&u.params, "arm", "generic");
    assert_non_null(generic);
    for (size_t i = 0; i < generic->count; i++) generic->value[i] = (float)rng_normal(&r);
    untrained_save(&u, d, stored, path);
}

static amend_model *open_saved(void)
{
    amend_model *model = NULL;
    amend_status status = amend_model_open(path, &model);
    if (status.code) fail_msg("%s", status.message);
    return model;
}

static void test_description_comes_back(void **state)
{
    model_description d = small_description();
    (void)state;
    save(&d, TENSOR_F32);
    amend_model *model = open_saved();
    assert_memory_equal(model_describe(model)->labels, d.labels, sizeof d.labels);
    assert_true(model_describe(model)->width == 0.25 && model_describe(model)->size == 32);
    assert_true(model_describe(model)->normal.mean[0] == 0.5f);
    assert_string_equal(amend_model_label(model, 2), "plain");
    assert_null(amend_model_label(model, 3));
    amend_model_free(model);
    amend_model_free(NULL);
}

/* Where a model's pictures show eyes and mouth comes back to the last bit, and faces are cut by it. */
static void test_crop_comes_back(void **state)
{
    model_description d = small_description();
    amend_face face = {.box = {180, 80, 90, 90}};
    amend_image photo = {0};
    float cut[3], expected[3], otherwise[3];
    (void)state;
    face.points[AMEND_LEFT_EYE] = (amend_point){200, 110};
    face.points[AMEND_RIGHT_EYE] = (amend_point){250, 110};
    face.points[AMEND_MOUTH] = (amend_point){225, 150};
    assert_ok(amend_image_open("tests/data/astronaut.png", &photo));
    save(&d, TENSOR_F32);
    amend_model *model = open_saved();
    assert_memory_equal(&model_describe(model)->crop, &face_template_fer2013, sizeof(face_template));
    assert_ok(amend_model_predict_face(model, &photo, &face, otherwise));
    amend_model_free(model);
    d.crop = (face_template){{0.5, 0.3}, {0.5, 0.7}, {0.8, 0.5}}; /* lying on its side */
    save(&d, TENSOR_F32);
    model = open_saved();
    assert_memory_equal(&model_describe(model)->crop, &d.crop, sizeof d.crop);
    amend_model_free(model);
    d.crop = (face_template){{1.0 / 3, 0.1 + 0.2}, {2.0 / 3, 0.1 + 0.2}, {0.5, 0.3 + 4.0 / 15}}; /* on 150 pixels */
    save(&d, TENSOR_F32);
    model = open_saved();
    assert_memory_equal(&model_describe(model)->crop, &d.crop, sizeof d.crop);
    assert_ok(amend_model_predict_face(model, &photo, &face, cut));
    assert_ok(amend_model_predict(model, &photo, &(amend_box){150, 65, 150, 150}, expected));
    for (size_t k = 0; k < 3; k++) assert_true(fabsf(cut[k] - expected[k]) < 0.01f);
    assert_true(fabsf(otherwise[0] - expected[0]) + fabsf(otherwise[1] - expected[1]) > 0.02f);
    amend_model_free(model);
    amend_image_free(&photo);
}

static void predict(tensor_type stored, float *probabilities)
{
    model_description d = small_description();
    amend_image photo = {0};
    const amend_box face = {164, 72, 118, 118};
    save(&d, stored);
    amend_model *model = open_saved();
    assert_ok(amend_image_open("tests/data/astronaut.png", &photo));
    assert_ok(amend_model_predict(model, &photo, &face, probabilities));
    const amend_image rgba = {photo.pixels, photo.width, photo.height * 3 / 4, 4}, empty = {photo.pixels, 0, 0, 3};
    assert_int_equal(amend_model_predict(model, &rgba, &face, probabilities).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(amend_model_predict(model, &empty, NULL, probabilities).code, AMEND_BAD_ARGUMENT);
    amend_image_free(&photo);
    amend_model_free(model);
}

static void test_prediction_in_f32_and_bf16_files(void **state)
{
    float full[3], half[3], sum = 0;
    (void)state;
    predict(TENSOR_F32, full);
    predict(TENSOR_BF16, half);
    for (int k = 0; k < 3; k++) {
        sum += full[k];
        assert_true(fabsf(full[k] - half[k]) < 0.05f);
    }
    assert_true(fabsf(sum - 1) < 1e-5f);
}

/* Largest difference between the first sample's logits alone and among others. */
static float dependence(amend_model *model, arm_head head)
{
    nn_plan *one = NULL, *four = NULL;
    float worst = 0;
    rng r = rng_make(5, 5, 5);
    assert_ok(model_plan(model, head, 1, NN_F32, &one));
    assert_ok(model_plan(model, head, 4, NN_F32, &four));
    for (size_t i = 0; i < (size_t)4 * 32 * 32; i++)
        nn_plan_pixels(four)[i] = (float)rng_normal(&r) * (i < 2048 ? 1 : 3);
    memcpy(nn_plan_pixels(one), nn_plan_pixels(four), 32 * 32 * sizeof(float));
    assert_ok(nn_plan_forward(one, 1, false));
    assert_ok(nn_plan_forward(four, 4, false));
    for (int k = 0; k < 3; k++) worst = fmaxf(worst, fabsf(nn_plan_logits(one)[k] - nn_plan_logits(four)[k]));
    nn_plan_free(one);
    nn_plan_free(four);
    return worst;
}

static void test_only_batch_affinity_looks_at_neighbours(void **state)
{
    model_description d = small_description();
    (void)state;
    save(&d, TENSOR_F32);
    amend_model *model = NULL;
    nn_plan *plan = NULL;
    assert_ok(model_open(path, &model));
    assert_true(dependence(model, ARM_HEAD_EMA) < 1e-4f);
    assert_true(dependence(model, ARM_HEAD_NONE) < 1e-4f);
    assert_true(dependence(model, ARM_HEAD_BATCH) > 1e-3f);
    assert_int_equal(model_plan(model, ARM_HEAD_GAP, 1, NN_F32, &plan).code, AMEND_BAD_ARGUMENT);
    amend_model_free(model);
}

static void test_descriptions_that_cannot_be(void **state)
{
    model_description good = small_description(), d;
    nn_table *table = NULL;
    (void)state;
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    d = good;
    d.arrangement = 16; /* 256 does not divide 128 channels */
    assert_int_equal(description_build(&d, table).code, AMEND_BAD_ARGUMENT);
    d = good;
    d.size = 8; /* a map of 1 x 1, smaller than the kernel */
    assert_int_equal(description_build(&d, table).code, AMEND_BAD_ARGUMENT);
    d = good;
    d.classes = 1;
    assert_int_equal(description_build(&d, table).code, AMEND_BAD_ARGUMENT);
    d = good;
    d.head = ARM_HEAD_GAP; /* a few weights, which fold into 16 of each place and channel */
    d.size = 1024;
    static const char rows[] = "c conv input channels=256 kernel=1 stride=1\n";
    assert_ok(nn_rows_read(rows, d.size, d.size, d.channels, &d.rows));
    assert_int_equal(description_build(&d, table).code, AMEND_UNSUPPORTED);
    description_free(&d);
    d = good;
    d.width = NAN;
    assert_int_equal(description_build(&d, table).code, AMEND_BAD_ARGUMENT);
    mem_free(table);
}

static void test_files_that_are_no_models(void **state)
{
    amend_model *model = NULL;
    (void)state;
    assert_int_equal(amend_model_open("tests/data/arm/arm_r4_3x2.safetensors", &model).code, AMEND_BAD_DATA);
    assert_null(model);
    assert_int_equal(amend_model_open("/nowhere/model.safetensors", &model).code, AMEND_IO);
    assert_null(model);
}

static int set_up(void **state)
{
    if (make_test_folder(state)) return -1;
    strcpy(path, in_test_folder("m.safetensors"));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_description_comes_back),
                                       cmocka_unit_test(test_crop_comes_back),
                                       cmocka_unit_test(test_prediction_in_f32_and_bf16_files),
                                       cmocka_unit_test(test_only_batch_affinity_looks_at_neighbours),
                                       cmocka_unit_test(test_descriptions_that_cannot_be),
                                       cmocka_unit_test(test_files_that_are_no_models)};
    return cmocka_run_group_tests(tests, set_up, remove_test_folder);
}
