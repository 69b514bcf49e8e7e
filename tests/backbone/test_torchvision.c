/* Every backbone against torchvision's, layer by layer: weights move over by name alone, and every feature map is the
 * same, unfolded and folded; a training step of those with gates too. */
#include "nn/network.h"

#include "model/folded.h"
#include "nn/program.h"
#include "support.h"
#include "weights/safetensors.h"

enum { SIDE = 64, CLASSES = 5 };

/* Gradients have gone through 50 layers in f32, here and there, where rounding turns a relu now and then: mostly they
 * agree to 5e-5. A wrong layer shows as more than a tenth. */
static const double MAPS = 1e-4, GRADIENTS = 2e-2;

/* One network of torchvision, here. */
typedef struct twin {
    model_description description;
    const safetensors *file;
    nn_table *table;
    nn_params params;
    const float *pixels;
    size_t batch;
} twin;

static const float *find(const twin *t, const char *prefix, const char *name, size_t *count)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const tensor_view *view = safetensors_find(t->file, full);
    if (!view) fail_msg("%s: torchvision has no %s", backbone_names[t->description.backbone], full);
    *count = tensor_values(view);
    return view->data;
}

static double distance_to(const twin *t, const char *prefix, const char *name, const float *values, size_t count)
{
    size_t expected = 0;
    const float *witness = find(t, prefix, name, &expected);
    if (expected != count) fail_msg("%s%s: %zu values, not %zu", prefix, name, count, expected);
    return distance(values, witness, count);
}

static twin twin_make(const safetensors *file, backbone_kind kind)
{
    twin t = {.file = file,
              .description = {.backbone = kind,
                              .width = 1,
                              .head = ARM_HEAD_GAP,
                              .size = SIDE,
                              .channels = 3,
                              .classes = CLASSES,
                              .normal = {{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}}};
    size_t count = 0, tensors = 0;
    must(mem_alloc(&t.table, 1, sizeof *t.table, "test table"));
    must(description_build(&t.description, t.table));
    must(nn_params_create(t.table, &t.params));
    for (size_t i = 0; i < t.params.count; i++) {
        nn_param *p = &t.params.items[i];
        must(safetensors_read_f32(file, p->name, p->shape, p->dims, p->value));
    }
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_at(file, i).name;
        bool other = !strcmp(name, "pixels") || !strncmp(name, "map.", 4) || !strncmp(name, "grad.", 5) ||
                     !strncmp(name, "train.", 6) || !strncmp(name, "after.", 6);
        tensors += !other;
    }
    assert_int_equal(tensors, t.params.count); /* none of torchvision's is left over */
    t.params.version++;
    t.pixels = find(&t, "", "pixels", &count);
    t.batch = count / (SIDE * SIDE * 3);
    return t;
}

static void twin_free(twin *t)
{
    nn_params_free(&t->params);
    mem_free(t->table);
}

/* The unfolded network at evaluation, and where torchvision's file has one, a training step. */
static void check_plan(twin *t)
{
    const nn_plan_options options = {.batch = t->batch, .type = NN_F32, .training = true};
    size_t features = t->table->count - 3, maps = 0, count = 0; /* pool and classifier follow */
    double worst = 0;
    nn_plan *plan = NULL;
    must(nn_plan_create(t->table, &t->params, &options, &plan));
    memcpy(nn_plan_pixels(plan), t->pixels, t->batch * SIDE * SIDE * 3 * sizeof *t->pixels);
    must(nn_plan_forward(plan, t->batch, false));
    for (size_t row = 1; row <= features; row++) {
        const float *map = nn_plan_map(plan, row, &count);
        if (!map) continue;
        double apart = distance_to(t, "map.", t->table->rows[row].name, map, count);
        if (!(apart < MAPS)) fail_msg("row %zu, %s: relative distance %.2g", row, t->table->rows[row].name, apart);
        worst = fmax(worst, apart);
        maps++;
    }
    print_message("%-18s %3zu maps of %3zu rows within %.1e", backbone_names[t->description.backbone], maps, features,
                  worst);
    nn_plan_free(plan);
}

/* A folded convolution gives what the normalisation behind it gave. */
static const char *name_of(const twin *t, const nn_row *folded)
{
    const nn_row *rows = t->table->rows;
    size_t i = 1;
    while (strcmp(rows[i].name, folded->name)) i++;
    return rows[i + 1].kind == NN_BATCH_NORM && rows[i + 1].in[0] == i ? rows[i + 1].name : rows[i].name;
}

