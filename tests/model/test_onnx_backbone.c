/* ONNX networks that are none of ours as backbones: the same maps as the file's, gradients, models that are saved and
 * opened again, and what is refused. */
#include "support.h"

#include "arm/erosion.h"
#include "model/model.h"
#include "model/onnx_model.h"
#include "nn/plan.h"
#include "weights/onnx_net.h"

enum { SIDE = 32, CLASSES = 10, BATCH = 4, PIXELS = SIDE * SIDE * 3 };

typedef struct target {
    model_description description;
    onnx_network *onnx;
    nn_table *table;
    nn_params params;
} target;

/* A block as face recognition has them (IResNet): a normalisation in front of its convolutions, slopes a channel. */
static void sloped(onnx_net *n)
{
    net_values(n, "first.slopes", 3, (int64_t[]){24, 1, 1}, 0.3, 0.2);
    net_values(n, "second.slopes", 3, (int64_t[]){24, 1, 1}, 0.3, 0.2);
    const char *at = net_norm(n, "n1", net_conv(n, "c1", "image", 3, 24, 3, 2, 1, false), 24), *other;
    at = net_plain(n, "PRelu", "first", at, "first.slopes");
    other = net_conv(n, "c2", net_norm(n, "n2", at, 24), 24, 24, 3, 1, 1, true);
    other = net_conv(n, "c3", net_plain(n, "PRelu", "second", other, "second.slopes"), 24, 24, 3, 1, 1, true);
    at = net_norm(n, "n3", net_plain(n, "Add", "sum", at, other), 24);
    net_classify(n, net_conv(n, "c4", at, 24, 64, 3, 2, 1, false), 64);
}

/* Arithmetic with one number and with one a channel, the constant first and second. */
static void scaled(onnx_net *n)
{
    net_values(n, "mean", 3, (int64_t[]){16, 1, 1}, 0.5, 0.2);
    net_values(n, "one", 0, NULL, 1.5, 0);
    net_values(n, "factor", 4, (int64_t[]){1, 16, 1, 1}, 0.7, 0.3);
    net_values(n, "divisor", 1, (int64_t[]){1}, 1.25, 0);
    const char *at = net_plain(n, "Sub", "sub", net_conv(n, "c1", "image", 3, 16, 3, 2, 1, false), "mean");
    at = net_plain(n, "Mul", "mul", "factor", net_plain(n, "Div", "div", at, "divisor"));
    at = net_plain(n, "Relu", "r1", at, NULL);
    at = net_plain(n, "Add", "add", net_plain(n, "Sub", "from", "one", at), "factor");
    net_classify(n, net_conv(n, "c2", at, 16, 64, 3, 2, 1, false), 64);
}

/* height x width taps, both odd, padded to keep the map's size at a stride of 1. */
static const char *oblong_conv(onnx_net *n, const char *name, const char *in, size_t from, size_t to, size_t height,
                               size_t width, size_t stride)
{
    char weight[NET_WORD];
    const int64_t pads[4] = {(int64_t)height / 2, (int64_t)width / 2, (int64_t)height / 2, (int64_t)width / 2};
    net_values(n, net_part(weight, name, "weight"), 4,
               (int64_t[]){(int64_t)to, (int64_t)from, (int64_t)height, (int64_t)width}, 0,
               sqrt(6.0 / (double)(from * height * width)));
    net_node *node = net_add(n, "Conv", name, 2, (const char *[]){in, weight});
    int64_t *values = node->ints[node->proto.n_attribute];
    net_ints(node, "pads", 4, 0, 0);
    memcpy(values, pads, sizeof pads);
    net_ints(node, "strides", 2, (int64_t)stride, (int64_t)stride);
    return node->output;
}

