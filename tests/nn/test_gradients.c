/* Backward passes against central differences of the forward pass. */
#include "bf16.h"
#include "nn/network.h"

enum { BATCH = 3, CLASSES = 5, DIRECTIONS = 3 };

static const double TOLERANCE = 1e-3;
static const double steps[] = {1.2e-2, 1.4e-2, 1.6e-2, 1.8e-2, 2e-2, 2.2e-2}; /* their mean: less rounding than one */
enum { STEPS = sizeof steps / sizeof *steps };

/* Inputs that keep away from the kinks of relu and maximum: channel 0 rules, the others are small noise. Where there
 * are no kinks all channels count alike, so that no derivative is lost in rounding. */
typedef enum input_kind {
    SIGNS,  /* channel 0 is 1 or -1: what follows is far from 0 */
    LEVELS, /* channel 0 has other values at all pixels of a sample, one apart: maxima are far from each other */
    ALIKE   /* all channels normal: a normalisation cancels the scale of one that rules */
} input_kind;

typedef struct net {
    nn_table *table;
    nn_params params;
    nn_plan *plan;
    data_batch batch;
    float *weights; /* of the logits in the sum that is differentiated */
} net;

/* 1x1 convolutions of the input follow its channel 0; parameters of normalisations are off their 1 and 0. */
static void fill_params(net *n)
{
    rng random = rng_make(3, 0, 0);
    nn_params_init(&n->params, 5);
    for (size_t i = 0; i < n->params.count; i++) {
        nn_param *p = &n->params.items[i];
        for (size_t k = 0; k < p->count && p->dims == 1 && p->trainable; k++)
            p->value[k] += (float)rng_between(&random, -0.3, 0.3);
    }
    nn_param *first = nn_params_find(&n->params, n->table->rows[1].name, "weight");
    for (size_t k = 0; k < first->count; k++) {
        bool rules = k % n->table->shapes[0].c == 0;
        first->value[k] = (float)(rules ? (rng_below(&random, 2) ? 1 : -1) * rng_between(&random, 0.5, 1)
                                        : rng_between(&random, -0.2, 0.2));
    }
}

static void fill_pixels(net *n, input_kind kind)
{
    nn_shape s = n->table->shapes[0];
    size_t pixels = s.h * s.w, *order = NULL;
    rng random = rng_make(4, 0, 0);
    must(mem_alloc(&order, pixels, sizeof *order, "order"));
    for (size_t i = 0; i < pixels; i++) order[i] = i;
    for (size_t b = 0; b < BATCH; b++) {
        rng_shuffle(&random, order, pixels);
        for (size_t i = 0; i < pixels; i++) {
            float *pixel = n->batch.pixels + (b * pixels + i) * s.c;
            pixel[0] = kind == LEVELS ? (float)order[i] - (float)pixels / 2 : rng_below(&random, 2) ? 1 : -1;
            for (size_t k = 0; k < s.c; k++) pixel[k] = (k ? 0 : pixel[0]) + (float)rng_between(&random, -0.2, 0.2);
            for (size_t k = 0; k < s.c && kind == ALIKE; k++) pixel[k] = (float)rng_normal(&random);
        }
    }
    mem_free(order);
}

/* A frozen row keeps its statistics, which are off their 0 and 1 here. */
static void freeze(net *n, size_t row)
{
    const char *name = n->table->rows[row].name;
    size_t frozen = 0;
    rng random = rng_make(7, 0, 0);
    for (size_t i = 0; i < n->params.count; i++) {
        nn_param *p = &n->params.items[i];
        if (strncmp(p->name, name, strlen(name)) || p->name[strlen(name)] != '.') continue;
        p->rate = 0;
        frozen++;
        for (size_t k = 0; k < p->count && !p->trainable; k++) p->value[k] += (float)rng_between(&random, -0.3, 0.3);
    }
    if (!frozen) fail_msg("row %zu, %s, has nothing to freeze", row, name);
}

/* Appends the classifier to `table`, which the net then owns; row `frozen`, 0: none. The net must not move: its plan
 * points into it. */
