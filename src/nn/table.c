/* Tables of rows: checks and shapes. */
#include "nn/table.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"

/* Values of one row of one sample that are given by number. */
enum { NN_MAX_SIDE = 1 << 26, NN_MAX_VALUES = 1 << 28 /* of any row */ };

const char *nn_kind_name(nn_kind kind)
{
    static const char *const names[NN_KINDS] = {"input",    "conv",         "batch_norm",  "relu",       "add",
                                                "max_pool", "average_pool", "global_pool", "arrange",    "shared_conv",
                                                "planes",   "affinity",     "linear",      "activation", "combine",
                                                "constant", "gather",       "softmax",     "resize"};
    return (unsigned)kind < NN_KINDS ? names[kind] : "unknown";
}

amend_status nn_table_begin(nn_table *table, size_t height, size_t width, size_t channels)
{
    if (!height || !width || !channels || height > 4096 || width > 4096 || channels > 4)
        return status_error(AMEND_BAD_ARGUMENT, "network input %zu x %zu x %zu: sides must be 1..4096, channels 1..4",
                            height, width, channels);
    memset(table, 0, sizeof *table);
    table->count = 1;
    table->rows[0].kind = NN_INPUT;
    snprintf(table->rows[0].name, NN_NAME_SIZE, "input");
    table->shapes[0] = (nn_shape){1, height, width, channels};
    return status_ok();
}

/* Results along one side; 0: the window does not fit. */
static size_t slide_along(const nn_row *row, int axis, size_t side)
{
    size_t kernel = nn_row_kernel(row, axis), pad = nn_row_pad(row, axis), padded = side + 2 * pad + row->pad_more;
    size_t reach = kernel ? (kernel - 1) * (row->dilation + 1) + 1 : 0;
    return !kernel || !row->stride || pad > reach || padded < reach ? 0 : (padded - reach) / row->stride + 1;
}

static amend_status window_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    const size_t sides[] = {row->kernel,   row->kernel_width, row->pad,   row->pad_width,
                            row->pad_more, row->dilation,     row->stride};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (sides[i] > 4096)
            return status_error(AMEND_BAD_ARGUMENT, "%s %s: a window's sides must be below 4096",
                                nn_kind_name(row->kind), row->name);
    out->h = slide_along(row, 0, in.h);
    out->w = slide_along(row, 1, in.w);
    if (out->h && out->w) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT,
                        "%s %s: a %zu x %zu window with stride %zu and padding %zu, %zu does not fit on a %zu x %zu "
                        "map; take a larger input size",
                        nn_kind_name(row->kind), row->name, nn_row_kernel(row, 0), nn_row_kernel(row, 1), row->stride,
                        nn_row_pad(row, 0), nn_row_pad(row, 1), in.h, in.w);
}

static amend_status pool_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    TRY(window_shape(row, in, out));
    bool beyond = (out->h - 1) * row->stride >= in.h + row->pad || (out->w - 1) * row->stride >= in.w + row->pad;
    if (row->pad < row->kernel && !beyond) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "%s %s: a window lies in the padding alone, which has no values",
                        nn_kind_name(row->kind), row->name);
}

static amend_status conv_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    if (row->groups > 1 && (in.c % row->groups || row->channels % row->groups))
        return status_error(AMEND_BAD_ARGUMENT, "conv %s: %zu groups divide neither %zu channels in nor %zu out",
                            row->name, row->groups, in.c, row->channels);
    out->c = row->channels;
    return window_shape(row, in, out);
}

bool nn_conv_overruns(const nn_row *row, size_t channels)
{
    enum { REGISTER = 16 };
    bool odd = channels % REGISTER || row->channels % REGISTER;
    bool padded = nn_row_pad(row, 0) || nn_row_pad(row, 1) || row->pad_more;
    return odd && nn_row_kernel(row, 0) == 1 && nn_row_kernel(row, 1) == 1 && row->stride > 1 && !padded;
}

static bool repeats(size_t a, size_t b)
{
    return a == b || a == 1 || b == 1;
}