/* As Inception's: kernels of one row and of one column, with and without a stride. */
static void oblong(onnx_net *n)
{
    const char *at = net_plain(n, "Relu", "r1", net_conv(n, "c1", "image", 3, 24, 3, 2, 1, false), NULL), *other;
    at = net_norm(n, "n1", oblong_conv(n, "row", at, 24, 16, 1, 7, 1), 16);
    other = oblong_conv(n, "column", net_plain(n, "Relu", "r2", at, NULL), 16, 20, 5, 1, 2);
    at = net_concat(n, "both", other, oblong_conv(n, "high", at, 16, 12, 3, 7, 2));
    net_classify(n, net_conv(n, "c2", net_plain(n, "Relu", "r3", at, NULL), 32, 64, 3, 2, 1, false), 64);
}

static const char *pad_net(onnx_net *n, const char *name, const char *in, int64_t before, int64_t after)
{
    net_node *node = net_add(n, "Pad", name, 1, (const char *[]){in});
    const int64_t pads[8] = {0, 0, before, before, 0, 0, after, after};
    int64_t *values = node->ints[node->proto.n_attribute];
    net_ints(node, "pads", 8, 0, 0);
    memcpy(values, pads, sizeof pads);
    return node->output;
}

/* Zeros as nodes of their own, as TensorFlow's networks have them, and averages that count their padding. */
static void padded(onnx_net *n)
{
    const char *at = net_conv(n, "c1", pad_net(n, "p1", "image", 0, 1), 3, 24, 3, 2, 1, false);
    at = net_pool(n, "MaxPool", "most", pad_net(n, "p2", net_plain(n, "Relu", "r1", at, NULL), 1, 1), 3, 2);
    at =
        net_pool(n, "AveragePool", "torch", pad_net(n, "p3", net_conv(n, "c2", at, 24, 24, 3, 1, 1, true), 1, 1), 3, 1);
    at = net_pool(n, "AveragePool", "mean", at, 3, 1);
    net_ints(&n->nodes[n->node_count - 1], "pads", 4, 1, 1);
    at = net_pool(n, "AveragePool", "half", at, 2, 2);
    net_int(&n->nodes[n->node_count - 1], "ceil_mode", 1); /* whose lines never count */
    net_classify(n, net_conv(n, "c3", net_norm(n, "n1", at, 24), 24, 64, 3, 1, 1, false), 64);
}

static const char *write_net(void (*build)(onnx_net *), bool training, const char *name)
{
    onnx_net *n = net_new(SIDE, 3);
    n->training = training;
    build(n);
    const char *path = in_test_folder(name);
    net_write(n, path);
    net_free(n);
    return path;
}

static model_description describe(arm_head head)
{
    model_description d = {.head = head,
                           .arrangement = 8,
                           .size = SIDE,
                           .channels = 3,
                           .classes = CLASSES,
                           .normal = {{0.5f, 0.4f, 0.3f}, {0.2f, 0.3f, 0.25f}}};
    for (size_t i = 0; i < CLASSES; i++) snprintf(d.labels[i], MODEL_LABEL_SIZE, "class %zu", i);
    return d;
}

static target *make_target(const char *path, arm_head head)
{
    target *t = NULL;
    assert_ok(mem_alloc(&t, 1, sizeof *t, "target"));
    t->description = describe(head);
    assert_ok(onnx_model_backbone(path, &t->description, &t->onnx));
    assert_ok(mem_alloc(&t->table, 1, sizeof *t->table, "table"));
    assert_ok(description_build(&t->description, t->table));
    assert_ok(nn_params_create(t->table, &t->params));
    nn_params_init(&t->params, 3);
    assert_int_equal(onnx_model_fill(t->onnx, &t->params), t->onnx->params.count);
    return t;
}

static void free_target(target *t)
{
    nn_params_free(&t->params);
    mem_free(t->table);
    onnx_network_free(t->onnx);
    description_free(&t->description);
    mem_free(t);
}

static void random_pixels(float *pixels, size_t count)
{
    rng random = rng_make(2, 0, 0);
    for (size_t i = 0; i < count; i++) pixels[i] = (float)rng_normal(&random);
}

/* ---- the same maps ---- */