static void net_make(net *n, nn_table *table, input_kind kind, nn_type type, size_t frozen)
{
    const nn_plan_options options = {.batch = BATCH, .type = type, .training = true};
    *n = (net){.table = table};
    table_add(table, (nn_row){.kind = NN_LINEAR, .name = "fc", .in = {table->count - 1}, .channels = CLASSES});
    must(nn_params_create(table, &n->params));
    fill_params(n);
    if (frozen) freeze(n, frozen);
    n->batch = batch_random(9, BATCH, nn_shape_count(table->shapes[0]), CLASSES);
    fill_pixels(n, kind);
    n->weights = floats((size_t)BATCH * CLASSES);
    rng random = rng_make(6, 0, 0);
    for (size_t i = 0; i < (size_t)BATCH * CLASSES; i++) n->weights[i] = (float)rng_normal(&random);
    must(nn_plan_create(table, &n->params, &options, &n->plan));
}

static void net_free(net *n)
{
    nn_plan_free(n->plan);
    nn_params_free(&n->params);
    batch_free(&n->batch);
    mem_free(n->weights);
    mem_free(n->table);
}

static double net_value(net *n)
{
    double sum = 0;
    memcpy(nn_plan_pixels(n->plan), n->batch.pixels,
           BATCH * nn_shape_count(n->table->shapes[0]) * sizeof *n->batch.pixels);
    n->params.version++;
    must(nn_plan_forward(n->plan, BATCH, true));
    for (size_t i = 0; i < (size_t)BATCH * CLASSES; i++)
        sum += (double)n->weights[i] * (double)nn_plan_logits(n->plan)[i];
    return sum;
}

static void net_backward(net *n)
{
    net_value(n);
    memcpy(nn_plan_logits_gradient(n->plan), n->weights, (size_t)BATCH * CLASSES * sizeof *n->weights);
    must(nn_plan_backward(n->plan));
}

static double value_at(net *n, nn_param *p, const float *start, const float *direction, double step)
{
    for (size_t k = 0; k < p->count; k++) p->value[k] = (float)((double)start[k] + step * (double)direction[k]);
    double value = net_value(n);
    memcpy(p->value, start, p->count * sizeof *start);
    return value;
}

/* Error of the derivative along a random direction, relative to its size without chance cancellation. Differences of
 * fourth order. */
static double direction_error(net *n, nn_param *p, rng *random)
{
    float *start = floats(p->count), *direction = floats(p->count);
    double expected = 0, size = 0, scale = fmax(norm_of(p->value, p->count), 0.3 * sqrt((double)p->count));
    memcpy(start, p->value, p->count * sizeof *start);
    for (size_t k = 0; k < p->count; k++) direction[k] = (float)rng_normal(random);
    double factor = scale / norm_of(direction, p->count);
    for (size_t k = 0; k < p->count; k++) {
        direction[k] *= (float)factor;
        double part = (double)p->gradient[k] * (double)direction[k];
        expected += part;
        size += part * part;
    }
    double found = 0;
    for (size_t i = 0; i < STEPS; i++) {
        double step = steps[i];
        double near = value_at(n, p, start, direction, step) - value_at(n, p, start, direction, -step);
        double far = value_at(n, p, start, direction, 2 * step) - value_at(n, p, start, direction, -2 * step);
        found += (8 * near - far) / (12 * step) / STEPS;
    }
    mem_free(start);
    mem_free(direction);
    return fabs(found - expected) / sqrt(size);
}

static void check_frozen(const char *what, nn_table *table, input_kind kind, size_t frozen)
{
    net n;
    net_make(&n, table, kind, NN_F32, frozen);
    rng random = rng_make(8, 0, 0);
    double worst = 0;
    net_backward(&n);
    for (size_t i = 0; i < n.params.count; i++) {
        nn_param *p = &n.params.items[i];
        for (int d = 0; nn_param_learns(p) && d < DIRECTIONS; d++) {
            double error = direction_error(&n, p, &random);
            if (!(error < TOLERANCE)) fail_msg("%s, %s: relative error %.3g", what, p->name, error);
            worst = fmax(worst, error);
        }
    }
    print_message("%s: largest relative error %.2g\n", what, worst);
    net_free(&n);
}