static amend_status combine_shape(const nn_row *row, nn_shape a, nn_shape b, nn_shape *out)
{
    if (!repeats(a.h, b.h) || !repeats(a.w, b.w) || !repeats(a.c, b.c))
        return status_error(AMEND_BAD_ARGUMENT,
                            "combine %s: %zu x %zu x %zu and %zu x %zu x %zu values (height x width x channels) do not "
                            "go together",
                            row->name, a.h, a.w, a.c, b.h, b.w, b.c);
    *out = (nn_shape){a.n, a.h > b.h ? a.h : b.h, a.w > b.w ? a.w : b.w, a.c > b.c ? a.c : b.c};
    return status_ok();
}

static amend_status given_shape(const nn_row *row, nn_shape *out)
{
    if (!row->height || !row->width || row->height > NN_MAX_SIDE || row->width > NN_MAX_SIDE || !row->channels ||
        row->channels > NN_MAX_SIDE || row->height * row->width > NN_MAX_SIDE ||
        row->height * row->width * row->channels > NN_MAX_SIDE)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: %zu x %zu x %zu values are none or too many",
                            nn_kind_name(row->kind), row->name, row->height, row->width, row->channels);
    *out = (nn_shape){1, row->height, row->width, row->channels};
    return status_ok();
}

static amend_status resize_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    for (int i = 0; i < 2; i++)
        if (!isfinite(row->start[i]) || !isfinite(row->step[i]))
            return status_error(AMEND_BAD_ARGUMENT, "resize %s: steps of %g from %g on", row->name, row->step[i],
                                row->start[i]);
    nn_row whole = *row;
    whole.channels = in.c;
    return given_shape(&whole, out);
}

static amend_status arrange_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    size_t r = row->factor;
    if (!r || r > 64 || in.c % (r * r))
        return status_error(AMEND_BAD_ARGUMENT, "arrange %s: r = %zu needs channels that r * r divides, not %zu",
                            row->name, r, in.c);
    *out = (nn_shape){in.n * (in.c / (r * r)), in.h * r, in.w * r, 1};
    return status_ok();
}

static amend_status planes_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    if (!row->channels || in.n % row->channels || in.c != 1)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: its input is not made of %zu planes", nn_kind_name(row->kind),
                            row->name, row->channels);
    if (row->groups > 1 && row->groups != row->channels)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: %zu kernels for %zu planes; 1 or one each are possible",
                            nn_kind_name(row->kind), row->name, row->groups, row->channels);
    *out = (nn_shape){in.n / row->channels, in.h, in.w, row->channels};
    return row->kind == NN_PLANES ? status_ok() : window_shape(row, in, out);
}

static amend_status row_shape(const nn_table *table, const nn_row *row, nn_shape *out)
{
    nn_shape in = table->shapes[row->in[0]];
    *out = in;
    switch (row->kind) {
    case NN_CONV:
        return conv_shape(row, in, out);
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        return pool_shape(row, in, out);
    case NN_ADD: {
        nn_shape other = table->shapes[row->in[1]];
        if (!nn_shape_same(other, in))
            return status_error(AMEND_BAD_ARGUMENT, "add %s: its inputs have different shapes", row->name);
        return status_ok();
    }
    case NN_GLOBAL_POOL:
        *out = (nn_shape){in.n, 1, 1, in.c};
        return status_ok();
    case NN_ARRANGE:
        return arrange_shape(row, in, out);
    case NN_SHARED_CONV:
    case NN_PLANES:
        return planes_shape(row, in, out);
    case NN_AFFINITY:
        *out = (nn_shape){in.n, 1, 1, in.h * in.w};
        return status_ok();
    case NN_LINEAR:
        *out = (nn_shape){in.n, 1, 1, row->channels};
        return status_ok();
    case NN_COMBINE:
        return combine_shape(row, in, table->shapes[row->in[1]], out);
    case NN_CONSTANT:
    case NN_GATHER:
        return given_shape(row, out);
    case NN_RESIZE:
        return resize_shape(row, in, out);
    default:
        return status_ok();
    }
}

bool nn_table_has(const nn_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->rows[i].name, name)) return true;
    return false;
}