/* Logits of the file as it is, by the program that runs any ONNX network. */
static void logits_of_file(const char *path, const uint8_t *bytes, float *logits)
{
    onnx_file file;
    onnx_network *network;
    nn_program *program;
    nn_context *context;
    const onnx_import_options how = {.fold = true};
    assert_ok(onnx_file_open(path, &file));
    assert_ok(onnx_import(&file, &how, &network));
    onnx_file_close(&file);
    model_description d = describe(ARM_HEAD_GAP);
    nn_program_options options = {.batch = 1, .outputs = &network->outputs[0].row, .output_count = 1};
    memcpy(options.mean, d.normal.mean, sizeof d.normal.mean);
    memcpy(options.deviation, d.normal.deviation, sizeof d.normal.deviation);
    assert_ok(nn_program_create(&network->table, &network->params, &options, &program));
    assert_ok(nn_context_create(program, &context));
    memcpy(nn_context_pixels(context), bytes, PIXELS);
    assert_ok(nn_context_run(context, 1));
    memcpy(logits, nn_context_logits(context), CLASSES * sizeof *logits);
    nn_context_free(context);
    nn_program_free(program);
    onnx_network_free(network);
}

static void logits_of_plan(target *t, const uint8_t *bytes, float *logits)
{
    const nn_plan_options options = {.batch = 1, .training = true};
    nn_plan *plan;
    const data_normal *normal = &t->description.normal;
    assert_ok(nn_plan_create(t->table, &t->params, &options, &plan));
    for (size_t i = 0; i < PIXELS; i++)
        nn_plan_pixels(plan)[i] = ((float)bytes[i] / 255 - normal->mean[i % 3]) / normal->deviation[i % 3];
    assert_ok(nn_plan_forward(plan, 1, false));
    memcpy(logits, nn_plan_logits(plan), CLASSES * sizeof *logits);
    nn_plan_free(plan);
}

static void assert_near(const char *what, const float *got, const float *expected)
{
    double worst = 0, size = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        worst = fmax(worst, fabs((double)got[i] - (double)expected[i]));
        size = fmax(size, fabs((double)expected[i]));
    }
    print_message("%s: logits of %.3g differ by at most %.1e\n", what, size, worst);
    assert_true(worst <= 1e-5 * size && size > 0);
}

/* With the file's own linear layer behind average pooling, the whole network is the file's. */
static void check_same(void (*build)(onnx_net *), const char *what)
{
    uint8_t bytes[PIXELS];
    float expected[CLASSES], got[CLASSES];
    rng random = rng_make(4, 0, 0);
    const char *path = write_net(build, false, "same.onnx");
    onnx_net *n = net_new(SIDE, 3);
    build(n);
    target *t = make_target(path, ARM_HEAD_GAP);
    for (size_t i = 0; i < PIXELS; i++) bytes[i] = (uint8_t)rng_below(&random, 256);
    for (size_t i = 0; i < n->tensor_count; i++) {
        const char *name = n->tensors[i].name, *suffix = strncmp(name, "fc.", 3) ? "" : name + 3;
        nn_param *p = *suffix ? nn_params_find(&t->params, "fc", suffix) : NULL;
        if (p && p->count * sizeof(float) == n->tensors[i].proto.raw_data.len)
            memcpy(p->value, n->tensors[i].proto.raw_data.data, p->count * sizeof(float));
    }
    logits_of_file(in_test_folder("same.onnx"), bytes, expected);
    logits_of_plan(t, bytes, got);
    assert_near(what, got, expected);
    net_free(n);
    free_target(t);
}

static void same_maps(void **state)
{
    (void)state;
    check_same(net_branches, "branches");
    check_same(net_folded, "folded");
    check_same(sloped, "slopes");
    check_same(scaled, "constants");
    check_same(oblong, "oblong kernels");
    check_same(padded, "padding");
}

static bool has_row(const target *t, const char *line)
{
    return strstr(t->description.rows->text, line) != NULL;
}