static void check(const char *what, nn_table *table, input_kind kind)
{
    check_frozen(what, table, kind, 0);
}

/* The input behind a 1x1 convolution, whose weight gradient holds the gradient of what follows. */
static nn_table *begin(size_t height, size_t width, size_t channels)
{
    nn_table *table = table_begin(height, width, 3);
    table_add(table, (nn_row){.kind = NN_CONV, .name = "first", .channels = channels, .kernel = 1, .stride = 1});
    return table;
}

static size_t add_conv(nn_table *table, size_t in, size_t channels, size_t kernel, size_t stride, size_t pad)
{
    return table_add(
        table,
        (nn_row){.kind = NN_CONV, .in = {in}, .channels = channels, .kernel = kernel, .stride = stride, .pad = pad});
}

static size_t add_plain(nn_table *table, nn_kind kind, size_t in, size_t other)
{
    return table_add(table, (nn_row){.kind = kind, .in = {in, other}});
}

static nn_table *convolutions(void)
{
    nn_table *table = begin(9, 7, 16);
    size_t at = add_conv(table, 1, 16, 3, 1, 1);
    at = add_conv(table, at, 32, 3, 2, 1);
    at = add_conv(table, at, 16, 1, 1, 0);
    at = add_conv(table, at, 32, 1, 2, 0);
    add_conv(table, at, 16, 2, 1, 1);
    return table;
}

static nn_table *wide_kernel(void)
{
    nn_table *table = begin(11, 9, 16);
    add_conv(table, 1, 16, 7, 2, 3);
    return table;
}

/* With biases; groups of one channel, of several, and of none. */
static nn_table *grouped(void)
{
    nn_table *table = begin(7, 6, 32);
    const nn_row deep = {
        .kind = NN_CONV, .in = {1}, .channels = 32, .kernel = 3, .stride = 2, .pad = 1, .groups = 32, .bias = true};
    size_t at = table_add(table, deep);
    const nn_row few = {
        .kind = NN_CONV, .in = {at}, .channels = 64, .kernel = 3, .stride = 1, .pad = 1, .groups = 2, .bias = true};
    at = table_add(table, few);
    table_add(table, (nn_row){.kind = NN_CONV, .in = {at}, .channels = 16, .kernel = 1, .stride = 1, .bias = true});
    return table;
}

/* Taps apart, of all channels and of one. */
static nn_table *dilated(void)
{
    nn_table *table = begin(9, 8, 16);
    const nn_row wide = {.kind = NN_CONV, .in = {1}, .channels = 32, .kernel = 3, .stride = 1, .pad = 2, .dilation = 1};
    nn_row deep = {.kind = NN_CONV, .channels = 32, .kernel = 3, .stride = 2, .pad = 1, .dilation = 2, .groups = 32};
    deep.in[0] = table_add(table, wide);
    table_add(table, deep);
    return table;
}

static nn_table *odd_channels(void)
{
    nn_table *table = begin(6, 5, 5);
    size_t at = add_conv(table, 1, 7, 3, 2, 1);
    add_conv(table, at, 3, 3, 1, 0);
    return table;
}

static nn_table *normalised(bool relu)
{
    nn_table *table = begin(4, 5, 16);
    size_t at = add_plain(table, NN_BATCH_NORM, 1, 0);
    if (relu) at = add_plain(table, NN_RELU, at, 0);
    add_conv(table, at, 16, 3, 1, 1);
    return table;
}

/* x + bn(conv(x)): the normalisation stands second. */
static nn_table *swapped_residual(void)
{
    nn_table *table = begin(4, 5, 16);
    size_t at = add_plain(table, NN_BATCH_NORM, add_conv(table, 1, 16, 3, 1, 1), 0);
    add_conv(table, add_plain(table, NN_ADD, 1, at), 16, 3, 1, 1);
    return table;
}

