/* Evidence of whole models: with the bias it is the logit, for every head. */
#include "support.h"
#include "untrained.h"

#include <math.h>

#include "base/mem.h"
#include "image/image.h"
#include "model/explain.h"
#include "model/int8_file.h"
#include "model/quantize.h"

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

static model_description small_model(arm_head head, size_t arrangement, arm_variant variant)
{
    return (model_description){.small_stem = true,
                               .width = 0.25,
                               .head = head,
                               .arrangement = arrangement,
                               .variant = variant,
                               .size = 32,
                               .channels = 1,
                               .classes = 3,
                               .labels = {"glad", "sad", "plain"},
                               .normal = {{0.5f}, {0.25f}}};
}

/* An untrained network, the weights of its classifier and of what stands before it multiplied. */
static void save(const model_description *d, float factor, const char *path)
{
    untrained u = untrained_make(d, 7);
    const nn_param *scaled[] = {nn_params_find(&u.params, "fc", "weight"),
                                nn_params_find(&u.params, "arm.bn", "weight")};
    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; scaled[n] && i < scaled[n]->count; i++) scaled[n]->value[i] *= factor;
    untrained_save(&u, d, TENSOR_F32, path);
}

static void check_model(const model_description *d, size_t arrangement)
{
    const char *path = in_test_folder("model.safetensors");
    model_evidence evidence;
    save(d, 1, path);
    explain(path, &face, &evidence);
    assert_int_equal(evidence.shape.arrangement, arrangement);
    model_evidence_free(&evidence);
    explain(path, NULL, &evidence);
    model_evidence_free(&evidence);
}

static void test_every_head(void **state)
{
    static const arm_head heads[] = {ARM_HEAD_GAP, ARM_HEAD_NONE, ARM_HEAD_BATCH, ARM_HEAD_EMA};
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        model_description d = small_model(heads[i], 8, (arm_variant){0});
        check_model(&d, heads[i] == ARM_HEAD_GAP ? 1 : 8);
    }
}

static void test_variants(void **state)
{
    static const struct {
        size_t arrangement;
        arm_variant variant;
    } variants[] = {{1, {.de_albino = ARM_ONE_KERNEL}},
                    {1, {.de_albino = ARM_NO_KERNEL}},
                    {4, {.de_albino = ARM_NO_KERNEL}},
                    {4, {.de_albino = ARM_KERNEL_A_PLANE}},
                    {8, {.de_albino = ARM_ONE_KERNEL, .kernel = 6, .stride = 5}}};
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        model_description d = small_model(ARM_HEAD_EMA, variants[i].arrangement, variants[i].variant);
        check_model(&d, variants[i].arrangement);
    }
}

/* An 8-bit file has the folded network only. */
static void test_int8(void **state)
{
    const char *path = in_test_folder("model.safetensors");
    model_description d = small_model(ARM_HEAD_EMA, 8, (arm_variant){.de_albino = ARM_KERNEL_A_PLANE});
    amend_model *model = NULL;
    model_folded *folded = NULL;
    model_calibration *calibration = NULL;
    model_evidence evidence;
    (void)state;
    save(&d, 1, path);
    assert_ok(model_open(path, &model));
    assert_ok(model_fold_weights(model, &folded));
    assert_ok(model_calibration_create(&d, folded, 1, &calibration));
    uint8_t *pixels = model_calibration_pixels(calibration);
    for (size_t i = 0; i < d.size * d.size; i++) pixels[i] = (uint8_t)(i * 37);
    assert_ok(model_calibration_add(calibration));
    assert_ok(model_quantize(calibration, folded));
    d.int8 = true;
    assert_ok(int8_file_save(&d, folded, path));
    model_calibration_free(calibration);
    model_folded_free(folded);
    amend_model_free(model);
    explain(path, &face, &evidence);
    assert_int_equal(evidence.shape.arrangement, 8);
    model_evidence_free(&evidence);
}