/* Normalisations stay layers, in files for training and in others; names of the head and with blanks are changed. */
static void rows_of_branches(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        target *t = make_target(write_net(net_branches, training, "net.onnx"), ARM_HEAD_EMA);
        const nn_param *variance = nn_params_find(&t->params, "model.stem_norm", "running_var");
        assert_true(has_row(t, "model.stem conv input channels=24 kernel=3 stride=2 pad=1\n"));
        assert_true(has_row(t, "\nmodel.stem_norm batch_norm model.stem epsilon=0.00100000005 momentum=0.200000003\n"));
        assert_true(has_row(t, "\nonnx1.fc.deep conv "));
        assert_true(has_row(t, "\ndown_norm batch_norm down\n") || has_row(t, "\ndown_norm batch_norm down epsilon"));
        assert_true(has_row(t, "\ndown.steps max_pool "));
        assert_null(strstr(t->description.rows->text, "linear"));
        assert_true(variance->value[0] > 0.69f && variance->value[0] < 1.31f);
        free_target(t);
    }
}

/* Zeros in front of a window are the window's. */
static void rows_of_padding(void **state)
{
    (void)state;
    target *t = make_target(write_net(padded, false, "net.onnx"), ARM_HEAD_GAP);
    assert_true(has_row(t, "c1 conv input channels=24 kernel=3 stride=2 pad=1 pad_more=1\n"));
    assert_true(has_row(t, " max_pool node3 kernel=3 stride=2 pad=1\n"));
    assert_true(has_row(t, " average_pool c2 kernel=3 stride=1 pad=1 count_padding=1\n"));
    assert_true(has_row(t, " kernel=2 stride=2 pad_more=1\n"));
    assert_false(has_row(t, " gather "));
    free_target(t);
}

/* Padding by nothing leaves no row. */
static void no_rows_for_nothing(void **state)
{
    (void)state;
    target *t = make_target(write_net(net_folded, false, "net.onnx"), ARM_HEAD_GAP);
    assert_true(has_row(t, "\nnode11 average_pool node10 kernel=2 stride=2\n"));
    assert_false(has_row(t, " gather "));
    free_target(t);
}

/* ---- gradients ---- */

static double value_of(nn_plan *plan, const float *pixels, const float *weights)
{
    double sum = 0;
    memcpy(nn_plan_pixels(plan), pixels, BATCH * PIXELS * sizeof *pixels);
    assert_ok(nn_plan_forward(plan, BATCH, true));
    for (size_t i = 0; i < BATCH * CLASSES; i++) sum += (double)weights[i] * (double)nn_plan_logits(plan)[i];
    return sum;
}

static void move(nn_params *params, const float *start, const float *direction, double step)
{
    for (size_t i = 0, at = 0; i < params->count; i++)
        for (size_t k = 0; k < params->items[i].count; k++, at++)
            params->items[i].value[k] = (float)((double)start[at] + step * (double)direction[at]);
    params->version++;
}

/* Along the gradient of all parameters at once: kinks between two steps are few among so many values. */
static void check_gradients(void (*build)(onnx_net *), const char *what)
{
    static float pixels[BATCH * PIXELS], weights[BATCH * CLASSES];
    const nn_plan_options options = {.batch = BATCH, .training = true};
    target *t = make_target(write_net(build, true, "net.onnx"), ARM_HEAD_EMA);
    float *start = NULL, *direction = NULL;
    nn_plan *plan;
    double length = 0;
    random_pixels(pixels, BATCH * PIXELS);
    random_pixels(weights, BATCH * CLASSES);
    assert_ok(mem_alloc(&start, t->params.values, sizeof *start, "values"));
    assert_ok(mem_alloc(&direction, t->params.values, sizeof *direction, "values"));
    assert_ok(nn_plan_create(t->table, &t->params, &options, &plan));
    value_of(plan, pixels, weights);
    memcpy(nn_plan_logits_gradient(plan), weights, sizeof weights);
    assert_ok(nn_plan_backward(plan));
    for (size_t i = 0, at = 0; i < t->params.count; i++)
        for (size_t k = 0; k < t->params.items[i].count; k++, at++) {
            const nn_param *p = &t->params.items[i];
            start[at] = p->value[k];
            direction[at] = p->trainable ? p->gradient[k] : 0;
            length += (double)direction[at] * (double)direction[at];
        }
    double step = 2e-3 / sqrt(length);
    move(&t->params, start, direction, step);
    double up = value_of(plan, pixels, weights);
    move(&t->params, start, direction, -step);
    double found = (up - value_of(plan, pixels, weights)) / (2 * step);
    print_message("%s: slope along the gradient %.6g, expected %.6g\n", what, found, length);
    assert_true(fabs(found / length - 1) < 5e-3);
    nn_plan_free(plan);
    mem_free(start);
    mem_free(direction);
    free_target(t);
}