/* relu(bn(conv(x)) + x), where x is large and bn small; then x and its first convolution once more. */
static nn_table *residual(bool relu)
{
    nn_table *table = begin(4, 5, 16);
    size_t at = add_conv(table, 1, 16, 3, 1, 1);
    at = add_plain(table, NN_BATCH_NORM, at, 0);
    at = add_plain(table, NN_ADD, at, 1);
    if (relu) at = add_plain(table, NN_RELU, at, 0);
    at = add_conv(table, at, 16, 3, 1, 1);
    size_t other = add_conv(table, 1, 16, 1, 1, 0);
    at = add_plain(table, NN_BATCH_NORM, at, 0);
    add_plain(table, NN_ADD, at, other);
    return table;
}

/* A function of values, behind a normalisation that takes it along or behind a convolution. */
static nn_table *activated(nn_row activation, bool fused)
{
    nn_table *table = begin(4, 5, 16);
    size_t at = fused ? add_plain(table, NN_BATCH_NORM, 1, 0) : 1;
    activation.kind = NN_ACTIVATION;
    activation.in[0] = at;
    at = table_add(table, activation);
    add_conv(table, at, 16, 3, 1, 1);
    return table;
}

/* A map times what a branch of its own means say of each channel. */
static nn_table *gated(void)
{
    nn_table *table = begin(4, 5, 32);
    size_t at = add_plain(table, NN_GLOBAL_POOL, 1, 0);
    at =
        table_add(table, (nn_row){.kind = NN_CONV, .in = {at}, .channels = 10, .kernel = 1, .stride = 1, .bias = true});
    at = table_add(table, (nn_row){.kind = NN_ACTIVATION, .in = {at}, .function = NN_SWISH});
    at =
        table_add(table, (nn_row){.kind = NN_CONV, .in = {at}, .channels = 32, .kernel = 1, .stride = 1, .bias = true});
    at = table_add(table, (nn_row){.kind = NN_ACTIVATION, .in = {at}, .function = NN_SIGMOID});
    at = table_add(table, (nn_row){.kind = NN_COMBINE, .in = {1, at}, .operation = NN_TIMES});
    add_conv(table, at, 16, 3, 1, 1);
    return table;
}

/* Two maps of one shape; with `twice` both are the same. */
static nn_table *paired(nn_row pair, bool twice)
{
    nn_table *table = begin(4, 5, 16);
    size_t other = add_conv(table, 1, 16, 3, 1, 1);
    pair.in[0] = 1;
    pair.in[1] = twice ? 1 : other;
    size_t at = table_add(table, pair);
    if (twice) at = add_plain(table, NN_ADD, at, other);
    add_conv(table, at, 16, 3, 1, 1);
    return table;
}

/* Channels of two maps, some twice, some not at all, then some of these. */
static nn_table *gathered(void)
{
    static uint32_t joined[4 * 5 * 20], chosen[4 * 5 * 6];
    nn_table *table = begin(4, 5, 16);
    size_t at = add_conv(table, 1, 8, 3, 1, 1);
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        size_t pixel = i / 20, channel = i % 20;
        joined[i] = (uint32_t)(channel < 14 ? pixel * 16 + channel % 12 : 4 * 5 * 16 + pixel * 8 + channel - 14);
    }
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) chosen[i] = (uint32_t)(i / 6 * 20 + 19 - i % 6 * 3);
    nn_row row = {
        .kind = NN_GATHER, .in = {1, at}, .pair = true, .source = joined, .height = 4, .width = 5, .channels = 20};
    at = table_add(table, row);
    row = (nn_row){.kind = NN_GATHER, .in = {at}, .source = chosen, .height = 4, .width = 5, .channels = 6};
    add_conv(table, table_add(table, row), 16, 3, 1, 1);
    return table;
}

static nn_table *pool(nn_kind kind, size_t kernel, size_t stride, size_t pad)
{
    nn_table *table = begin(7, 8, 16);
    table_add(table, (nn_row){.kind = kind, .in = {1}, .kernel = kernel, .stride = stride, .pad = pad});
    return table;
}

