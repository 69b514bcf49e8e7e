/* The same training run in PyTorch and here: losses, gradients, weights, statistics, evaluation. And the ARM head's
 * values of tests/data/arm. */
#include "nn/network.h"

#include <sys/stat.h>
#include <unistd.h>

#include "weights/safetensors.h"

enum { STEPS = 5, SEEDS = 12 };

static const double RATE = 1e-4; /* small steps: what rounding makes of a gradient near 0 stays small too */

/* What a run differs by from PyTorch's. */
typedef struct difference {
    double gradients, losses, running, alpha, weights, evaluation;
} difference;

typedef struct run {
    const char *stem, *head;
    size_t size, r, channels;
    double width;
} run;

static const arm_head heads[] = {ARM_HEAD_GAP, ARM_HEAD_NONE, ARM_HEAD_BATCH, ARM_HEAD_EMA};

static const char *python(void)
{
    const char *chosen = getenv("AMEND_TORCH_PYTHON");
    return chosen && *chosen ? chosen : "/usr/bin/python3";
}

static bool command(const char *text)
{
    return system(text) == 0; /* NOLINT: fixed words, and the user's own interpreter */
}

static bool has_torch(void)
{
    char text[1024];
    snprintf(text, sizeof text, "'%s' -c 'import torch' >/dev/null 2>&1", python());
    bool found = command(text);
    if (!found) print_message("%s cannot import torch; set AMEND_TORCH_PYTHON\n", python());
    return found;
}

/* The first dimensions of a tensor and its values. */
static float *read_values(const safetensors *file, const char *prefix, const char *name, size_t *shape, size_t *count)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const tensor_view *view = safetensors_find(file, full);
    if (!view) fail_msg("%s: no tensor %s", safetensors_path(file), full);
    *count = 1;
    for (size_t i = 0; i < view->dims; i++) *count *= view->shape[i];
    if (shape) memcpy(shape, view->shape, view->dims * sizeof *shape);
    float *values = floats(*count);
    must(safetensors_read_f32(file, full, view->shape, view->dims, values));
    return values;
}

static void read_param(const safetensors *file, const char *prefix, const nn_param *p, float *values)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, p->name);
    must(safetensors_read_f32(file, full, p->shape, p->dims, values));
}

static data_batch read_batch(const safetensors *file, int step, size_t *shape)
{
    char name[64];
    size_t count = 0;
    data_batch batch = {0};
    snprintf(name, sizeof name, "batch.%d.pixels", step);
    batch.pixels = read_values(file, "", name, shape, &count);
    snprintf(name, sizeof name, "batch.%d.target", step);
    batch.targets = read_values(file, "", name, NULL, &count);
    batch.count = shape[0];
    return batch;
}

static double compare_gradients(const safetensors *file, const nn_params *params)
{
    double worst = 0;
    for (size_t i = 0; i < params->count; i++) {
        const nn_param *p = &params->items[i];
        if (!p->trainable) continue;
        float *expected = floats(p->count);
        read_param(file, "grad.", p, expected);
        worst = fmax(worst, distance(p->gradient, expected, p->count));
        mem_free(expected);
    }
    return worst;
}

/* Weights: relative to how far training moved them. Adam divides by the gradient's size, so that where that is near 0
 * the last bits decide; hence not value by value. */
static void compare_final(const safetensors *file, const nn_params *params, difference *d)
{
    for (size_t i = 0; i < params->count; i++) {
        const nn_param *p = &params->items[i];
        float *expected = floats(p->count), *start = floats(p->count);
        read_param(file, "final.", p, expected);
        read_param(file, "init.", p, start);
        double apart = distance(p->value, expected, p->count);
        if (p->trainable)
            d->weights = fmax(d->weights, apart / distance(start, expected, p->count));
        else
            d->running = fmax(d->running, apart);
        if (!strcmp(p->name, "arm.alpha")) d->alpha = apart;
        mem_free(expected);
        mem_free(start);
    }
}