static void gradients(void **state)
{
    (void)state;
    check_gradients(net_branches, "branches");
    check_gradients(net_folded, "folded");
    check_gradients(sloped, "slopes");
    check_gradients(scaled, "constants");
    check_gradients(oblong, "oblong kernels");
    check_gradients(padded, "padding");
}

/* ---- PyTorch as the witness ---- */

static double distance(const float *got, const float *expected, size_t count)
{
    double sum = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)got[i] - (double)expected[i];
        sum += difference * difference;
        norm += (double)expected[i] * (double)expected[i];
    }
    return sqrt(sum / norm);
}

static const float *gradient_of_slopes(const target *t)
{
    for (size_t i = 0; i < t->table->count; i++)
        if (t->table->rows[i].function == NN_SLOPES)
            return nn_params_find(&t->params, t->table->rows[i].name, "weight")->gradient;
    fail_msg("no row with slopes");
    return NULL;
}

static void check_torch(const char *file, bool training)
{
    static float pixels[BATCH * PIXELS];
    float logits[BATCH * CLASSES], weights[BATCH * CLASSES], gradient[24 * 3 * 3 * 3], slopes[24];
    const nn_plan_options options = {.batch = BATCH, .training = true};
    nn_plan *plan;
    target *t = make_target(in_test_folder(file), ARM_HEAD_GAP);
    read_floats(in_test_folder("pixels.f32"), pixels, BATCH * PIXELS);
    read_floats(in_test_folder("weights.f32"), weights, BATCH * CLASSES);
    read_floats(in_test_folder("logits.f32"), logits, BATCH * CLASSES);
    read_floats(in_test_folder("gradient.f32"), gradient, sizeof gradient / sizeof *gradient);
    read_floats(in_test_folder("slopes.f32"), slopes, sizeof slopes / sizeof *slopes);
    read_floats(in_test_folder("fc.weight.f32"), nn_params_find(&t->params, "fc", "weight")->value, CLASSES * 64);
    read_floats(in_test_folder("fc.bias.f32"), nn_params_find(&t->params, "fc", "bias")->value, CLASSES);
    assert_ok(nn_plan_create(t->table, &t->params, &options, &plan));
    memcpy(nn_plan_pixels(plan), pixels, sizeof pixels);
    assert_ok(nn_plan_forward(plan, BATCH, false));
    double logit_error = distance(nn_plan_logits(plan), logits, BATCH * CLASSES);
    value_of(plan, pixels, weights);
    memcpy(nn_plan_logits_gradient(plan), weights, sizeof weights);
    assert_ok(nn_plan_backward(plan));
    double error = distance(t->params.items[0].gradient, gradient, sizeof gradient / sizeof *gradient);
    double slope_error = distance(gradient_of_slopes(t), slopes, sizeof slopes / sizeof *slopes);
    print_message("%s: logits within %.1e, gradients of the first layer and of slopes within %.1e, %.1e of PyTorch's\n",
                  file, logit_error, error, slope_error);
    assert_true(logit_error < 1e-5);
    assert_true(training ? error < 1e-4 : error > 1e-2); /* folded: another network, without statistics of a batch */
    assert_true(!training || slope_error < 1e-4);
    nn_plan_free(plan);
    free_target(t);
}