static nn_table *head(nn_affinity affinity)
{
    nn_table *table = begin(4, 3, 32);
    size_t at = table_add(table, (nn_row){.kind = NN_ARRANGE, .in = {1}, .factor = 4});
    at = table_add(table,
                   (nn_row){.kind = NN_SHARED_CONV, .name = "da", .in = {at}, .channels = 2, .kernel = 8, .stride = 2});
    at = add_plain(table, NN_BATCH_NORM, at, 0);
    table_add(table, (nn_row){.kind = NN_AFFINITY, .name = "sa", .in = {at}, .affinity = affinity});
    return table;
}

static void test_convolution(void **state)
{
    (void)state;
    check("convolutions 3x3, 3x3 / 2, 1x1, 1x1 / 2, 2x2", convolutions(), SIGNS);
    check("convolution 7x7 / 2", wide_kernel(), SIGNS);
    check("convolutions with odd channels", odd_channels(), SIGNS);
    check("convolutions with groups and biases", grouped(), SIGNS);
    check("dilated convolutions", dilated(), SIGNS);
}

static void test_batch_norm(void **state)
{
    (void)state;
    check("batch norm", normalised(false), ALIKE);
    check("batch norm, relu", normalised(true), SIGNS);
}

static const struct {
    const char *name;
    nn_row row;
} functions[] = {
    {"leaky relu", {.function = NN_LEAKY, .alpha = 0.1f}},
    {"relu6", {.function = NN_CLIP, .alpha = 0, .beta = 6}},
    {"clip", {.function = NN_CLIP, .alpha = -2.5f, .beta = 2.5f}},
    {"sigmoid", {.function = NN_SIGMOID}},
    {"swish", {.function = NN_SWISH}},
    {"hard sigmoid", {.function = NN_HARD_SIGMOID, .alpha = 1.0f / 6, .beta = 0.5f}},
    {"hard swish", {.function = NN_HARD_SWISH}},
    {"tanh", {.function = NN_TANH}},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static bool is_smooth(nn_function function)
{
    return function == NN_SIGMOID || function == NN_SWISH || function == NN_TANH;
}

static void test_activations(void **state)
{
    char what[64];
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++)
        for (int fused = 0; fused < 2; fused++) {
            if (fused && functions[i].row.function == NN_HARD_SIGMOID)
                continue; /* its small slope drowns in rounding */
            snprintf(what, sizeof what, fused ? "batch norm, %s" : "%s", functions[i].name);
            check(what, activated(functions[i].row, fused), is_smooth(functions[i].row.function) ? ALIKE : SIGNS);
        }
    check("slopes", activated((nn_row){.function = NN_SLOPES}, false), SIGNS);
    check("batch norm, slopes", activated((nn_row){.function = NN_SLOPES}, true), SIGNS);
}

/* The functions themselves: in double precision, far out too, and slopes at points that are no kinks. */
static double exactly(const nn_row *row, double x)
{
    double a = (double)row->alpha, b = (double)row->beta;
    switch (row->function) {
    case NN_LEAKY:
        return x > 0 ? x : a * x;
    case NN_CLIP:
        return fmin(fmax(x, a), b);
    case NN_SIGMOID:
        return 1 / (1 + exp(-x));
    case NN_SWISH:
        return x / (1 + exp(-x));
    case NN_HARD_SIGMOID:
        return fmin(fmax(a * x + b, 0), 1);
    case NN_HARD_SWISH:
        return x * fmin(fmax(x / 6 + 0.5, 0), 1);
    default:
        return tanh(x);
    }
}

