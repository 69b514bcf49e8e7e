/* An imported network without its classifier: from the output back to the last feature map, then the rows that make
 * it, in the forms that training has. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arm/head.h"
#include "base/mem.h"
#include "nn/rows.h"
#include "weights/onnx_graph.h"

/* Whether row `at` takes a map together, by a mean, a window as large as it or a flattening. */
static bool is_end(const nn_table *table, size_t at, size_t map)
{
    return table->rows[at].kind == NN_GLOBAL_POOL ||
           (nn_shape_area(table->shapes[at]) == 1 && nn_shape_area(table->shapes[map]) > 1);
}

/* The map whose values row `at` has, in another order that a flattening wants. */
static size_t unmoved(const nn_table *table, size_t at)
{
    while (table->rows[at].kind == NN_GATHER && !table->rows[at].pair && nn_rows_check(table, at).code)
        at = table->rows[at].in[0];
    return at;
}

/* The map that all ways back from row `end` come to. */
static amend_status find_map(graph *g, size_t end, size_t *map)
{
    const nn_table *table = &g->network->table;
    bool behind[NN_MAX_ROWS] = {false}; /* of the map, and read on the way to the end */
    behind[end] = true;
    *map = 0;
    for (size_t at = end; at > 0; at--)
        for (size_t k = 0; behind[at] && k < nn_row_inputs(&table->rows[at]); k++) {
            size_t from = table->rows[at].in[k], before = unmoved(table, from);
            if (!is_end(table, at, from))
                behind[from] = true;
            else if (!*map)
                *map = before;
            else if (*map != before)
                return status_error(AMEND_UNSUPPORTED, "%s: its classifier reads more than one feature map",
                                    g->file->name);
        }
    if (*map && !behind[0]) return status_ok();
    return status_error(AMEND_UNSUPPORTED,
                        "%s: no pooling or flattening of a feature map in front of its output '%s', so that it is no "
                        "classifier whose backbone could be taken",
                        g->file->name, g->network->outputs[0].name);
}

/* ---- rows that train ---- */

/* Words of plain characters, none of them the head's or another row's. */
static void clean_name(const nn_table *table, char name[NN_NAME_SIZE])
{
    char wanted[NN_NAME_SIZE], whole[NN_NAME_SIZE + 8];
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._/:-", *c)) *c = '_';
    snprintf(wanted, sizeof wanted, "%s", name);
    snprintf(whole, sizeof whole, "%s.", wanted);
    for (size_t i = 1; nn_table_has(table, name) || arm_head_owns(whole); i++) {
        snprintf(name, NN_NAME_SIZE, "onnx%zu.%.48s", i, wanted);
        snprintf(whole, sizeof whole, "%s.", name);
    }
}

/* A gate stands second. */
static void order_gate(const nn_table *table, nn_row *row)
{
    if (row->kind != NN_COMBINE || row->operation != NN_TIMES) return;
    if (nn_shape_area(table->shapes[row->in[0]]) > 1 || nn_shape_area(table->shapes[row->in[1]]) == 1) return;
    size_t gate = row->in[0];
    row->in[0] = row->in[1];
    row->in[1] = gate;
}

/* Where oneDNN could not train a convolution with its stride, a pool of single pixels in front has the stride. */
static amend_status add_steps(const graph *g, nn_table *table, nn_row *row)
{
    if (row->kind != NN_CONV || !nn_conv_overruns(row, table->shapes[row->in[0]].c)) return status_ok();
    nn_row steps = {.kind = NN_MAX_POOL, .in = {row->in[0]}, .kernel = 1, .stride = row->stride};
    snprintf(steps.name, sizeof steps.name, "%.54s.steps", row->name);
    clean_name(table, steps.name);
    row->stride = 1;
    amend_status status = nn_table_add(table, steps, &row->in[0]);
    return status.code ? graph_error(g, status.code, "%s", status.message) : status;
}

static amend_status add_row(const graph *g, nn_table *table, nn_row row, const size_t *went_to, size_t *index)
{
    for (size_t k = 0; k < nn_row_inputs(&row); k++) row.in[k] = went_to[row.in[k]];
    if (row.groups == 1) row.groups = 0;
    clean_name(table, row.name);
    order_gate(table, &row);
    TRY(add_steps(g, table, &row));
    amend_status status = nn_table_add(table, row, index);
    if (!status.code) status = nn_rows_check(table, *index);
    return status.code ? graph_error(g, status.code, "%s", status.message) : status;
}

/* The row that input k only moves values of, in ways that cannot be said, so that `row` should take them from there;
 * NULL: none. */
static const nn_row *moved_before(const nn_table *table, const nn_row *row, size_t k)
{
    const nn_row *before = &table->rows[row->in[k]];
    bool moves = k < nn_row_inputs(row) && before->kind == NN_GATHER && !(row->pair && before->pair);
    return moves && nn_rows_check(table, row->in[k]).code ? before : NULL;
}

/* Where a value of the result comes from, past the rows in between; `first` values are in[0]'s, `next` those of what it
 * becomes. */
static uint32_t past(const nn_row *const before[2], uint32_t from, size_t first, size_t next)
{
    if (from == NN_FILL) return from;
    bool second = from >= first;
    if (second) from -= (uint32_t)first;
    const nn_row *row = before[second];
    if (row && row->source) from = row->source[from];
    return second && from != NN_FILL ? from + (uint32_t)next : from;
}

