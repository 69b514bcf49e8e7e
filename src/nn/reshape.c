/* Rows again, on an input of another size. */
#include "nn/reshape.h"

#include "base/mem.h"

static amend_status refuse(const nn_row *row)
{
    return status_error(AMEND_UNSUPPORTED, "%s %s: bound to the size of its input", nn_kind_name(row->kind), row->name);
}

/* Channel c of pixel (y, x) of a map whose sides are `factor` times those of the map that it is taken from. */
static uint32_t place(const uint32_t *channels, nn_shape from, size_t factor, size_t y, size_t x, size_t c)
{
    if (channels[c] == NN_FILL) return NN_FILL;
    return (uint32_t)(((y / factor) * from.w + x / factor) * from.c + channels[c]);
}

/* Whether every pixel takes the channels that the first one takes. */
static bool is_regular(const nn_row *row, nn_shape from, nn_shape to, size_t *factor)
{
    *factor = to.h / from.h;
    if (!row->source || row->pair || !*factor || to.h != *factor * from.h || to.w != *factor * from.w) return false;
    for (size_t c = 0; c < to.c; c++)
        if (row->source[c] != NN_FILL && row->source[c] >= from.c) return false;
    for (size_t i = 0; i < to.h * to.w * to.c; i++) {
        size_t pixel = i / to.c;
        if (row->source[i] != place(row->source, from, *factor, pixel / to.w, pixel % to.w, i % to.c)) return false;
    }
    return true;
}

static amend_status add_gather(const nn_table *table, size_t at, nn_reshaped *r)
{
    nn_row row = table->rows[at];
    nn_shape from = r->table.shapes[row.in[0]];
    size_t factor, index, count = 0;
    if (!is_regular(&row, table->shapes[row.in[0]], table->shapes[at], &factor)) return refuse(&row);
    row.height = factor * from.h;
    row.width = factor * from.w;
    TRY(nn_table_add(&r->table, row, &index)); /* which limits the sides */
    TRY(mem_alloc(&r->sources[at], row.height * row.width * row.channels, sizeof **r->sources, row.name));
    for (size_t y = 0; y < row.height; y++)
        for (size_t x = 0; x < row.width; x++)
            for (size_t c = 0; c < row.channels; c++)
                r->sources[at][count++] = place(row.source, from, factor, y, x, c);
    r->table.rows[index].source = r->sources[at];
    return status_ok();
}

static amend_status add_row(const nn_table *table, size_t at, nn_reshaped *r)
{
    size_t index;
    switch (table->rows[at].kind) {
    case NN_CONV:
    case NN_BATCH_NORM:
    case NN_RELU:
    case NN_ADD:
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
    case NN_ACTIVATION:
    case NN_COMBINE:
        return nn_table_add(&r->table, table->rows[at], &index);
    case NN_GATHER:
        return add_gather(table, at, r);
    default:
        return refuse(&table->rows[at]);
    }
}

amend_status nn_reshape(const nn_table *table, size_t height, size_t width, nn_reshaped **reshaped)
{
    nn_reshaped *r = NULL;
    *reshaped = NULL;
    TRY(mem_alloc(&r, 1, sizeof *r, "reshaped network"));
    amend_status status = nn_table_begin(&r->table, height, width, table->shapes[0].c);
    for (size_t i = 1; !status.code && i < table->count; i++) status = add_row(table, i, r);
    if (status.code)
        nn_reshape_free(r);
    else
        *reshaped = r;
    return status;
}

void nn_reshape_free(nn_reshaped *r)
{
    if (!r) return;
    for (size_t i = 0; i < NN_MAX_ROWS; i++) mem_free(r->sources[i]);
    mem_free(r);
}