amend_status nn_table_add(nn_table *table, nn_row row, size_t *index)
{
    nn_shape shape;
    if (table->count >= NN_MAX_ROWS)
        return status_error(AMEND_BAD_ARGUMENT, "the network has more than %d rows", NN_MAX_ROWS);
    if (row.in[0] >= table->count || row.in[1] >= table->count || row.kind <= NN_INPUT || row.kind >= NN_KINDS)
        return status_error(AMEND_BAD_ARGUMENT, "row %zu (%s): uses a row that does not precede it", table->count,
                            row.name);
    if (nn_table_has(table, row.name))
        return status_error(AMEND_BAD_ARGUMENT, "row %zu (%s): another row has its name", table->count, row.name);
    TRY(row_shape(table, &row, &shape));
    if (!shape.c || (shape.c > 65536 && row.kind != NN_GATHER && row.kind != NN_CONSTANT))
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: %zu channels; 1..65536 are possible", nn_kind_name(row.kind),
                            row.name, shape.c);
    size_t values = 0;
    if (!mem_multiply(shape.n * shape.c, shape.h, &values) || !mem_multiply(values, shape.w, &values) ||
        values > NN_MAX_VALUES)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: more than %d values an image (%zu x %zu x %zu)",
                            nn_kind_name(row.kind), row.name, NN_MAX_VALUES, shape.h, shape.w, shape.c);
    table->rows[table->count] = row;
    table->shapes[table->count] = shape;
    *index = table->count++;
    return status_ok();
}

nn_curve nn_row_curve(const nn_row *row)
{
    if (row->kind == NN_RELU) return (nn_curve){.function = NN_RECTIFY};
    if (row->kind != NN_ACTIVATION) return (nn_curve){.function = NN_NO_FUNCTION};
    return (nn_curve){row->function, row->alpha, row->beta};
}

double nn_row_epsilon(const nn_row *row)
{
    return row->epsilon > 0 ? (double)row->epsilon : 1e-5;
}

size_t nn_row_kernel(const nn_row *row, int axis)
{
    return axis && row->kernel_width ? row->kernel_width : row->kernel;
}

size_t nn_row_pad(const nn_row *row, int axis)
{
    return axis && row->kernel_width ? row->pad_width : row->pad;
}

size_t nn_row_products(const nn_table *table, size_t row)
{
    const nn_row *r = &table->rows[row];
    nn_shape in = table->shapes[r->in[0]];
    size_t values = nn_shape_count(table->shapes[row]);
    if (r->kind == NN_LINEAR) return values * nn_shape_count(in);
    size_t taps = nn_row_kernel(r, 0) * nn_row_kernel(r, 1);
    return r->kind == NN_CONV ? values * (in.c / (r->groups ? r->groups : 1)) * taps : 0;
}

bool nn_row_is_gate(const nn_table *table, const nn_row *row)
{
    return row->kind == NN_COMBINE && row->operation == NN_TIMES && nn_shape_area(table->shapes[row->in[1]]) == 1;
}

size_t nn_row_inputs(const nn_row *row)
{
    if (row->kind == NN_INPUT || row->kind == NN_CONSTANT) return 0;
    return row->kind == NN_ADD || row->kind == NN_COMBINE || (row->kind == NN_GATHER && row->pair) ? 2 : 1;
}

static bool stays_positive(const nn_row *row, const bool *positive)
{
    const nn_curve curve = nn_row_curve(row);
    bool first = positive[row->in[0]], both = first && positive[row->in[1]];
    switch (row->kind) {
    case NN_RELU:
    case NN_ACTIVATION:
        return curve.function == NN_RECTIFY || curve.function == NN_SIGMOID || curve.function == NN_HARD_SIGMOID ||
               (curve.function == NN_CLIP && curve.alpha >= 0);
    case NN_SOFTMAX:
        return true;
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
    case NN_GLOBAL_POOL:
    case NN_RESIZE:
        return first;
    case NN_ADD:
        return both;
    case NN_COMBINE:
        return both && row->operation != NN_MINUS;
    case NN_GATHER:
        return (row->pair ? both : first) && row->alpha >= 0;
    default:
        return false;
    }
}

void nn_table_signs(const nn_table *table, bool positive[NN_MAX_ROWS])
{
    for (size_t i = 0; i < table->count; i++) positive[i] = i && stays_positive(&table->rows[i], positive);
}

size_t nn_table_readers(const nn_table *table, size_t row)
{
    size_t readers = 0;
    for (size_t i = 1; i < table->count; i++)
        for (size_t k = 0; k < nn_row_inputs(&table->rows[i]); k++) readers += table->rows[i].in[k] == row;
    return readers;
}