static void check_folded(twin *t)
{
    nn_program_options options = {.batch = t->batch, .type = NN_F32, .keep_maps = true};
    model_folded *folded = NULL;
    nn_program *program = NULL;
    nn_context *context = NULL;
    size_t count = 0, maps = 0;
    double worst = 0;
    memcpy(options.mean, t->description.normal.mean, sizeof t->description.normal.mean);
    memcpy(options.deviation, t->description.normal.deviation, sizeof t->description.normal.deviation);
    must(model_fold(&t->description, &t->params, &folded));
    must(nn_program_create(&folded->table, &folded->params, &options, &program));
    must(nn_context_create(program, &context));
    for (size_t i = 0; i < t->batch * SIDE * SIDE * 3; i++)
        nn_context_pixels(context)[i] = (uint8_t)lrintf((t->pixels[i] * 0.25f + 0.5f) * 255);
    must(nn_context_run(context, t->batch));
    for (size_t row = 1; row + 1 < folded->table.count; row++) {
        const float *map = nn_context_map(context, row, &count);
        if (!map) continue;
        const char *name = name_of(t, &folded->table.rows[row]);
        double apart = distance_to(t, "map.", name, map, count);
        if (!(apart < MAPS)) fail_msg("folded, %s: relative distance %.2g", name, apart);
        worst = fmax(worst, apart);
        maps++;
    }
    print_message("; folded, %3zu within %.1e", maps, worst);
    nn_context_free(context);
    nn_program_free(program);
    model_folded_free(folded);
}

/* Some gradients are 0, as of a bias in front of a normalisation: what rounding leaves there counts against 1e-3 of the
 * largest. */
static double gradient_error(const twin *t, const nn_param *p, double largest)
{
    size_t count = 0;
    const float *expected = find(t, "grad.", p->name, &count);
    double norm = norm_of(expected, count);
    assert_int_equal(count, p->count);
    return distance(p->gradient, expected, count) * (norm > 0 ? norm : 1) / fmax(norm, 1e-3 * largest);
}

static double largest_gradient(const twin *t)
{
    double largest = 0;
    for (size_t i = 0; i < t->params.count; i++) {
        size_t count = 0;
        const nn_param *p = &t->params.items[i];
        if (p->trainable) largest = fmax(largest, norm_of(find(t, "grad.", p->name, &count), p->count));
    }
    return largest;
}

static void check_training(twin *t)
{
    const nn_plan_options options = {.batch = t->batch, .type = NN_F32, .training = true};
    double gradients = 0, statistics = 0, largest = largest_gradient(t);
    size_t count = 0;
    nn_plan *plan = NULL;
    must(nn_plan_create(t->table, &t->params, &options, &plan));
    memcpy(nn_plan_pixels(plan), t->pixels, t->batch * SIDE * SIDE * 3 * sizeof *t->pixels);
    must(nn_plan_forward(plan, t->batch, true));
    double logits = distance_to(t, "train.", "logits", nn_plan_logits(plan), t->batch * CLASSES);
    const float *target = find(t, "train.", "target", &count);
    memcpy(nn_plan_logits_gradient(plan), target, count * sizeof *target);
    must(nn_plan_backward(plan));
    for (size_t i = 0; i < t->params.count; i++) {
        const nn_param *p = &t->params.items[i];
        double apart =
            p->trainable ? gradient_error(t, p, largest) : distance_to(t, "after.", p->name, p->value, p->count);
        if (!(apart < (p->trainable ? GRADIENTS : MAPS))) fail_msg("%s: relative distance %.2g", p->name, apart);
        if (p->trainable)
            gradients = fmax(gradients, apart);
        else
            statistics = fmax(statistics, apart);
    }
    assert_true(logits < MAPS);
    print_message("; trained: logits %.1e, gradients %.1e, statistics %.1e", logits, gradients, statistics);
    nn_plan_free(plan);
}

/* Training is compared where batch normalisation has attributes of its own, or gates and smooth activations are
 * trained. nn/test_parity.c trains a ResNet; MobileNetV2's relu6 on maps of 2 x 2 makes a percent of gradients out of
 * rounding. */
static bool has_gates(backbone_kind kind)
{
    return kind == BACKBONE_MOBILENET_V3_SMALL || kind == BACKBONE_MOBILENET_V3_LARGE ||
           kind == BACKBONE_EFFICIENTNET_B0;
}

static void same_maps_as_torchvision(void **state)
{
    char command[512], path[512];
    const char *python = python_with("torch, torchvision");
    (void)state;
    for (size_t kind = 0; kind < BACKBONES; kind++) {
        bool trains = has_gates((backbone_kind)kind);
        safetensors *file = NULL;
        snprintf(command, sizeof command, "%s tests/backbone/torchvision_maps.py %s %s %s", python, test_folder,
                 backbone_names[kind], trains ? "train" : "");
        assert_int_equal(system(command), 0);
        snprintf(path, sizeof path, "%s", in_test_folder("maps.safetensors"));
        must(safetensors_open(path, &file));
        twin t = twin_make(file, (backbone_kind)kind);
        check_plan(&t);
        check_folded(&t);
        if (trains) check_training(&t);
        print_message("\n");
        twin_free(&t);
        safetensors_free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_maps_as_torchvision)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
