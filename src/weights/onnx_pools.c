/* Pools and means. */
#include <float.h>

#include "weights/onnx_operators.h"

static amend_status add_pool(graph *g, nn_row row, graph_value *map, onnx_window *window, float fill, size_t *index)
{
    TRY(onnx_fit_window(g, map, window, fill, &row));
    row.count_padding = row.count_padding && (row.pad || row.pad_more);
    row.in[0] = map->row;
    return graph_add_row(g, row, index);
}

static amend_status give_map(graph *g, size_t index)
{
    graph_value made;
    nn_shape s = g->network->table.shapes[index];
    graph_row_value(index, 4, (size_t[]){1, s.c, s.h, s.w}, &made);
    return graph_output(g, 0, &made);
}

/* Zeros around a map that is never below 0 change no maximum, as every window has a value of the map, too. */
static void take_zeros(graph *g, graph_value *map, onnx_window *window)
{
    bool positive[NN_MAX_ROWS];
    nn_table_signs(&g->network->table, positive);
    if (positive[g->network->table.rows[map->row].in[0]]) onnx_take_padding(g, map, window, NN_MAX_POOL);
}

amend_status onnx_max_pool(graph *g)
{
    graph_value map;
    onnx_window window;
    size_t index;
    if (graph_has_output(g, 1)) return graph_error(g, AMEND_UNSUPPORTED, "its second output, the places of the maxima");
    TRY(onnx_map_input(g, 0, &map));
    TRY(onnx_read_window(g, &map, NULL, &window));
    take_zeros(g, &map, &window);
    TRY(add_pool(g, (nn_row){.kind = NN_MAX_POOL}, &map, &window, -FLT_MAX, &index));
    return give_map(g, index);
}

/* Taps of window `at` along a side that count: those on the map, with `padding` also those on what pads it. */
static size_t count_taps(const onnx_window *w, size_t i, size_t at, size_t side, bool padding)
{
    size_t low = padding ? 0 : w->before[i], count = 0;
    size_t high = w->before[i] + side + (padding ? w->after[i] - w->extra[i] : 0);
    for (size_t tap = 0; tap < w->kernel[i]; tap++) {
        size_t place = at * w->stride[i] + tap * (w->gap[i] + 1);
        count += place >= low && place < high;
    }
    return count;
}

/* Any window: zeros where it has no pixel, the average of its square, then what that divided by too much. */
static amend_status average_spread(graph *g, graph_value *map, onnx_window *window, bool padding, size_t *index)
{
    const onnx_window w = *window;
    const size_t sides[2] = {map->dims[2], map->dims[3]};
    size_t average, factors;
    float *to;
    TRY(onnx_spread_windows(g, map, window, 0));
    TRY(add_pool(g, (nn_row){.kind = NN_AVERAGE_POOL}, map, window, 0, &average));
    nn_shape s = g->network->table.shapes[average];
    const nn_row constant = {.kind = NN_CONSTANT, .height = s.h, .width = s.w, .channels = 1};
    TRY(graph_add_row(g, constant, &factors));
    TRY(graph_fill(g, factors, "value", s.h * s.w, &to));
    for (size_t i = 0; i < s.h * s.w; i++) {
        size_t count = count_taps(&w, 0, i / s.w, sides[0], padding) * count_taps(&w, 1, i % s.w, sides[1], padding);
        to[i] = count ? (float)(window->kernel[0] * window->kernel[1]) / (float)count : 0;
    }
    return graph_add_row(g, (nn_row){.kind = NN_COMBINE, .in = {average, factors}, .operation = NN_TIMES}, index);
}

amend_status onnx_average_pool(graph *g)
{
    graph_value map;
    onnx_window w;
    size_t index;
    TRY(onnx_map_input(g, 0, &map));
    TRY(onnx_read_window(g, &map, NULL, &w));
    bool extra = w.extra[0] || w.extra[1];
    bool padded = w.before[0] || w.before[1] || w.after[0] > w.extra[0] || w.after[1] > w.extra[1];
    bool padding = padded && graph_int(g, "count_include_pad", 0);
    if (!extra && padding == padded && onnx_take_padding(g, &map, &w, NN_AVERAGE_POOL)) padding = true;
    bool alike = w.kernel[0] == w.kernel[1] && w.stride[0] == w.stride[1] && !w.gap[0] && !w.gap[1];
    bool even =
        w.before[0] == w.before[1] && w.after[0] == w.after[1] && w.after[0] >= w.before[0] && w.after[0] < w.kernel[0];
    if (alike && (padding ? !extra : even))
        TRY(add_pool(g, (nn_row){.kind = NN_AVERAGE_POOL, .count_padding = padding}, &map, &w, 0, &index));
    else
        TRY(average_spread(g, &map, &w, padding, &index));
    return give_map(g, index);
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
    value_set_dims(turned, 2, (size_t[]){inner, count / inner});
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
