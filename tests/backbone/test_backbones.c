/* All backbones: torchvision's counts and names, maps for usual sizes, and that each trains and folds with an ARM head.
 */
#include "backbone/backbone.h"

#include <math.h>

#include "arm/head.h"
#include "base/mem.h"
#include "model/folded.h"
#include "nn/loss.h"
#include "nn/plan.h"
#include "support.h"

static const struct expected {
    backbone_kind kind;
    size_t values, tensors; /* trainable, of torchvision's network without its classifier */
    size_t map, channels;   /* at 224 x 224 */
    size_t small_map;       /* at 48 x 48 with the small stem */
    const char *name;       /* one of its tensors */
} backbones[] = {
    {BACKBONE_RESNET18, 11176512, 60, 7, 512, 6, "layer4.1.conv2.weight"},
    {BACKBONE_RESNET34, 21284672, 108, 7, 512, 6, "layer3.5.bn2.bias"},
    {BACKBONE_RESNET50, 23508032, 159, 7, 2048, 6, "layer1.0.downsample.0.weight"},
    {BACKBONE_VGG11, 9225984, 32, 7, 512, 3, "features.25.bias"},
    {BACKBONE_VGG13, 9410880, 40, 7, 512, 3, "features.31.weight"},
    {BACKBONE_VGG16, 14723136, 52, 7, 512, 3, "features.40.bias"},
    {BACKBONE_MOBILENET_V2, 2223872, 156, 7, 1280, 6, "features.17.conv.1.0.weight"},
    {BACKBONE_MOBILENET_V3_SMALL, 927008, 138, 7, 576, 6, "features.11.block.2.fc2.bias"},
    {BACKBONE_MOBILENET_V3_LARGE, 2971952, 170, 7, 960, 6, "features.4.block.2.fc1.weight"},
    {BACKBONE_EFFICIENTNET_B0, 4007548, 211, 7, 1280, 6, "features.6.3.block.2.fc2.weight"},
};
enum { KINDS = sizeof backbones / sizeof *backbones };

static nn_shape build(nn_table *table, const struct expected *e, bool small, size_t size)
{
    const backbone_options options = {e->kind, small, 1};
    size_t features;
    assert_ok(nn_table_begin(table, size, size, 3));
    assert_ok(backbone_build(table, &options, &features));
    assert_int_equal(table->shapes[features].c, backbone_channels(&options));
    return table->shapes[features];
}

static void counts_are_torchvisions(void **state)
{
    (void)state;
    nn_table *table;
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    for (size_t k = 0; k < KINDS; k++) {
        const struct expected *e = &backbones[k];
        nn_params params;
        size_t values = 0, tensors = 0;
        bool named = false;
        assert_int_equal(build(table, e, true, 48).h, e->small_map);
        nn_shape map = build(table, e, false, 224);
        assert_true(map.h == e->map && map.c == e->channels);
        assert_ok(nn_params_create(table, &params));
        for (size_t i = 0; i < params.count; i++) {
            values += params.items[i].trainable ? params.items[i].count : 0;
            tensors += params.items[i].trainable;
            named |= !strcmp(params.items[i].name, e->name);
        }
        nn_params_free(&params);
        if (values != e->values || tensors != e->tensors || !named)
            fail_msg("%s: %zu values in %zu tensors", backbone_names[e->kind], values, tensors);
    }
    mem_free(table);
}

/* ---- training ---- */

enum { BATCH = 8, SIZE = 32, CLASSES = 4 };