static void torch_agrees(void **state)
{
    char command[512];
    (void)state;
    snprintf(command, sizeof command, "%s tests/model/torch_backbone.py %s >/dev/null 2>&1", python_with("torch, onnx"),
             test_folder);
    if (system(command)) fail_msg("the Python side failed: %s", command);
    check_torch("train.onnx", true);
    check_torch("eval.onnx", false);
}

/* ---- files ---- */

static void predict(const char *path, amend_precision precision, float probabilities[CLASSES])
{
    static uint8_t bytes[PIXELS];
    rng random = rng_make(6, 0, 0);
    amend_model *model;
    for (size_t i = 0; i < PIXELS; i++) bytes[i] = (uint8_t)rng_below(&random, 256);
    const amend_image image = {.pixels = bytes, .width = SIDE, .height = SIDE, .channels = 3};
    assert_ok(amend_model_open_precision(path, precision, &model));
    assert_ok(amend_model_predict(model, &image, NULL, probabilities));
    amend_model_free(model);
}

static void assert_close(const char *what, const float *got, const float *expected, double tolerance)
{
    double worst = 0;
    for (size_t i = 0; i < CLASSES; i++) worst = fmax(worst, fabs((double)got[i] - (double)expected[i]));
    print_message("%s: probabilities differ by at most %.1e\n", what, worst);
    assert_true(worst <= tolerance);
}

/* Saved, opened, folded, explained, saved again, in ONNX and back. */
static void check_saved(void (*build)(onnx_net *), const char *what, arm_head head)
{
    char path[512], again[512], onnx[512];
    float direct[CLASSES], opened[CLASSES], other[CLASSES];
    static uint8_t bytes[PIXELS];
    rng random = rng_make(6, 0, 0);
    amend_model *model;
    target *t = make_target(write_net(build, true, "net.onnx"), head);
    snprintf(path, sizeof path, "%s", in_test_folder("saved.safetensors"));
    snprintf(again, sizeof again, "%s", in_test_folder("again.safetensors"));
    snprintf(onnx, sizeof onnx, "%s", in_test_folder("saved.onnx"));
    assert_ok(description_save(&t->description, &t->params, TENSOR_F32, path));
    for (size_t i = 0; i < PIXELS; i++) bytes[i] = (uint8_t)rng_below(&random, 256);
    logits_of_plan(t, bytes, direct);
    description_probabilities(&t->description, direct, 1, direct);
    predict(path, AMEND_PRECISION_F32, opened);
    assert_close(what, opened, direct, 1e-5);
    assert_ok(model_open(path, &model));
    assert_string_equal(model_describe(model)->rows->text, t->description.rows->text);
    assert_ok(model_save(model, TENSOR_F32, NULL, again));
    assert_ok(model_save_onnx(model, NULL, onnx));
    amend_model_free(model);
    predict(again, AMEND_PRECISION_F32, other);
    assert_memory_equal(other, opened, sizeof opened);
    predict(onnx, AMEND_PRECISION_F32, other);
    assert_close("in ONNX and back", other, opened, 1e-5);
    free_target(t);
}

static void saved_and_opened(void **state)
{
    (void)state;
    check_saved(net_branches, "branches, ema", ARM_HEAD_EMA);
    check_saved(net_branches, "branches, none", ARM_HEAD_NONE);
    check_saved(net_folded, "folded, gap", ARM_HEAD_GAP);
    check_saved(sloped, "slopes, ema", ARM_HEAD_EMA);
    check_saved(scaled, "constants, gap", ARM_HEAD_GAP);
    check_saved(oblong, "oblong kernels, ema", ARM_HEAD_EMA);
    check_saved(padded, "padding, gap", ARM_HEAD_GAP);
}

