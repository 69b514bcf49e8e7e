/* Pools and means. */
#include <float.h>

#include "weights/onnx_operators.h"

static amend_status pool(graph *g, nn_kind kind, float fill)
{
    graph_value map, made;
    onnx_window window;
    nn_row row = {.kind = kind};
    size_t index;
    TRY(onnx_map_input(g, 0, &map));
    TRY(onnx_read_window(g, &map, NULL, &window));
    if (kind == NN_AVERAGE_POOL && graph_int(g, "count_include_pad", 0)) {
        if (graph_int(g, "ceil_mode", 0))
            return graph_error(g, AMEND_UNSUPPORTED, "ceil_mode together with count_include_pad");
        TRY(onnx_pad_map(g, &map, window.before, window.after, 0, &map));
        memset(window.before, 0, sizeof window.before);
        memset(window.after, 0, sizeof window.after);
    }
    bool even = window.before[0] == window.before[1] && window.after[0] == window.after[1] &&
                window.after[0] >= window.before[0];
    if (kind == NN_AVERAGE_POOL && !even)
        return graph_error(g, AMEND_UNSUPPORTED, "an average over a map that is padded unevenly");
    TRY(onnx_fit_window(g, &map, &window, fill, &row));
    if (row.dilation) return graph_error(g, AMEND_UNSUPPORTED, "a pool with dilation");
    row.in[0] = map.row;
    TRY(graph_add_row(g, row, &index));
    nn_shape s = g->network->table.shapes[index];
    graph_row_value(index, 4, (size_t[]){1, s.c, s.h, s.w}, &made);
    return graph_output(g, 0, &made);
}

amend_status onnx_max_pool(graph *g)
{
    if (g->node->n_output > 1) return graph_error(g, AMEND_UNSUPPORTED, "its second output, the places of the maxima");
    return pool(g, NN_MAX_POOL, -FLT_MAX);
}

amend_status onnx_average_pool(graph *g)
{
    return pool(g, NN_AVERAGE_POOL, 0);
}

amend_status onnx_global_average_pool(graph *g)
{
    graph_value map, made;
    size_t index;
    TRY(onnx_map_input(g, 0, &map));
    TRY(graph_add_row(g, (nn_row){.kind = NN_GLOBAL_POOL, .in = {map.row}}, &index));
    graph_row_value(index, 4, (size_t[]){1, map.dims[1], 1, 1}, &made);
    return graph_output(g, 0, &made);
}

/* The value with the reduced axes in front, as reduced x kept. */
static amend_status reduced_first(graph *g, const graph_value *value, const bool *reduced, graph_value *turned)
{
    size_t n = 0, inner = 1, count = value_count(value);
    *turned = *value;
    for (int pass = 1; pass >= 0; pass--)
        for (size_t i = 0; i < value->rank; i++)
            if (reduced[i] == (bool)pass) {
                turned->dims[n] = value->dims[i];
                turned->strides[n++] = value->strides[i];
                if (pass) inner *= value->dims[i];
            }
    TRY(graph_flat(g, turned, turned));
    size_t offset = turned->offset;
    value_set_dims(turned, 2, (size_t[]){inner, count / inner});
    turned->offset = offset;
    return graph_in_order(g, turned, false, turned);
}

amend_status onnx_reduce_mean(graph *g)
{
    graph_value value, turned, made = {0};
    int64_t axes[ONNX_MAX_INTS];
    size_t count, kept[ONNX_MAX_RANK], n = 0;
    bool reduced[ONNX_MAX_RANK] = {false}, keep = graph_int(g, "keepdims", 1);
    TRY(graph_input(g, 0, &value));
    TRY(graph_as_row(g, &value, &value));
    TRY(graph_ints(g, "axes", 1, axes, &count));
    for (size_t i = 0; i < count; i++) {
        size_t at;
        TRY(graph_axis(g, axes[i], value.rank, &at));
        reduced[at] = true;
    }
    for (size_t i = 0; !count && i < value.rank; i++) reduced[i] = !graph_int(g, "noop_with_empty_axes", 0);
    for (size_t i = 0; i < value.rank; i++)
        if (!reduced[i] || keep) kept[n++] = reduced[i] ? 1 : value.dims[i];
    bool whole_map = value.rank == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
    if (whole_map)
        TRY(graph_in_order(g, &value, true, &turned));
    else
        TRY(reduced_first(g, &value, reduced, &turned));
    TRY(graph_add_row(g, (nn_row){.kind = NN_GLOBAL_POOL, .in = {turned.row}}, &made.row));
    value_set_dims(&made, n, kept);
    return graph_output(g, 0, &made);
}