static void test_functions(void **state)
{
    const float points[] = {-1e6f, -100, -88.5f, -20,  -4.1f, -3.1f, -2.6f, -1.3f, -0.11f, -1e-3f,
                            1e-3f, 0.2f, 1.7f,   2.4f, 3.3f,  5.9f,  7.1f,  19.5f, 90,     1e6f};
    enum { POINTS = sizeof points / sizeof *points };
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const nn_row *row = &functions[i].row;
        const nn_curve curve = {row->function, row->alpha, row->beta};
        float values[POINTS], slopes[POINTS], ones[POINTS], nan = NAN;
        for (size_t k = 0; k < POINTS; k++) ones[k] = 1;
        nn_curve_apply(&curve, points, values, POINTS);
        nn_curve_slope(&curve, points, ones, slopes, POINTS);
        for (size_t k = 0; k < POINTS; k++) {
            double x = (double)points[k], exact = exactly(row, x), step = 1e-4 * fmax(1, fabs(x));
            double slope = (exactly(row, x + step) - exactly(row, x - step)) / (2 * step);
            if (!(fabs((double)values[k] - exact) <= 1e-30 + 1e-6 * fabs(exact)))
                fail_msg("%s(%g) is %g, not %g", functions[i].name, x, (double)values[k], exact);
            if (!(fabs((double)slopes[k] - slope) <= 1e-5))
                fail_msg("slope of %s at %g is %g, not %g", functions[i].name, x, (double)slopes[k], slope);
        }
        nn_curve_apply(&curve, &nan, &nan, 1);
        assert_true(isnan(nan));
    }
}

/* Ends the table, which no plan for training can be made of because of its row 2. */
static void cannot_be_trained(nn_table *table)
{
    table_add(table, (nn_row){.kind = NN_LINEAR, .name = "fc", .in = {2}, .channels = CLASSES});
    const nn_plan_options options = {.batch = BATCH, .type = NN_F32, .training = true};
    nn_params params;
    nn_plan *plan = NULL;
    must(nn_params_create(table, &params));
    amend_status status = nn_plan_create(table, &params, &options, &plan);
    assert_int_equal(status.code, AMEND_UNSUPPORTED);
    assert_non_null(strstr(status.message, "row2"));
    nn_params_free(&params);
    mem_free(table);
}

static void test_gate(void **state)
{
    (void)state;
    check("gate", gated(), SIGNS);
    nn_table *table = begin(4, 5, 16);
    table_add(table, (nn_row){.kind = NN_COMBINE, .in = {1, 1}, .operation = NN_OVER});
    cannot_be_trained(table);
}

/* Where oneDNN would write past its buffers. */
static void test_steps_of_odd_channels(void **state)
{
    (void)state;
    for (size_t channels = 12; channels <= 20; channels += 8) {
        nn_table *table = begin(4, 5, 16);
        table_add(table, (nn_row){.kind = NN_CONV, .in = {1}, .channels = channels, .kernel = 1, .stride = 2});
        cannot_be_trained(table);
    }
}

/* The normalised part shrinks, so that the sign of the sum is the shortcut's. */
static void test_residual(void **state)
{
    (void)state;
    check("batch norm, residual in front", swapped_residual(), ALIKE);
    check("batch norm, residual", residual(false), SIGNS);
    nn_table *table = residual(true);
    net n;
    net_make(&n, table, SIGNS, NN_F32, 0);
    rng random = rng_make(8, 0, 0);
    nn_param *weight = nn_params_find(&n.params, table->rows[3].name, "weight");
    nn_param *bias = nn_params_find(&n.params, table->rows[3].name, "bias");
    for (size_t k = 0; k < weight->count; k++) {
        weight->value[k] *= 0.04f;
        bias->value[k] *= 0.1f;
    }
    net_backward(&n);
    for (size_t i = 0; i < n.params.count; i++) {
        nn_param *p = &n.params.items[i];
        bool small = p == weight || p == bias; /* the step would be too long for them */
        for (int d = 0; p->trainable && !small && d < DIRECTIONS; d++) {
            double error = direction_error(&n, p, &random);
            if (!(error < TOLERANCE)) fail_msg("batch norm, residual, relu, %s: relative error %.3g", p->name, error);
        }
    }
    net_free(&n);
}