static void flattened(onnx_net *n)
{
    const char *at = net_plain(n, "Relu", "r", net_conv(n, "c", "image", 3, 16, 3, 2, 1, false), NULL);
    at = net_plain(n, "Flatten", "flat", net_plain(n, "Relu", "s", net_conv(n, "d", at, 16, 24, 3, 2, 1, true), NULL),
                   NULL);
    net_values(n, "matrix", 2, (int64_t[]){24 * 8 * 8, 10}, 0, 0.3);
    net_add(n, "Gemm", "dense", 2, (const char *[]){at, "matrix"});
}

/* As VGG's: the map is the one that is flattened. */
static void flattening(void **state)
{
    (void)state;
    target *t = make_target(write_net(flattened, true, "net.onnx"), ARM_HEAD_GAP);
    assert_string_equal(t->description.rows->text, "c conv input channels=16 kernel=3 stride=2 pad=1\n"
                                                   "node2 relu c\n"
                                                   "d conv node2 channels=24 kernel=3 stride=2 pad=1 bias=1\n"
                                                   "node4 relu d\n");
    free_target(t);
}

/* A network is not bound to the size it was exported for. */
static void another_size(void **state)
{
    onnx_network *network = NULL;
    nn_table *table = NULL;
    size_t features;
    model_description d = describe(ARM_HEAD_GAP);
    (void)state;
    d.size = 48;
    assert_ok(onnx_model_backbone(write_net(net_branches, true, "net.onnx"), &d, &network));
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(description_backbone(&d, table, &features));
    assert_int_equal(table->shapes[features].h, 6);
    assert_int_equal(table->shapes[features].c, 64);
    mem_free(table);
    onnx_network_free(network);
    description_free(&d);
}

/* Erosion is defined through all rows: the corner more, the middle less. */
static void erosion(void **state)
{
    double map[16];
    size_t features;
    nn_table *table = NULL;
    (void)state;
    target *t = make_target(write_net(net_branches, true, "net.onnx"), ARM_HEAD_GAP);
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(description_backbone(&t->description, table, &features));
    assert_int_equal(nn_shape_count(table->shapes[features]), 16 * 64);
    assert_ok(arm_erosion(table, features, map));
    assert_true(map[0] > map[5] && map[0] < 1 && map[5] >= 0);
    mem_free(table);
    free_target(t);
}

/* ---- what is refused ---- */

static void normalised(onnx_net *n)
{
    net_values(n, "mean", 3, (int64_t[]){3, 1, 1}, 0.5, 0.2);
    net_classify(n, net_conv(n, "c", net_plain(n, "Sub", "sub", "image", "mean"), 3, 64, 3, 2, 1, false), 64);
}

static void placed(onnx_net *n)
{
    net_values(n, "places", 4, (int64_t[]){1, 1, SIDE, SIDE}, 0, 1);
    const char *at = net_plain(n, "Add", "placing", net_conv(n, "c", "image", 3, 8, 3, 1, 1, false), "places");
    net_classify(n, net_conv(n, "d", at, 8, 64, 3, 1, 1, false), 64);
}

static void quotient(onnx_net *n)
{
    const char *at = net_conv(n, "c", "image", 3, 8, 3, 1, 1, false);
    net_classify(n, net_plain(n, "Div", "share", at, net_conv(n, "d", at, 8, 8, 3, 1, 1, true)), 8);
}

static void moved(onnx_net *n)
{
    net_node *node =
        net_add(n, "Transpose", "turned", 1, (const char *[]){net_conv(n, "c", "image", 3, 8, 3, 1, 1, false)});
    int64_t *order = node->ints[0];
    net_ints(node, "perm", 4, 0, 0);
    memcpy(order, (int64_t[]){0, 1, 3, 2}, 4 * sizeof *order);
    net_classify(n, net_conv(n, "d", node->output, 8, 64, 3, 1, 1, false), 64);
}

static void no_classifier(onnx_net *n)
{
    net_conv(n, "c", "image", 3, 8, 3, 1, 1, false);
}

static void two_maps(onnx_net *n)
{
    const char *a = net_conv(n, "c", "image", 3, 8, 3, 1, 1, false), *b = net_conv(n, "d", a, 8, 8, 3, 1, 1, false);
    net_plain(n, "Add", "sum", net_plain(n, "GlobalAveragePool", "p", a, NULL),
              net_plain(n, "GlobalAveragePool", "q", b, NULL));
}

