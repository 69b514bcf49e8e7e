/* What else becomes of a backbone's model: ONNX and back, and 8 bits where its rows have such a form. */
#include <math.h>

#include "base/mem.h"
#include "image/image.h"
#include "model/model.h"
#include "model/quantize.h"
#include "support.h"
#include "untrained.h"

enum { SIDE = 32, IMAGES = 8, CLASSES = 5 };

static model_description describe(backbone_kind kind)
{
    return (model_description){.backbone = kind,
                               .small_stem = true,
                               .width = 0.5,
                               .head = ARM_HEAD_EMA,
                               .arrangement = 8,
                               .variant = {.project = 128},
                               .size = SIDE,
                               .channels = 3,
                               .classes = CLASSES,
                               .labels = {"a", "b", "c", "d", "e"},
                               .normal = {{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}};
}

static const char *file_of(backbone_kind kind)
{
    char name[64];
    snprintf(name, sizeof name, "%s.safetensors", backbone_names[kind]);
    return in_test_folder(name);
}

/* A model with random weights, statistics off their 0 and 1; a classifier that makes a difference. */
static void save_random(backbone_kind kind)
{
    const model_description d = describe(kind);
    untrained u = untrained_make(&d, 3);
    rng r = rng_make(5, 2, (uint64_t)kind);
    for (size_t i = 0; i < u.params.count; i++)
        for (size_t k = 0; u.params.items[i].dims == 1 && k < u.params.items[i].count; k++)
            u.params.items[i].value[k] += (float)rng_between(&r, 0.05, 0.3);
    nn_param *fc = nn_params_find(&u.params, "fc", "weight");
    for (size_t k = 0; k < fc->count; k++) fc->value[k] *= 4;
    untrained_save(&u, &d, TENSOR_F32, file_of(kind));
}

static void draw(uint8_t *pixels, size_t seed)
{
    for (size_t i = 0; i < SIDE * SIDE * 3; i++) {
        double x = (double)(i / 3 % SIDE), y = (double)(i / 3 / SIDE), c = (double)(i % 3);
        pixels[i] = (uint8_t)(127 + 90 * sin(x / (2 + (double)(seed % 5)) + c) * cos(y / (2 + (double)(seed % 3))));
    }
}

static void predict(const char *path, float probabilities[IMAGES][AMEND_MAX_CLASSES])
{
    amend_model *model = NULL;
    assert_ok(amend_model_open_precision(path, AMEND_PRECISION_F32, &model));
    for (size_t i = 0; i < IMAGES; i++) {
        amend_image image = {0};
        assert_ok(image_create(&image, SIDE, SIDE, 3));
        draw(image.pixels, i);
        assert_ok(amend_model_predict(model, &image, NULL, probabilities[i]));
        amend_image_free(&image);
    }
    amend_model_free(model);
}

static void onnx_and_back(void **state)
{
    static float before[IMAGES][AMEND_MAX_CLASSES], after[IMAGES][AMEND_MAX_CLASSES];
    (void)state;
    for (int kind = BACKBONE_MOBILENET_V2; kind < BACKBONES; kind++) {
        amend_model *model = NULL;
        double worst = 0, spread = 0;
        save_random((backbone_kind)kind);
        assert_ok(model_open(file_of((backbone_kind)kind), &model));
        assert_ok(model_save_onnx(model, "none", in_test_folder("m.onnx")));
        amend_model_free(model);
        predict(file_of((backbone_kind)kind), before);
        predict(in_test_folder("m.onnx"), after);
        for (size_t i = 0; i < IMAGES; i++)
            for (size_t k = 0; k < CLASSES; k++) {
                worst = fmax(worst, fabs((double)(before[i][k] - after[i][k])));
                spread = fmax(spread, fabs((double)(before[i][k] - before[0][k])));
            }
        print_message("%s: probabilities differ by at most %.1e, between images by %.1e\n", backbone_names[kind], worst,
                      spread);
        assert_true(worst < 1e-5 && spread > 100 * worst);
    }
}

static void onnx_passes_its_checker(void **state)
{
    const char *python = python_with("onnx");
    (void)state;
    for (int kind = BACKBONE_MOBILENET_V2; kind < BACKBONES; kind++) {
        amend_model *model = NULL;
        save_random((backbone_kind)kind);
        assert_ok(model_open(file_of((backbone_kind)kind), &model));
        assert_ok(model_save_onnx(model, "none", in_test_folder("m.onnx")));
        amend_model_free(model);
        run_python(python, "import sys, onnx; m = onnx.load(sys.argv[1] + \"/m.onnx\"); onnx.checker.check_model(m); "
                           "onnx.shape_inference.infer_shapes(m, strict_mode=True)");
    }
}

/* ---- 8 bits ---- */

static model_folded *folded_of(backbone_kind kind)
{
    amend_model *model = NULL;
    model_folded *folded = NULL;
    save_random(kind);
    assert_ok(model_open(file_of(kind), &model));
    assert_ok(model_fold_weights(model, &folded));
    amend_model_free(model);
    return folded;
}

/* The result of row `last`, of the rows up to it alone; free it with mem_free. */
static float *map_of(const model_description *d, const model_folded *folded, size_t last, nn_type type, size_t *count)
{
    nn_program_options options = {.batch = IMAGES, .type = type, .steps = &folded->steps};
    nn_program *program = NULL;
    nn_context *context = NULL;
    nn_table *table = NULL;
    float *copy = NULL;
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    *table = folded->table;
    table->count = last + 1;
    memcpy(options.mean, d->normal.mean, sizeof d->normal.mean);
    memcpy(options.deviation, d->normal.deviation, sizeof d->normal.deviation);
    assert_ok(nn_program_create(table, &folded->params, &options, &program));
    assert_ok(nn_context_create(program, &context));
    for (size_t i = 0; i < IMAGES; i++) draw(nn_context_pixels(context) + i * SIDE * SIDE * 3, i);
    assert_ok(nn_context_run(context, IMAGES));
    const float *map = nn_context_map(context, last, count);
    assert_ok(mem_alloc(&copy, *count, sizeof *copy, "map"));
    memcpy(copy, map, *count * sizeof *copy);
    nn_context_free(context);
    nn_program_free(program);
    mem_free(table);
    return copy;
}

static void calibrate(const model_description *d, model_folded *folded)
{
    model_calibration *calibration = NULL;
    assert_ok(model_calibration_create(d, folded, IMAGES, &calibration));
    for (size_t i = 0; i < IMAGES; i++) draw(model_calibration_pixels(calibration) + i * SIDE * SIDE * 3, i);
    assert_ok(model_calibration_add(calibration));
    assert_ok(model_quantize(calibration, folded));
    model_calibration_free(calibration);
}

/* Row after row: what rounding does grows with every layer of random weights, and their logits hardly differ. */
static void check_8_bits(backbone_kind kind)
{
    enum { ROWS = 40 };
    const model_description d = describe(kind);
    model_folded *folded = folded_of(kind), *exact = folded_of(kind);
    double worst = 0;
    calibrate(&d, folded);
    for (size_t row = 2; row < ROWS; row += 3) {
        size_t count = 0;
        if (folded->table.rows[row].kind == NN_ADD) continue; /* as an output it is not fused, so it lacks a range */
        float *wanted = map_of(&d, exact, row, NN_F32, &count), *got = map_of(&d, folded, row, NN_U8, &count);
        double error = 0, size = 0;
        for (size_t i = 0; i < count; i++) {
            error += (double)(got[i] - wanted[i]) * (double)(got[i] - wanted[i]);
            size += (double)wanted[i] * (double)wanted[i];
        }
        worst = fmax(worst, sqrt(error / size));
        mem_free(wanted);
        mem_free(got);
    }
    print_message("%s in 8 bits, maps differ by at most %.3f of their size\n", backbone_names[kind], worst);
    assert_true(worst < 0.12);
    model_folded_free(exact);
    model_folded_free(folded);
}

static void in_8_bits(void **state)
{
    (void)state;
    for (int kind = BACKBONE_MOBILENET_V2; kind < BACKBONES; kind++) check_8_bits((backbone_kind)kind);
}

/* Weights as large as numbers go: activations beyond them are found before anything is written. */
static void overflowing_networks(void **state)
{
    const model_description d = describe(BACKBONE_MOBILENET_V2);
    model_folded *folded = folded_of(BACKBONE_MOBILENET_V2);
    model_calibration *calibration = NULL;
    nn_param *linear = nn_params_find(&folded->params, "features.1.conv.1", "weight"); /* no relu6 cuts what it gives */
    (void)state;
    for (size_t i = 0; i < linear->count; i++) linear->value[i] = 3e38f;
    assert_ok(model_calibration_create(&d, folded, IMAGES, &calibration));
    for (size_t i = 0; i < IMAGES; i++) draw(model_calibration_pixels(calibration) + i * SIDE * SIDE * 3, i);
    assert_refused(model_calibration_add(calibration), AMEND_NUMERIC,
                   "the results of 'features.1.conv.1' are not numbers");
    model_calibration_free(calibration);
    model_folded_free(folded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(onnx_and_back),
        cmocka_unit_test(onnx_passes_its_checker),
        cmocka_unit_test(in_8_bits),
        cmocka_unit_test(overflowing_networks),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