/* One row frozen, the others not: what lies before it still gets its gradient. */
static void test_frozen(void **state)
{
    nn_table *stem = begin(7, 8, 16); /* its pooling goes with the normalisation */
    add_plain(stem, NN_RELU, add_plain(stem, NN_BATCH_NORM, 1, 0), 0);
    table_add(stem, (nn_row){.kind = NN_MAX_POOL, .in = {3}, .kernel = 3, .stride = 2, .pad = 1});
    static const size_t in_residual[] = {1, 2, 3, 5, 6, 7}, in_head[] = {1, 3, 4, 5}; /* others have no parameters */
    char what[64];
    (void)state;
    for (size_t i = 0; i < sizeof in_residual / sizeof *in_residual; i++) {
        snprintf(what, sizeof what, "residual, row %zu frozen", in_residual[i]);
        check_frozen(what, residual(false), SIGNS, in_residual[i]);
    }
    for (size_t i = 0; i < sizeof in_head / sizeof *in_head; i++) {
        snprintf(what, sizeof what, "head, row %zu frozen", in_head[i]);
        check_frozen(what, head(NN_AFFINITY_EMA), SIGNS, in_head[i]);
        check_frozen(what, head(NN_AFFINITY_BATCH), SIGNS, in_head[i]);
    }
    check_frozen("normalisation with relu frozen", normalised(true), SIGNS, 2);
    check_frozen("normalisation with pooling frozen", stem, LEVELS, 2);
    check_frozen("bias frozen", grouped(), SIGNS, 3);
}

static void test_pairs(void **state)
{
    const nn_row minus = {.kind = NN_COMBINE, .operation = NN_MINUS},
                 times = {.kind = NN_COMBINE, .operation = NN_TIMES};
    (void)state;
    check("sum", paired((nn_row){.kind = NN_ADD}, false), ALIKE);
    check("sum of a map with itself", paired((nn_row){.kind = NN_ADD}, true), ALIKE);
    check("difference", paired(minus, false), ALIKE);
    check("product", paired(times, false), ALIKE);
    check("square", paired(times, true), ALIKE);
    check("moved channels", gathered(), ALIKE);
}

static void test_pools(void **state)
{
    (void)state;
    check("max pool 3x3 / 2", pool(NN_MAX_POOL, 3, 2, 1), LEVELS);
    check("max pool 2x2", pool(NN_MAX_POOL, 2, 2, 0), LEVELS);
    check("average pool 3x3 / 2", pool(NN_AVERAGE_POOL, 3, 2, 1), SIGNS);
    check("average pool 2x2", pool(NN_AVERAGE_POOL, 2, 2, 0), SIGNS);
    check("global pool", pool(NN_GLOBAL_POOL, 0, 0, 0), SIGNS);
}

static void test_head(void **state)
{
    (void)state;
    check("head, none", head(NN_AFFINITY_NONE), SIGNS);
    check("head, batch", head(NN_AFFINITY_BATCH), SIGNS);
    check("head, ema", head(NN_AFFINITY_EMA), SIGNS);
}

static void check_loss(const loss_options *options)
{
    float logits[BATCH * CLASSES], gradient[BATCH * CLASSES];
    data_batch batch = batch_random(2, BATCH, 1, CLASSES);
    rng random = rng_make(1, 0, 0);
    for (size_t i = 0; i < BATCH * CLASSES; i++) logits[i] = (float)rng_normal(&random);
    nn_cross_entropy(logits, batch.targets, BATCH, CLASSES, options, gradient);
    for (size_t i = 0; i < BATCH * CLASSES; i++) {
        const float at = logits[i], low = at - 5e-3f, high = at + 5e-3f;
        logits[i] = high;
        double found = nn_cross_entropy(logits, batch.targets, BATCH, CLASSES, options, NULL);
        logits[i] = low;
        found -= nn_cross_entropy(logits, batch.targets, BATCH, CLASSES, options, NULL);
        found /= (double)high - (double)low;
        logits[i] = at;
        if (!(fabs(found - (double)gradient[i]) <= 1e-5 + TOLERANCE * fabs(found)))
            fail_msg("cross entropy, logit %zu: %.9g, expected %.9g", i, (double)gradient[i], found);
    }
    batch_free(&batch);
}

