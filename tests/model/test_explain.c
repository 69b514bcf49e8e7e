/* Evidence of whole models: with the bias it is the logit, for every head. */
#include "support.h"

#include <math.h>

#include "base/mem.h"
#include "model/explain.h"

static const char *const released = "models/" MODEL_RELEASED;
static const amend_box face = {164, 72, 118, 118};

static amend_image photo;

static int open_photo(void **state)
{
    return make_test_folder(state) || amend_image_open("tests/data/astronaut.png", &photo).code ? -1 : 0;
}

static int close_photo(void **state)
{
    amend_image_free(&photo);
    return remove_test_folder(state);
}

static double sum_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

static void assert_adds_up(const model_evidence *e)
{
    const arm_evidence_shape *s = &e->shape;
    size_t area = s->height * s->width, size = area * s->arrangement * s->arrangement;
    double scale = 0;
    for (size_t k = 0; k < s->classes; k++) scale = fmax(scale, fabs(e->logits[k]));
    assert_true(scale > 0);
    for (size_t k = 0; k < s->classes; k++) {
        double by_positions = e->bias[k] + sum_of(e->positions + k * area, area);
        double by_pixels = e->bias[k] + sum_of(e->pixels + k * size, size);
        if (!(fabs(by_positions - e->logits[k]) < 1e-5 * scale) || !(fabs(by_pixels - e->logits[k]) < 1e-5 * scale))
            fail_msg("class %zu: logit %.9g, positions %.9g, pixels %.9g", k, e->logits[k], by_positions, by_pixels);
    }
}

static void explain(const char *path, const amend_box *box, model_evidence *evidence)
{
    amend_model *model = NULL;
    model_explainer *explainer = NULL;
    assert_ok(model_open(path, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_ok(model_explain(explainer, &photo, box, evidence));
    assert_adds_up(evidence);
    model_explainer_free(explainer);
    amend_model_free(model);
}

/* The probabilities are those of `predict`. */
static void test_released_model(void **state)
{
    amend_model *model = NULL;
    const amend_box boxes[] = {face, {0, 0, 512, 512}, {-40, -40, 100, 100}};
    float probabilities[AMEND_MAX_CLASSES];
    (void)state;
    assert_ok(amend_model_open_precision(released, AMEND_PRECISION_F32, &model));
    for (size_t i = 0; i < 3; i++) {
        model_evidence evidence;
        explain(released, &boxes[i], &evidence);
        assert_ok(amend_model_predict(model, &photo, &boxes[i], probabilities));
        for (size_t k = 0; k < evidence.shape.classes; k++)
            assert_true(fabsf(probabilities[k] - evidence.probabilities[k]) < 1e-6f);
        model_evidence_free(&evidence);
    }
    amend_model_free(model);
}

static void save(arm_head head, const char *path)
{
    nn_table *table = NULL;
    nn_params params;
    model_description d = {.small_stem = true,
                           .width = 0.25,
                           .head = head,
                           .arrangement = 8,
                           .size = 32,
                           .channels = 1,
                           .classes = 3,
                           .labels = {"glad", "sad", "plain"},
                           .normal = {{0.5f}, {0.25f}}};
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(description_build(&d, table));
    assert_ok(nn_params_create(table, &params));
    nn_params_init(&params, 7);
    assert_ok(description_save(&d, &params, TENSOR_F32, path));
    nn_params_free(&params);
    mem_free(table);
}

static void test_every_head(void **state)
{
    static const arm_head heads[] = {ARM_HEAD_GAP, ARM_HEAD_NONE, ARM_HEAD_BATCH, ARM_HEAD_EMA};
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const char *path = in_test_folder("model.safetensors");
        model_evidence evidence;
        save(heads[i], path);
        explain(path, &face, &evidence);
        assert_int_equal(evidence.shape.arrangement, heads[i] == ARM_HEAD_GAP ? 1 : 8);
        model_evidence_free(&evidence);
        explain(path, NULL, &evidence);
        model_evidence_free(&evidence);
    }
}

/* Nearest the border most is padding; the middle of the released network's map is eroded less. */
static void test_erosion(void **state)
{
    amend_model *model = NULL;
    model_explainer *explainer = NULL;
    arm_geometry g;
    (void)state;
    assert_ok(model_open(released, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_true(model_explainer_geometry(explainer, &g));
    double *map = NULL;
    assert_ok(mem_alloc(&map, g.height * g.width, sizeof *map, "erosion"));
    assert_ok(model_explainer_erosion(explainer, map));
    for (size_t i = 0; i < g.height * g.width; i++) assert_true(map[i] >= 0 && map[i] < 1);
    size_t middle = g.height / 2 * g.width + g.width / 2;
    assert_true(map[0] > map[g.width / 2] && map[g.width / 2] > map[middle]);
    mem_free(map);
    model_explainer_free(explainer);
    amend_model_free(model);
}

static void test_refused(void **state)
{
    amend_model *model = NULL;
    model_explainer *explainer = NULL;
    model_evidence evidence;
    const amend_box nowhere = {9000, 9000, 10, 10};
    (void)state;
    assert_ok(model_open(released, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_refused(model_explain(explainer, &photo, &nowhere, &evidence), AMEND_BAD_ARGUMENT, "box");
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        assert_int_equal(model_explain(explainer, &photo, &face, &evidence).code, AMEND_NO_MEMORY);
    }
    mem_fail_at(0);
    model_explainer_free(explainer);
    const char *onnx = in_test_folder("model.onnx");
    assert_ok(model_save_onnx(model, NULL, onnx));
    amend_model_free(model);
    assert_ok(model_open(onnx, &model));
    assert_refused(model_explainer_create(model, &explainer), AMEND_UNSUPPORTED, "ONNX");
    assert_null(explainer);
    amend_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_released_model),
        cmocka_unit_test(test_every_head),
        cmocka_unit_test(test_erosion),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, open_photo, close_photo);
}