/* Weights so large that a logit overflows; with zeros nothing is left but the bias. */
static void test_extreme_weights(void **state)
{
    const char *path = in_test_folder("model.safetensors");
    const model_description d = small_model(ARM_HEAD_NONE, 8, (arm_variant){0});
    amend_model *model = NULL;
    model_explainer *explainer = NULL;
    model_evidence evidence;
    (void)state;
    save(&d, 1e38f, path);
    assert_ok(model_open(path, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_refused(model_explain(explainer, &photo, &face, &evidence), AMEND_NUMERIC, "damaged");
    model_explainer_free(explainer);
    amend_model_free(model);
    save(&d, 0, path);
    assert_ok(model_open(path, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_ok(model_explain(explainer, &photo, &face, &evidence));
    for (size_t i = 0; i < evidence.shape.classes * 16; i++) assert_true(evidence.positions[i] == 0);
    model_evidence_free(&evidence);
    model_explainer_free(explainer);
    amend_model_free(model);
}

/* Positions look into the image, evenly, and further than to each other. */
static void check_field(model_explainer *explainer, size_t width)
{
    model_evidence evidence;
    assert_ok(model_explain(explainer, &photo, &face, &evidence));
    const arm_field *f = &evidence.field;
    assert_true(fabs(f->step * (double)width - 1) < 1e-12);
    assert_true(f->first > 0 && f->first + (double)(width - 1) * f->step < 1 && f->size > f->step);
    model_evidence_free(&evidence);
}

/* Nearest the border most is padding; the middle of the map is eroded less. For every backbone. */
static void test_erosion(void **state)
{
    (void)state;
    for (size_t i = 0; i < BACKBONES; i++) {
        const char *path = in_test_folder("model.safetensors");
        model_description d = small_model(ARM_HEAD_GAP, 8, (arm_variant){0});
        amend_model *model = NULL;
        model_explainer *explainer = NULL;
        double *map = NULL;
        d.backbone = (backbone_kind)i;
        d.width = 0.125;
        d.size = 64;
        save(&d, 1, path);
        assert_ok(model_open(path, &model));
        assert_ok(model_explainer_create(model, &explainer));
        arm_evidence_shape s = model_explainer_shape(explainer);
        assert_ok(mem_alloc(&map, s.height * s.width, sizeof *map, "erosion"));
        assert_ok(model_explainer_erosion(explainer, map));
        for (size_t at = 0; at < s.height * s.width; at++) assert_true(map[at] >= 0 && map[at] < 1);
        size_t middle = s.height / 2 * s.width + s.width / 2;
        assert_true(map[0] > map[s.width / 2] && map[s.width / 2] > map[middle]);
        assert_null(model_explainer_geometry(explainer));
        check_field(explainer, s.width);
        mem_free(map);
        model_explainer_free(explainer);
        amend_model_free(model);
    }
}

/* The face as the released network sees it, every pixel of the 8 x 8 patch at (left, top) changed. */
static amend_image patched(const amend_image *seen, size_t left, size_t top)
{
    amend_image changed = {0};
    assert_ok(image_convert(seen, 1, &changed));
    for (size_t i = 0; i < 64; i++) {
        unsigned char *pixel = &changed.pixels[(top + i / 8) * changed.width + left + i % 8];
        *pixel = (unsigned char)(*pixel > 127 ? *pixel - 40 : *pixel + 40);
    }
    return changed;
}

static double change(const model_evidence *one, const model_evidence *other, size_t position)
{
    size_t channels = one->shape.channels;
    double sum = 0;
    for (size_t c = 0; c < channels; c++)
        sum += pow((double)one->map[position * channels + c] - (double)other->map[position * channels + c], 2);
    return sqrt(sum);
}

/* The mean place, across, of the patches that move a column of positions. Columns follow each other, and the one in the
 * middle, which the borders pull neither way, is where the field says. */
static void test_positions_look_where_the_field_says(void **state)
{
    amend_model *model = NULL;
    model_explainer *explainer = NULL;
    amend_image crop = {0}, seen = {0};
    model_evidence plain, moved;
    double weight[6] = {0}, place[6] = {0};
    (void)state;
    assert_ok(model_open(released, &model));
    assert_ok(model_explainer_create(model, &explainer));
    assert_ok(image_crop_resize(&photo, face, 48, 48, &crop));
    assert_ok(image_convert(&crop, 1, &seen));
    assert_ok(model_explain(explainer, &seen, NULL, &plain));
    for (size_t patch = 0; patch < 36; patch++) {
        amend_image changed = patched(&seen, patch % 6 * 8, patch / 6 * 8);
        assert_ok(model_explain(explainer, &changed, NULL, &moved));
        for (size_t i = 0; i < 36; i++) {
            double much = change(&plain, &moved, i);
            weight[i % 6] += much;
            place[i % 6] += much * ((double)(patch % 6) * 8 + 4) / 48;
        }
        model_evidence_free(&moved);
        amend_image_free(&changed);
    }
    for (size_t x = 0; x < 6; x++) place[x] /= weight[x];
    for (size_t x = 1; x < 6; x++) assert_true(place[x] > place[x - 1] + 0.03);
    const double middle = plain.field.first + 3 * plain.field.step;
    if (!(fabs(place[3] - middle) < plain.field.step / 8)) fail_msg("%.3f, by the field %.3f", place[3], middle);
    model_evidence_free(&plain);
    amend_image_free(&seen);
    amend_image_free(&crop);
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
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_int8),
        cmocka_unit_test(test_extreme_weights),
        cmocka_unit_test(test_erosion),
        cmocka_unit_test(test_positions_look_where_the_field_says),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, open_photo, close_photo);
}
