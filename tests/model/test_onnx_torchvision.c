/* torchvision's networks that are none of ours, as backbones: logits and, with the statistics of a batch, the gradient
 * of the first convolution, against PyTorch's. */
#include "support.h"

#include <math.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/onnx_model.h"
#include "nn/plan.h"

enum { SIDE = 139, BATCH = 4, CLASSES = 10, PIXELS = BATCH * SIDE * SIDE * 3 };

/* The gradient has gone through up to 120 layers in f32, where rounding turns a relu now and then: PyTorch's own is 1
 * to 1.5 % from what it finds in f64 for the first three. A wrong layer shows as more than a tenth. */
static const double LOGITS = 1e-5, GRADIENTS = 5e-2;

static const char *network; /* which it is about */

static const char *file_of(const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", network, what);
    return in_test_folder(name);
}

static double distance_from(const char *what, const float *got, size_t count)
{
    float *expected = NULL;
    double sum = 0, norm = 0;
    assert_ok(mem_alloc(&expected, count, sizeof *expected, what));
    read_floats(file_of(what), expected, count);
    for (size_t i = 0; i < count; i++) {
        double apart = (double)got[i] - (double)expected[i];
        sum += apart * apart;
        norm += (double)expected[i] * (double)expected[i];
    }
    mem_free(expected);
    return sqrt(sum / norm);
}

static void check_plan(nn_plan *plan, const nn_params *params)
{
    const nn_param *first = &params->items[0];
    read_floats(file_of("pixels.f32"), nn_plan_pixels(plan), PIXELS);
    assert_ok(nn_plan_forward(plan, BATCH, false));
    double logits = distance_from("logits.f32", nn_plan_logits(plan), BATCH * CLASSES);
    read_floats(file_of("pixels.f32"), nn_plan_pixels(plan), PIXELS);
    assert_ok(nn_plan_forward(plan, BATCH, true));
    read_floats(file_of("target.f32"), nn_plan_logits_gradient(plan), BATCH * CLASSES);
    assert_ok(nn_plan_backward(plan));
    double gradient = distance_from("gradient.f32", first->gradient, first->count);
    print_message("%-18s logits within %.1e, gradient within %.1e\n", network, logits, gradient);
    assert_true(logits < LOGITS && gradient < GRADIENTS);
}

static void check(void)
{
    model_description d = {.head = ARM_HEAD_GAP,
                           .size = SIDE,
                           .channels = 3,
                           .classes = CLASSES,
                           .normal = {{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}};
    const nn_plan_options options = {.batch = BATCH, .training = true};
    onnx_network *onnx = NULL;
    nn_table *table = NULL;
    nn_params params;
    nn_plan *plan;
    assert_ok(onnx_model_backbone(file_of("onnx"), &d, &onnx));
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(description_build(&d, table));
    assert_ok(nn_params_create(table, &params));
    assert_int_equal(onnx_model_fill(onnx, &params), onnx->params.count);
    nn_param *weight = nn_params_find(&params, "fc", "weight");
    read_floats(file_of("fc.weight.f32"), weight->value, weight->count);
    read_floats(file_of("fc.bias.f32"), nn_params_find(&params, "fc", "bias")->value, CLASSES);
    assert_ok(nn_plan_create(table, &params, &options, &plan));
    check_plan(plan, &params);
    nn_plan_free(plan);
    nn_params_free(&params);
    mem_free(table);
    onnx_network_free(onnx);
    description_free(&d);
}

static void as_pytorch(void **state)
{
    static const char *const networks[] = {"densenet121",    "googlenet",       "inception_v3",       "mnasnet1_0",
                                           "regnet_y_400mf", "resnext50_32x4d", "shufflenet_v2_x1_0", "squeezenet1_1"};
    char command[512];
    int used = snprintf(command, sizeof command, "%s tests/model/torchvision_onnx.py %s",
                        python_with("torch, torchvision, onnx"), test_folder);
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        used += snprintf(command + used, sizeof command - (size_t)used, " %s", networks[i]);
    snprintf(command + used, sizeof command - (size_t)used, " >/dev/null 2>&1");
    if (system(command)) fail_msg("the Python side failed: %s", command);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        network = networks[i];
        check();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_pytorch)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
