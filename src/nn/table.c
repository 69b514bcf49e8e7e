/* Tables of rows: checks and shapes. */
#include "nn/table.h"

#include <stdio.h>

const char *nn_kind_name(nn_kind kind)
{
    static const char *const names[NN_KINDS] = {"input",   "conv",        "batch_norm",   "relu",
                                                "add",     "max_pool",    "average_pool", "global_pool",
                                                "arrange", "shared_conv", "affinity",     "linear"};
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

static amend_status window_shape(const nn_row *row, nn_shape in, nn_shape *out)
{
    size_t height = in.h + 2 * row->pad, width = in.w + 2 * row->pad;
    if (!row->kernel || !row->stride || row->kernel > 4096 || row->pad > row->kernel || height < row->kernel ||
        width < row->kernel)
        return status_error(
            AMEND_BAD_ARGUMENT,
            "%s %s: a %zu x %zu window with stride %zu and padding %zu does not fit on a %zu x %zu map; "
            "take a larger input size",
            nn_kind_name(row->kind), row->name, row->kernel, row->kernel, row->stride, row->pad, in.h, in.w);
    out->h = (height - row->kernel) / row->stride + 1;
    out->w = (width - row->kernel) / row->stride + 1;
    return status_ok();
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

static amend_status row_shape(const nn_table *table, const nn_row *row, nn_shape *out)
{
    nn_shape in = table->shapes[row->in[0]];
    *out = in;
    switch (row->kind) {
    case NN_CONV:
        out->c = row->channels;
        return window_shape(row, in, out);
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        return window_shape(row, in, out);
    case NN_ADD: {
        nn_shape other = table->shapes[row->in[1]];
        if (other.h != in.h || other.w != in.w || other.c != in.c)
            return status_error(AMEND_BAD_ARGUMENT, "add %s: its inputs have different shapes", row->name);
        return status_ok();
    }
    case NN_GLOBAL_POOL:
        *out = (nn_shape){in.n, 1, 1, in.c};
        return status_ok();
    case NN_ARRANGE:
        return arrange_shape(row, in, out);
    case NN_SHARED_CONV:
        if (!row->channels || in.n % row->channels || in.c != 1)
            return status_error(AMEND_BAD_ARGUMENT, "shared_conv %s: its input is not made of %zu planes", row->name,
                                row->channels);
        out->n = in.n / row->channels;
        out->c = row->channels;
        return window_shape(row, in, out);
    case NN_AFFINITY:
        *out = (nn_shape){in.n, 1, 1, in.h * in.w};
        return status_ok();
    case NN_LINEAR:
        *out = (nn_shape){in.n, 1, 1, row->channels};
        return status_ok();
    default:
        return status_ok();
    }
}

amend_status nn_table_add(nn_table *table, nn_row row, size_t *index)
{
    nn_shape shape;
    if (table->count >= NN_MAX_ROWS)
        return status_error(AMEND_BAD_ARGUMENT, "the network has more than %d rows", NN_MAX_ROWS);
    if (row.in[0] >= table->count || row.in[1] >= table->count || row.kind <= NN_INPUT || row.kind >= NN_KINDS)
        return status_error(AMEND_BAD_ARGUMENT, "row %zu (%s): uses a row that does not precede it", table->count,
                            row.name);
    TRY(row_shape(table, &row, &shape));
    if (!shape.c || shape.c > 65536)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: %zu channels; 1..65536 are possible", nn_kind_name(row.kind),
                            row.name, shape.c);
    table->rows[table->count] = row;
    table->shapes[table->count] = shape;
    *index = table->count++;
    return status_ok();
}

size_t nn_table_readers(const nn_table *table, size_t row)
{
    size_t readers = 0;
    for (size_t i = 1; i < table->count; i++) {
        readers += table->rows[i].in[0] == row;
        readers += table->rows[i].kind == NN_ADD && table->rows[i].in[1] == row;
    }
    return readers;
}