static void compare_evaluation(const safetensors *file, const nn_table *table, nn_params *params, difference *d)
{
    size_t shape[4], count = 0;
    data_batch batch = read_batch(file, 0, shape);
    float *expected = read_values(file, "", "eval.logits", NULL, &count);
    const nn_plan_options options = {.batch = batch.count, .type = NN_F32, .training = false};
    nn_plan *plan = NULL;
    must(nn_plan_create(table, params, &options, &plan));
    memcpy(nn_plan_pixels(plan), batch.pixels, shape[0] * shape[1] * shape[2] * shape[3] * sizeof *batch.pixels);
    must(nn_plan_forward(plan, batch.count, false));
    d->evaluation = distance(nn_plan_logits(plan), expected, count);
    nn_plan_free(plan);
    mem_free(expected);
    batch_free(&batch);
}

static void compare_training(const safetensors *file, const nn_table *table, nn_params *params, difference *d)
{
    size_t shape[4], right = 0, count = 0;
    float *losses = read_values(file, "", "loss", NULL, &count);
    assert_int_equal(count, STEPS);
    data_batch batch = read_batch(file, 0, shape);
    trainer_options options = adam_options(batch.count, NN_F32);
    trainer *t = NULL;
    options.schedule.rate = RATE;
    batch_free(&batch);
    must(trainer_create(table, params, &options, STEPS, &t));
    for (int step = 0; step < STEPS; step++) {
        double loss = 0;
        batch = read_batch(file, step, shape);
        must(trainer_step(t, &batch, &loss, &right));
        batch_free(&batch);
        if (!step) d->gradients = compare_gradients(file, params);
        d->losses = fmax(d->losses, fabs(loss / (double)losses[step] - 1));
    }
    compare_final(file, params, d);
    trainer_free(t);
    mem_free(losses);
}

static bool is_same(const difference *d)
{
    print_message(
        "  gradients %.2g, losses %.2g, running values %.2g, alpha %.2g, weights %.2g of their way, evaluation %.2g\n",
        d->gradients, d->losses, d->running, d->alpha, d->weights, d->evaluation);
    return d->gradients < 1e-4 && d->losses < 1e-4 && d->running < 1e-4 && d->alpha < 1e-4 && d->weights < 0.02 &&
           d->evaluation < 1e-3;
}

static bool check_run(const char *folder, const run *r, int seed)
{
    char path[256], text[1024];
    safetensors *file = NULL;
    nn_params params;
    difference d = {0};
    arm_head head = ARM_HEAD_GAP;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!strcmp(r->head, arm_head_names[heads[i]])) head = heads[i];
    snprintf(path, sizeof path, "%s/run.safetensors", folder);
    snprintf(
        text, sizeof text,
        "'%s' tests/nn/torch_resnet_arm.py --stem %s --width %g --size %zu --channels %zu --batch 16 --lr %g --head %s "
        "--r %zu --steps %d --seed %d '%s'",
        python(), r->stem, r->width, r->size, r->channels, RATE, r->head, r->r, STEPS, seed, path);
    print_message("stem %s, head %s, %zu px, r %zu, seed %d\n", r->stem, r->head, r->size, r->r, seed);
    assert_true(command(text));
    must(safetensors_open(path, &file));
    nn_table *table = table_resnet(!strcmp(r->stem, "small"), r->width, r->size, r->channels, head, r->r, 7);
    must(nn_params_create(table, &params));
    for (size_t i = 0; i < params.count; i++) read_param(file, "init.", &params.items[i], params.items[i].value);
    params.version++;
    compare_training(file, table, &params, &d);
    compare_evaluation(file, table, &params, &d);
    nn_params_free(&params);
    mem_free(table);
    safetensors_free(file);
    unlink(path);
    return is_same(&d);
}

/* Among a million relu inputs some lie within rounding of 0: the gradient then goes through on one side only, and the
 * runs part from the first step. Whether a seed has one that matters is chance, and another one for
 * each way to round (one in four to two in three were seen); an error happens with every seed. */
static void check_seeds(const char *folder, const run *r)
{
    for (int seed = 2; seed < 2 + SEEDS; seed++)
        if (check_run(folder, r, seed)) return;
    fail_msg("stem %s, head %s: not PyTorch's run, whatever the seed", r->stem, r->head);
}