static void test_cross_entropy(void **state)
{
    (void)state;
    const float weights[CLASSES] = {0.5f, 2, 1, 0.1f, 3};
    check_loss(&(loss_options){0, NULL});
    check_loss(&(loss_options){0.2, NULL});
    check_loss(&(loss_options){0.1, weights});
    const float logits[] = {0, 0, 0, 1000, 0, -1000}, targets[] = {0, 1, 0, 1, 0, 0};
    const loss_options plain = {0, NULL}, weighted = {0.3, (const float[]){1, 2, 4}};
    assert_true(fabs(nn_cross_entropy(logits, targets, 2, 3, &plain, NULL) - log(3) / 2) < 1e-6);
    /* 0.7 * 2 log 3 + 0.1 * (1 + 2 + 4) log 3 */
    assert_true(fabs(nn_cross_entropy(logits, targets, 1, 3, &weighted, NULL) - 2.1 * log(3)) < 1e-6);
}

static void check_bf16(const char *what, nn_table *exact, nn_table *rounded)
{
    net a, b;
    net_make(&a, exact, SIGNS, NN_F32, 0);
    net_make(&b, rounded, SIGNS, NN_BF16, 0);
    float *logits = floats((size_t)BATCH * CLASSES);
    double worst = 0;
    net_value(&a);
    net_value(&b);
    memcpy(logits, nn_plan_logits(a.plan), (size_t)BATCH * CLASSES * sizeof *logits);
    assert_distance(what, nn_plan_logits(b.plan), logits, (size_t)BATCH * CLASSES, 0.02);
    net_backward(&a);
    net_backward(&b);
    for (size_t i = 0; i < a.params.count; i++) {
        const nn_param *p = &a.params.items[i], *q = &b.params.items[i];
        if (!p->trainable) {
            assert_distance(p->name, q->value, p->value, p->count, 0.02);
            continue;
        }
        assert_distance(p->name, q->gradient, p->gradient, p->count, 0.1);
        worst = fmax(worst, distance(q->gradient, p->gradient, p->count));
    }
    print_message("%s in bf16: largest relative distance of a gradient %.2g\n", what, worst);
    mem_free(logits);
    net_free(&a);
    net_free(&b);
}

static nn_table *pooled(nn_table *table)
{
    table_add(table, (nn_row){.kind = NN_GLOBAL_POOL, .in = {table->count - 1}});
    return table;
}

static void test_bf16(void **state)
{
    (void)state;
    needs_bf16();
    check_bf16("convolutions", pooled(convolutions()), pooled(convolutions()));
    check_bf16("groups and biases", pooled(grouped()), pooled(grouped()));
    check_bf16("dilated", pooled(dilated()), pooled(dilated()));
    check_bf16("odd channels", pooled(odd_channels()), pooled(odd_channels()));
    check_bf16("batch norm, relu", pooled(normalised(true)), pooled(normalised(true)));
    check_bf16("residual", pooled(residual(false)), pooled(residual(false)));
    check_bf16("batch norm, swish", pooled(activated(functions[4].row, true)),
               pooled(activated(functions[4].row, true)));
    check_bf16("hard swish", pooled(activated(functions[6].row, false)), pooled(activated(functions[6].row, false)));
    check_bf16("slopes", pooled(activated((nn_row){.function = NN_SLOPES}, true)),
               pooled(activated((nn_row){.function = NN_SLOPES}, true)));
    check_bf16("gate", pooled(gated()), pooled(gated()));
    check_bf16("product", pooled(paired((nn_row){.kind = NN_COMBINE, .operation = NN_TIMES}, false)),
               pooled(paired((nn_row){.kind = NN_COMBINE, .operation = NN_TIMES}, false)));
    check_bf16("moved channels", pooled(gathered()), pooled(gathered()));
    check_bf16("head", head(NN_AFFINITY_EMA), head(NN_AFFINITY_EMA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_steps_of_odd_channels),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_bf16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
