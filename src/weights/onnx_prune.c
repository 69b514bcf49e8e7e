/* Rows that nothing needs: what a file computes for no output, and what an importing function made needless. */
#include <string.h>

#include "base/mem.h"
#include "weights/onnx_graph.h"

void graph_mark(const nn_table *table, size_t row, bool *needed)
{
    needed[row] = true;
    for (size_t i = row; i > 0; i--)
        for (size_t k = 0; needed[i] && k < nn_row_inputs(&table->rows[i]); k++) needed[table->rows[i].in[k]] = true;
}

void graph_keep_fills(graph *g, const bool *needed, const size_t *went_to)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->fill_count; i++) {
        struct graph_fill fill = g->fills[i];
        if (needed[fill.row]) {
            fill.row = went_to[fill.row];
            g->fills[kept++] = fill;
        } else {
            mem_free(fill.values);
        }
    }
    g->fill_count = kept;
}

void graph_prune(graph *g)
{
    onnx_network *n = g->network;
    bool needed[NN_MAX_ROWS] = {true};
    size_t went_to[NN_MAX_ROWS] = {0}, kept = 0;
    for (size_t i = 0; i < n->output_count; i++) graph_mark(&n->table, n->outputs[i].row, needed);
    for (size_t i = 0; i < n->table.count; i++) {
        nn_row row = n->table.rows[i];
        if (!needed[i]) continue;
        for (size_t k = 0; k < nn_row_inputs(&row); k++) row.in[k] = went_to[row.in[k]];
        n->table.rows[kept] = row;
        n->table.shapes[kept] = n->table.shapes[i];
        went_to[i] = kept++;
    }
    n->table.count = kept;
    for (size_t i = 0; i < n->output_count; i++) n->outputs[i].row = went_to[n->outputs[i].row];
    graph_keep_fills(g, needed, went_to);
}