static void test_pytorch(void **state)
{
    (void)state;
    static const run runs[] = {
        {"small", "ema", 24, 4, 3, 0.25}, {"small", "batch", 24, 8, 1, 0.25},  {"small", "none", 24, 8, 3, 0.25},
        {"small", "gap", 24, 4, 3, 0.25}, {"imagenet", "ema", 96, 4, 3, 0.25},
    };
    if (!has_torch()) skip();
    char folder[] = "/tmp/amend-parity-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) check_seeds(folder, &runs[i]);
    rmdir(folder);
}

/* ---- the head alone ---- */

enum { FILE_ARRAYS = 9 };

/* Names in the files and in the network. */
static const char *const names[FILE_ARRAYS][3] = {
    {"de_albino", "arm.de_albino", "weight"},
    {"bn_weight", "arm.bn", "weight"},
    {"bn_bias", "arm.bn", "bias"},
    {"alpha", "arm", "alpha"},
    {"fc_weight", "fc", "weight"},
    {"fc_bias", "fc", "bias"},
    {"running_mean", "arm.bn", "running_mean"},
    {"running_var", "arm.bn", "running_var"},
    {"generic", "arm", "generic"},
};

static void to_nhwc(const float *from, const size_t *shape, float *to)
{
    size_t channels = shape[1], pixels = shape[2] * shape[3];
    for (size_t n = 0; n < shape[0]; n++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                to[(n * pixels + p) * channels + c] = from[(n * channels + c) * pixels + p];
}

/* A 1x1 convolution by the identity: its weight gradient [o][i] is the sum over pixels of x_i and the gradient of x_o,
 * so the gradient of x shows. */
static void set_identity(nn_params *params, size_t channels)
{
    nn_param *weight = nn_params_find(params, "identity", "weight");
    for (size_t i = 0; i < channels; i++) weight->value[i * channels + i] = 1;
}

static float *identity_gradient(const float *x, const float *gradient, const size_t *shape)
{
    size_t c = shape[1], pixels = shape[2] * shape[3];
    float *sums = floats(c * c);
    for (size_t n = 0; n < shape[0]; n++)
        for (size_t o = 0; o < c; o++)
            for (size_t i = 0; i < c; i++)
                for (size_t p = 0; p < pixels; p++)
                    sums[o * c + i] += x[(n * c + i) * pixels + p] * gradient[(n * c + o) * pixels + p];
    return sums;
}

static nn_table *head_table(const size_t *shape, arm_head head, size_t r, size_t classes)
{
    nn_table *table = table_begin(shape[2], shape[3], 1);
    table->shapes[0].c = shape[1]; /* a feature map, not an image */
    table_add(table, (nn_row){.kind = NN_CONV, .name = "identity", .channels = shape[1], .kernel = 1, .stride = 1});
    must(arm_head_build(table, head, 1, r, NULL, classes));
    return table;
}

static void load_head(const safetensors *file, nn_params *params, size_t channels)
{
    char name[64];
    size_t count = 0;
    for (size_t i = 0; i < FILE_ARRAYS; i++) {
        nn_param *p = nn_params_find(params, names[i][1], names[i][2]);
        if (!p) continue; /* no alpha, no generic in this mode */
        snprintf(name, sizeof name, "in.%s", names[i][0]);
        float *values = read_values(file, "", name, NULL, &count);
        assert_int_equal(count, p->count);
        memcpy(p->value, values, count * sizeof *values);
        mem_free(values);
    }
    set_identity(params, channels);
    params->version++;
}

static float *read_targets(const safetensors *file, size_t batch, size_t classes)
{
    const tensor_view *view = safetensors_find(file, "in.target");
    float *targets = floats(batch * classes);
    for (size_t n = 0; n < batch; n++) {
        int64_t label;
        memcpy(&label, (const char *)view->data + n * sizeof label, sizeof label);
        targets[n * classes + (size_t)label] = 1;
    }
    return targets;
}

static void assert_stored(const safetensors *file, const char *mode, const char *name, const float *got, size_t count)
{
    char full[96];
    size_t stored = 0;
    snprintf(full, sizeof full, "%s.%s", mode, name);
    float *expected = read_values(file, "", full, NULL, &stored);
    assert_int_equal(stored, count);
    /* A sum that cancels has no relative precision: bn_bias under batch affinity and the like. */
    double floor = 1e-6 * sqrt((double)count);
    if (!(distance(got, expected, count) * fmax(norm_of(expected, count), floor) <=
          2e-4 * norm_of(expected, count) + floor))
        fail_msg("%s: %s: relative distance %.3g", safetensors_path(file), full, distance(got, expected, count));
    mem_free(expected);
}

static void check_head_gradients(const safetensors *file, const char *mode, const nn_params *params, const float *x,
                                 const size_t *shape)
{
    char name[96];
    for (size_t i = 0; i < FILE_ARRAYS; i++) {
        const nn_param *p = nn_params_find(params, names[i][1], names[i][2]);
        if (!p) continue;
        snprintf(name, sizeof name, "train.%s%s", p->trainable ? "grad." : "", names[i][0]);
        if (p->trainable || strcmp(names[i][0], "generic"))
            assert_stored(file, mode, name, p->trainable ? p->gradient : p->value, p->count);
    }
    size_t count = 0;
    snprintf(name, sizeof name, "%s.train.grad.x", mode);
    float *gradient = read_values(file, "", name, NULL, &count);
    float *expected = identity_gradient(x, gradient, shape);
    const nn_param *identity = nn_params_find(params, "identity", "weight");
    /* Sums may cancel, and where a normalisation has two values only, the gradient itself does. */
    double error = distance(identity->gradient, expected, identity->count) * norm_of(expected, identity->count);
    double limit = norm_of(x, count) * (1e-5 * norm_of(gradient, count) + 1e-6);
    if (!(error <= limit)) fail_msg("%s: %s: error %.3g, above %.3g", safetensors_path(file), name, error, limit);
    mem_free(gradient);
    mem_free(expected);
}

static void check_head(const safetensors *file, arm_head head)
{
    const char *stored = head == ARM_HEAD_NONE ? "none" : "batch"; /* ema trains as batch does */
    char name[64];
    size_t shape[4], count = 0, kernel[4], classes = 0;
    float *x = read_values(file, "", "in.x", shape, &count), *maps = floats(count);
    mem_free(read_values(file, "", "in.fc_bias", &classes, &count));
    mem_free(read_values(file, "", "in.de_albino", kernel, &count));
    nn_table *table = head_table(shape, head, kernel[2] / 2, classes);
    const nn_plan_options options = {.batch = shape[0], .type = NN_F32, .training = true};
    const loss_options plain = {0, NULL};
    nn_params params;
    nn_plan *plan = NULL;
    must(nn_params_create(table, &params));
    load_head(file, &params, shape[1]);
    must(nn_plan_create(table, &params, &options, &plan));
    to_nhwc(x, shape, maps);
    memcpy(nn_plan_pixels(plan), maps, shape[0] * shape[1] * shape[2] * shape[3] * sizeof *maps);
    must(nn_plan_forward(plan, shape[0], false));
    snprintf(name, sizeof name, "%s", arm_head_names[head]);
    assert_stored(file, name, "eval.logits", nn_plan_logits(plan), shape[0] * classes);
    must(nn_plan_forward(plan, shape[0], true));
    assert_stored(file, stored, "train.logits", nn_plan_logits(plan), shape[0] * classes);
    float *targets = read_targets(file, shape[0], classes);
    float loss = (float)nn_cross_entropy(nn_plan_logits(plan), targets, shape[0], classes, &plain,
                                         nn_plan_logits_gradient(plan));
    assert_stored(file, stored, "train.loss", &loss, 1);
    must(nn_plan_backward(plan));
    check_head_gradients(file, stored, &params, x, shape);
    nn_plan_free(plan);
    nn_params_free(&params);
    mem_free(table);
    mem_free(targets);
    mem_free(maps);
    mem_free(x);
}

static void test_head_files(void **state)
{
    (void)state;
    static const char *const files[] = {
        "tests/data/arm/arm_r4_3x2.safetensors",
        "tests/data/arm/arm_r8_4x6.safetensors",
        "tests/data/arm/arm_r16_2x2.safetensors",
        "tests/data/arm/arm_r16_7x7.safetensors",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        safetensors *file = NULL;
        must(safetensors_open(files[i], &file));
        check_head(file, ARM_HEAD_NONE);
        check_head(file, ARM_HEAD_BATCH);
        check_head(file, ARM_HEAD_EMA);
        safetensors_free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_files),
        cmocka_unit_test(test_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
