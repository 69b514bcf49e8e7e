/* Models to ONNX and back: the same logits here and in ONNX Runtime. */
#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "model/model.h"
#include "support.h"
#include "weights/onnx_import.h"

static const char released[] = "models/ferplus-resnet18-ema.safetensors";
enum { IMAGES = 100, SIDE = 48 };

static void export_released(void)
{
    amend_model *model = NULL;
    assert_ok(model_open(released, &model));
    assert_ok(model_save_onnx(model, "none", in_test_folder("m.onnx")));
    amend_model_free(model);
}

static void draw(amend_image *image, uint32_t seed)
{
    assert_ok(image_create(image, SIDE, SIDE, 1));
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        double x = (double)(i % SIDE), y = (double)(i / SIDE);
        image->pixels[i] = (unsigned char)(127 + 60 * sin(x / (3 + seed % 7)) * cos(y / (2 + seed % 5)) + seed % 50);
    }
}

static void what_comes_back_is_the_same(void **state)
{
    (void)state;
    amend_model *before = NULL, *after = NULL;
    double worst = 0;
    export_released();
    assert_ok(amend_model_open_precision(released, AMEND_PRECISION_F32, &before));
    assert_ok(amend_model_open_precision(in_test_folder("m.onnx"), AMEND_PRECISION_F32, &after));
    assert_int_equal(amend_model_classes(after), amend_model_classes(before));
    assert_string_equal(amend_model_label(after, 3), amend_model_label(before, 3));
    for (uint32_t i = 0; i < IMAGES; i++) {
        amend_image image = {0};
        float a[AMEND_MAX_CLASSES], b[AMEND_MAX_CLASSES];
        draw(&image, i);
        assert_ok(amend_model_predict(before, &image, NULL, a));
        assert_ok(amend_model_predict(after, &image, NULL, b));
        for (size_t k = 0; k < amend_model_classes(before); k++) worst = fmax(worst, fabs((double)a[k] - (double)b[k]));
        amend_image_free(&image);
    }
    print_message("largest difference of probabilities: %g\n", worst);
    assert_true(worst < 1e-4);
    amend_model_free(before);
    amend_model_free(after);
}

static void onnx_runtime_agrees(void **state)
{
    (void)state;
    char command[1200];
    unsigned char pixels[IMAGES * SIDE * SIDE], *bytes;
    float ours[IMAGES][AMEND_MAX_CLASSES];
    const char *python = python_with("numpy, onnxruntime");
    amend_model *model = NULL;
    size_t size;
    double worst = 0;
    export_released();
    assert_ok(amend_model_open_precision(released, AMEND_PRECISION_F32, &model));
    for (uint32_t i = 0; i < IMAGES; i++) {
        amend_image image = {0};
        draw(&image, i);
        memcpy(pixels + i * SIDE * SIDE, image.pixels, SIDE * SIDE);
        assert_ok(amend_model_predict(model, &image, NULL, ours[i]));
        amend_image_free(&image);
    }
    write_bytes(in_test_folder("pixels"), pixels, sizeof pixels);
    snprintf(command, sizeof command,
             "%s -c 'import numpy, onnxruntime as o; s = o.InferenceSession(\"%s/m.onnx\"); "
             "x = numpy.fromfile(\"%s/pixels\", numpy.uint8).reshape(-1, 1, 48, 48).astype(numpy.float32); "
             "s.run([\"probabilities\"], {\"image\": x})[0].tofile(\"%s/out\")' 2>/dev/null",
             python, test_folder, test_folder, test_folder);
    assert_int_equal(system(command), 0);
    assert_ok(file_read(in_test_folder("out"), 1 << 20, &bytes, &size));
    size_t classes = amend_model_classes(model);
    assert_int_equal(size, IMAGES * classes * sizeof(float));
    for (size_t i = 0; i < IMAGES * classes; i++)
        worst =
            fmax(worst, fabs((double)ours[i / classes][i % classes] - (double)((const float *)(const void *)bytes)[i]));
    print_message("largest difference from ONNX Runtime: %g\n", worst);
    assert_true(worst < 1e-4);
    mem_free(bytes);
    amend_model_free(model);
}

static void foreign_networks_are_refused(void **state)
{
    (void)state;
    amend_model *model = NULL;
    write_bytes(in_test_folder("empty.onnx"), "\x3a\x00\x42\x02\x10\x0d", 6);
    assert_refused(amend_model_open(in_test_folder("empty.onnx"), &model), AMEND_BAD_DATA, "amend.architecture");
    assert_null(model);
}

/* For other programs; our own reader takes the logits. */
static void the_files_own_probabilities(void **state)
{
    const onnx_import_options how = {.fold = true};
    onnx_file file;
    onnx_network *network;
    nn_program *program;
    nn_context *context;
    amend_model *model = NULL;
    amend_image image = {0};
    float expected[AMEND_MAX_CLASSES];
    size_t rows[2], count = 0;
    (void)state;
    export_released();
    assert_ok(onnx_file_open(in_test_folder("m.onnx"), &file));
    assert_ok(onnx_import(&file, &how, &network));
    onnx_file_close(&file);
    rows[0] = onnx_network_output(network, "logits")->row;
    rows[1] = onnx_network_output(network, "probabilities")->row;
    nn_program_options options = {.batch = 1, .type = NN_F32, .outputs = rows, .output_count = 2};
    for (size_t c = 0; c < 4; c++) options.deviation[c] = 1.0f / 255; /* it takes 0 .. 255 */
    assert_ok(nn_program_create(&network->table, &network->params, &options, &program));
    assert_ok(nn_context_create(program, &context));
    draw(&image, 3);
    memcpy(nn_context_pixels(context), image.pixels, SIDE * SIDE);
    assert_ok(nn_context_run(context, 1));
    assert_ok(amend_model_open_precision(released, AMEND_PRECISION_F32, &model));
    assert_ok(amend_model_predict(model, &image, NULL, expected));
    const float *got = nn_context_map(context, rows[1], &count);
    assert_int_equal(count, amend_model_classes(model));
    for (size_t k = 0; k < count; k++) assert_float_equal(got[k], expected[k], 1e-4);
    amend_image_free(&image);
    amend_model_free(model);
    nn_context_free(context);
    nn_program_free(program);
    onnx_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_own_probabilities), cmocka_unit_test(what_comes_back_is_the_same),
        cmocka_unit_test(onnx_runtime_agrees), cmocka_unit_test(foreign_networks_are_refused)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