static model_description describe(backbone_kind kind)
{
    bool projected = kind >= BACKBONE_MOBILENET_V3_SMALL; /* not all have channels that 8 * 8 divides */
    return (model_description){.backbone = kind,
                               .small_stem = true,
                               .width = kind >= BACKBONE_MOBILENET_V2 ? 0.5 : 0.25,
                               .head = kind == BACKBONE_RESNET50 || projected ? ARM_HEAD_EMA : ARM_HEAD_GAP,
                               .arrangement = 8,
                               .variant = {.project = projected ? 128 : 0},
                               .size = SIZE,
                               .channels = 3,
                               .classes = CLASSES,
                               .normal = {{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}};
}

/* Loss of weights moved by `step` along `direction` (all parameters, one after another). */
static double loss_at(nn_plan *plan, nn_params *params, const float *start, const float *direction, double step,
                      const float *pixels, const float *targets)
{
    size_t at = 0;
    double sum = 0;
    for (size_t i = 0; i < params->count; i++)
        for (size_t k = 0; params->items[i].trainable && k < params->items[i].count; k++, at++)
            params->items[i].value[k] = (float)((double)start[at] + step * (double)direction[at]);
    params->version++;
    memcpy(nn_plan_pixels(plan), pixels, (size_t)BATCH * SIZE * SIZE * 3 * sizeof *pixels);
    assert_ok(nn_plan_forward(plan, BATCH, true));
    for (size_t i = 0; i < BATCH * CLASSES; i++) sum += (double)targets[i] * (double)nn_plan_logits(plan)[i];
    return sum;
}

/* The derivative along the gradient itself, where differences are large, against central differences. */
static double gradient_error(backbone_kind kind)
{
    const model_description d = describe(kind);
    const nn_plan_options options = {.batch = BATCH, .type = NN_F32, .training = true};
    nn_table *table;
    nn_params params;
    nn_plan *plan;
    float *start, *direction, *pixels, *targets;
    double slope = 0, best = HUGE_VAL;
    rng r = rng_make(4, 2, (uint64_t)kind);
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(description_build(&d, table));
    assert_ok(nn_params_create(table, &params));
    nn_params_init(&params, 3);
    assert_ok(nn_plan_create(table, &params, &options, &plan));
    assert_ok(mem_alloc(&start, params.values, sizeof *start, "values"));
    assert_ok(mem_alloc(&direction, params.values, sizeof *direction, "values"));
    assert_ok(mem_alloc(&pixels, BATCH * SIZE * SIZE * 3, sizeof *pixels, "values"));
    assert_ok(mem_alloc(&targets, BATCH * CLASSES, sizeof *targets, "values"));
    for (size_t i = 0; i < BATCH * SIZE * SIZE * 3; i++) pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < BATCH * CLASSES; i++) targets[i] = (float)rng_normal(&r);
    size_t at = 0;
    for (size_t i = 0; i < params.count; i++)
        for (size_t k = 0; params.items[i].trainable && k < params.items[i].count; k++)
            start[at++] = params.items[i].value[k];
    loss_at(plan, &params, start, direction, 0, pixels, targets);
    memcpy(nn_plan_logits_gradient(plan), targets, BATCH * CLASSES * sizeof *targets);
    assert_ok(nn_plan_backward(plan));
    at = 0;
    for (size_t i = 0; i < params.count; i++)
        for (size_t k = 0; params.items[i].trainable && k < params.items[i].count; k++, at++) {
            direction[at] = params.items[i].gradient[k];
            slope += (double)direction[at] * (double)direction[at];
        }
    for (double size = 1e-2; size > 2e-5; size /= 3) { /* small steps drown in rounding, large ones cross relus */
        double step = size / sqrt(slope);
        double change = loss_at(plan, &params, start, direction, step, pixels, targets) -
                        loss_at(plan, &params, start, direction, -step, pixels, targets);
        best = fmin(best, fabs(change / (2 * step) - slope) / slope);
    }
    nn_plan_free(plan);
    nn_params_free(&params);
    mem_free(table);
    mem_free(start);
    mem_free(direction);
    mem_free(pixels);
    mem_free(targets);
    return best;
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        double error = gradient_error(backbones[k].kind);
        print_message("%s: %.1e\n", backbone_names[backbones[k].kind], error);
        assert_true(error < 1e-2); /* relus that turn on the way; a wrong layer shows as more than a tenth */
    }
}

/* Running statistics, folded and compiled, against the plan that evaluates unfolded. */
static void folded_networks_are_the_same(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        const model_description d = describe(backbones[k].kind);
        const nn_plan_options options = {.batch = 1, .type = NN_F32};
        nn_program_options compiled = {.batch = 1, .type = NN_F32};
        nn_table *table;
        nn_params params;
        nn_plan *plan;
        model_folded *folded;
        nn_program *program;
        nn_context *context;
        rng r = rng_make(5, 2, k);
        double worst = 0, largest = 0;
        memcpy(compiled.mean, d.normal.mean, sizeof d.normal.mean);
        memcpy(compiled.deviation, d.normal.deviation, sizeof d.normal.deviation);
        assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
        assert_ok(description_build(&d, table));
        assert_ok(nn_params_create(table, &params));
        nn_params_init(&params, 3);
        for (size_t i = 0; i < params.count; i++)
            for (size_t v = 0; params.items[i].dims == 1 && v < params.items[i].count; v++)
                params.items[i].value[v] += (float)rng_between(&r, 0.05, 0.3);
        assert_ok(nn_plan_create(table, &params, &options, &plan));
        assert_ok(model_fold(&d, &params, &folded));
        assert_ok(nn_program_create(&folded->table, &folded->params, &compiled, &program));
        assert_ok(nn_context_create(program, &context));
        for (size_t i = 0; i < SIZE * SIZE * 3; i++) {
            nn_context_pixels(context)[i] = (uint8_t)(rng_uniform(&r) * 256);
            nn_plan_pixels(plan)[i] = ((float)nn_context_pixels(context)[i] / 255 - 0.5f) / 0.25f;
        }
        assert_ok(nn_plan_forward(plan, 1, false));
        assert_ok(nn_context_run(context, 1));
        for (size_t i = 0; i < CLASSES; i++) {
            largest = fmax(largest, fabs((double)nn_plan_logits(plan)[i]));
            worst = fmax(worst, fabs((double)nn_plan_logits(plan)[i] - (double)nn_context_logits(context)[i]));
        }
        print_message("%s: %.1e of %.1e\n", backbone_names[d.backbone], worst, largest);
        assert_true(worst < 1e-4 * largest);
        nn_context_free(context);
        nn_program_free(program);
        model_folded_free(folded);
        nn_plan_free(plan);
        nn_params_free(&params);
        mem_free(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_torchvisions),
                                       cmocka_unit_test(gradients_are_slopes),
                                       cmocka_unit_test(folded_networks_are_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