/* Values moved twice are moved once: what exporters make of a shuffle of channels moves all values to and fro. */
static amend_status join_moves(onnx_network *n, nn_row *row)
{
    const nn_table *table = &n->table;
    if (row->kind != NN_GATHER) return status_ok();
    const nn_row *const before[2] = {moved_before(table, row, 0), moved_before(table, row, 1)};
    size_t first = nn_shape_count(table->shapes[row->in[0]]), count = row->height * row->width * row->channels;
    size_t next = before[0] ? nn_shape_count(table->shapes[before[0]->in[0]]) : first;
    uint32_t *source = NULL;
    if (!before[0] && !before[1]) return status_ok();
    TRY(mem_grow(&n->sources, n->source_count, n->source_count + 1, sizeof *n->sources, "moved values"));
    TRY(mem_alloc(&source, count, sizeof *source, "moved values"));
    n->sources[n->source_count++] = source;
    for (size_t i = 0; i < count; i++)
        source[i] = past(before, row->source ? row->source[i] : (uint32_t)i, first, next);
    row->source = source;
    if (!row->pair) {
        row->pair = before[0]->pair;
        row->in[1] = before[0]->in[1];
    } else if (before[1]) {
        row->in[1] = before[1]->in[0];
    }
    if (before[0]) row->in[0] = before[0]->in[0];
    return status_ok();
}

/* ---- constants ---- */

static const struct graph_fill *fill_of(const graph *g, size_t row)
{
    for (size_t i = 0; i < g->fill_count; i++)
        if (g->fills[i].row == row) return &g->fills[i];
    return NULL;
}

/* Which input of a sum, difference, product or quotient is one number, or one a channel of the other input;
 * NN_MAX_INPUTS: none is. */
static size_t constant_input(const nn_table *table, const nn_row *row)
{
    for (size_t k = 0; k < NN_MAX_INPUTS && row->kind == NN_COMBINE; k++) {
        size_t channels = table->shapes[row->in[k]].c;
        bool fits = nn_shape_area(table->shapes[row->in[k]]) == 1 &&
                    (channels == 1 || channels == table->shapes[row->in[!k]].c);
        if (table->rows[row->in[k]].kind == NN_CONSTANT && fits && (row->operation != NN_OVER || k == 1)) return k;
    }
    return NN_MAX_INPUTS;
}

/* x op c, and c op x, as a convolution of each channel by itself: factor x + addend. */
static amend_status as_convolution(graph *g, size_t at)
{
    nn_table *table = &g->network->table;
    nn_row *row = &table->rows[at];
    size_t k = constant_input(table, row), channels = table->shapes[at].c;
    const struct graph_fill *found = k < NN_MAX_INPUTS ? fill_of(g, row->in[k]) : NULL;
    float *factor, *addend;
    if (!found) return status_ok();
    if (!row->in[!k])
        return graph_error(g, AMEND_UNSUPPORTED,
                           "changes pixels, which training normalises itself; export the network without it");
    const struct graph_fill given = *found; /* as the list moves when it grows */
    const nn_operation operation = row->operation;
    nn_row conv = {.kind = NN_CONV, .channels = channels, .kernel = 1, .stride = 1, .groups = channels, .bias = true};
    memcpy(conv.name, row->name, sizeof conv.name);
    conv.in[0] = row->in[!k];
    *row = conv;
    TRY(graph_fill(g, at, "weight", channels, &factor));
    TRY(graph_fill(g, at, "bias", channels, &addend));
    for (size_t i = 0; i < channels; i++) {
        float c = given.values[given.count > 1 ? i : 0];
        factor[i] = operation == NN_TIMES ? c : operation == NN_OVER ? 1 / c : operation == NN_MINUS && !k ? -1 : 1;
        addend[i] = operation == NN_PLUS || (operation == NN_MINUS && !k) ? c : operation == NN_MINUS ? -c : 0;
    }
    return status_ok();
}

static amend_status cut(graph *g, size_t map, nn_table *table)
{
    const nn_table *whole = &g->network->table;
    bool needed[NN_MAX_ROWS] = {false};
    size_t went_to[NN_MAX_ROWS] = {0};
    nn_shape in = whole->shapes[0];
    for (size_t i = 1; i <= map; i++) {
        g->node = g->made_by[i];
        TRY(join_moves(g->network, &g->network->table.rows[i]));
        TRY(as_convolution(g, i));
    }
    graph_mark(whole, map, needed);
    TRY(nn_table_begin(table, in.h, in.w, in.c));
    for (size_t i = 1; i <= map; i++) {
        g->node = g->made_by[i];
        if (needed[i]) TRY(add_row(g, table, whole->rows[i], went_to, &went_to[i]));
    }
    graph_keep_fills(g, needed, went_to);
    return status_ok();
}

amend_status graph_cut(graph *g, size_t end)
{
    nn_table *table = NULL;
    size_t map = 0;
    TRY(find_map(g, end, &map));
    TRY(mem_alloc(&table, 1, sizeof *table, "backbone"));
    amend_status status = cut(g, map, table);
    if (!status.code) g->network->table = *table;
    g->node = NULL;
    mem_free(table);
    return status;
}