static void uneven(onnx_net *n)
{
    const char *at = net_conv(n, "c", "image", 3, 8, 3, 1, 1, false);
    net_values(n, "u.weight", 4, (int64_t[]){8, 8, 1, 3}, 0, 0.3);
    net_node *node = net_add(n, "Conv", "u", 2, (const char *[]){at, "u.weight"});
    net_ints(node, "strides", 2, 1, 2);
    net_classify(n, node->output, 8);
}

static amend_status take(const char *path, size_t channels)
{
    model_description d = describe(ARM_HEAD_GAP);
    onnx_network *network = NULL;
    d.channels = channels;
    amend_status status = onnx_model_backbone(path, &d, &network);
    onnx_network_free(network);
    description_free(&d);
    return status;
}

static void refused(void **state)
{
    static const struct {
        void (*build)(onnx_net *);
        const char *message;
    } cases[] = {
        {placed, "node 'placing' (Add): has no form that can be trained (constant)"},
        {normalised, "node 'sub' (Sub): changes pixels, which training normalises itself"},
        {quotient, "node 'share' (Div): has no form that can be trained: only sum, difference"},
        {moved, "node 'd' (Conv): moves or fills in values other than whole channels"},
        {no_classifier, "no pooling or flattening of a feature map in front of its output"},
        {two_maps, "its classifier reads more than one feature map"},
        {uneven, "node 'u' (Conv): moves or fills in values other than whole channels"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(take(write_net(cases[i].build, true, "no.onnx"), 3), AMEND_UNSUPPORTED, cases[i].message);
    assert_refused(take(write_net(net_folded, true, "net.onnx"), 1), AMEND_BAD_ARGUMENT, "set model.channels=3");
    assert_refused(take(in_test_folder("none.onnx"), 3), AMEND_IO, "none.onnx");
}

/* A model file whose rows are another network's, none, or none at all. */
static void strangers(void **state)
{
    target *t = make_target(write_net(net_folded, true, "net.onnx"), ARM_HEAD_GAP);
    static const struct {
        const char *rows, *message;
    } cases[] = {
        {"", "'amend.rows': there are no rows"},
        {"a conv a channels=64 kernel=3 stride=1\n", "'amend.rows': row 1 (a): its input 'a' is no row before it"},
        {"a conv input channels=64 kernel=3 stride=1\n", "no tensor \"a.weight\""},
        {"fc conv input channels=64 kernel=3 stride=1\n", "'amend.rows': 'fc' is a name of the head"},
        {"arm.bn conv input channels=64 kernel=3 stride=1\n", "'arm.bn' is a name of the head"},
        {"a conv input channels=9999 kernel=9 stride=1\nb conv a channels=300 kernel=9 stride=1\n",
         "the network that its metadata describe needs 24"},
    };
    char *text = t->description.rows->text;
    amend_model *model;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t->description.rows->text = (char *)cases[i].rows;
        assert_ok(description_save(&t->description, &t->params, TENSOR_F32, in_test_folder("odd.safetensors")));
        amend_status status = model_open(in_test_folder("odd.safetensors"), &model);
        if (!status.code || !strstr(status.message, cases[i].message))
            fail_msg("case %zu: '%s' does not contain '%s'", i, status.message, cases[i].message);
    }
    t->description.rows->text = text;
    free_target(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_maps),        cmocka_unit_test(rows_of_branches),
        cmocka_unit_test(gradients),        cmocka_unit_test(no_rows_for_nothing),
        cmocka_unit_test(rows_of_padding),  cmocka_unit_test(torch_agrees),
        cmocka_unit_test(saved_and_opened), cmocka_unit_test(flattening),
        cmocka_unit_test(another_size),     cmocka_unit_test(erosion),
        cmocka_unit_test(refused),          cmocka_unit_test(strangers),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
