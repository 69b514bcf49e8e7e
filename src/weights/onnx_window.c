/* Windows of convolutions and pools. */
#include "weights/onnx_operators.h"

amend_status onnx_map_input(graph *g, size_t index, graph_value *map)
{
    graph_value value;
    TRY(graph_input(g, index, &value));
    if (value.rank != 4)
        return graph_error(g, AMEND_UNSUPPORTED,
                           "a value of %zu dimensions; only images and maps (4) are possible here", value.rank);
    TRY(graph_as_row(g, &value, &value));
    return graph_in_order(g, &value, true, map);
}

static amend_status read_pair(graph *g, const char *name, int64_t least, size_t pair[2])
{
    int64_t values[ONNX_MAX_INTS];
    size_t count;
    TRY(graph_ints(g, name, 0, values, &count));
    if (!count) return status_ok();
    if (count != 2) return graph_error(g, AMEND_UNSUPPORTED, "%s has %zu values; 2 are possible", name, count);
    for (size_t i = 0; i < 2; i++) {
        if (values[i] < least || values[i] > 4096)
            return graph_error(g, AMEND_BAD_DATA, "%s is %lld; %lld..4096 is possible", name, (long long)values[i],
                               (long long)least);
        pair[i] = (size_t)values[i];
    }
    return status_ok();
}

static amend_status read_pads(graph *g, onnx_window *w)
{
    int64_t pads[ONNX_MAX_INTS];
    size_t count;
    TRY(graph_ints(g, "pads", 0, pads, &count));
    if (count && count != 4) return graph_error(g, AMEND_UNSUPPORTED, "pads has %zu values; 4 are possible", count);
    for (size_t i = 0; i < count; i++)
        if (pads[i] < 0 || pads[i] > 4096)
            return graph_error(g, AMEND_BAD_DATA, "pads is %lld; 0..4096 is possible", (long long)pads[i]);
    for (size_t i = 0; count && i < 2; i++) {
        w->before[i] = (size_t)pads[i];
        w->after[i] = (size_t)pads[2 + i];
    }
    return status_ok();
}

static size_t reach_of(const onnx_window *w, size_t i)
{
    return (w->kernel[i] - 1) * (w->gap[i] + 1) + 1;
}

/* SAME: as many results as strides fit; the odd line goes after (upper) or before (lower). */
static void pad_same(onnx_window *w, size_t i, size_t side, bool lower)
{
    size_t results = (side + w->stride[i] - 1) / w->stride[i], needed = (results - 1) * w->stride[i] + reach_of(w, i);
    size_t padding = needed > side ? needed - side : 0;
    w->before[i] = lower ? (padding + 1) / 2 : padding / 2;
    w->after[i] = padding - w->before[i];
}

/* One more window where some lines would be left over, as long as it begins on the map. */
static void round_up(onnx_window *w, size_t i, size_t side)
{
    size_t padded = side + w->before[i] + w->after[i], reach = reach_of(w, i);
    if (padded < reach) return;
    size_t results = (padded - reach + w->stride[i] - 1) / w->stride[i] + 1;
    if ((results - 1) * w->stride[i] >= side + w->before[i]) results--;
    size_t needed = (results - 1) * w->stride[i] + reach;
    w->extra[i] = needed > padded ? needed - padded : 0;
    w->after[i] += w->extra[i];
}

amend_status onnx_read_window(graph *g, const graph_value *map, const size_t *kernel, onnx_window *w)
{
    size_t dilation[2] = {1, 1};
    *w = (onnx_window){.stride = {1, 1}};
    if (kernel) {
        w->kernel[0] = kernel[0];
        w->kernel[1] = kernel[1];
    } else {
        TRY(read_pair(g, "kernel_shape", 1, w->kernel));
    }
    TRY(read_pair(g, "strides", 1, w->stride));
    TRY(read_pair(g, "dilations", 1, dilation));
    TRY(read_pads(g, w));
    if (!w->kernel[0] || !w->kernel[1]) return graph_error(g, AMEND_BAD_DATA, "kernel_shape is missing");
    for (size_t i = 0; i < 2; i++) {
        w->gap[i] = dilation[w->kernel[i] == 1 ? !i : i] - 1; /* one tap has no gaps */
        if (graph_string_is(g, "auto_pad", "SAME_UPPER") || graph_string_is(g, "auto_pad", "SAME_LOWER"))
            pad_same(w, i, map->dims[2 + i], graph_string_is(g, "auto_pad", "SAME_LOWER"));
        if (graph_int(g, "ceil_mode", 0)) round_up(w, i, map->dims[2 + i]);
    }
    if (w->kernel[0] == 1 && w->kernel[1] == 1) w->gap[0] = w->gap[1] = 0;
    return status_ok();
}

/* ---- windows that rows cannot say ---- */

/* *map with results[i] lines a side: line k is the map's places[2 + i][k], or `fill`. Frees the places. */
static amend_status move_lines(graph *g, graph_value *map, const size_t results[2], int64_t **places, float fill,
                               amend_status status)
{
    const size_t dims[4] = {1, map->dims[1], results[0], results[1]};
    for (size_t i = 0; !status.code && i < 2; i++) {
        status = onnx_take_places(g, dims[i], &places[i]);
        for (size_t k = 0; !status.code && k < dims[i]; k++) places[i][k] = (int64_t)k;
    }
    if (!status.code) status = onnx_move_by_axes(g, map, dims, places, fill, map);
    onnx_free_places(places);
    return status;
}

/* A map with more lines around: before = above, left; after = below, right. */
static amend_status pad_map(graph *g, const graph_value *map, const size_t before[2], const size_t after[2], float fill,
                            graph_value *padded)
{
    int64_t *places[ONNX_MAX_RANK] = {0};
    size_t results[2];
    amend_status status = status_ok();
    for (size_t i = 0; i < 2; i++) {
        size_t side = map->dims[2 + i];
        results[i] = before[i] + side + after[i];
        if (!status.code) status = onnx_take_places(g, results[i], &places[2 + i]);
        for (size_t k = 0; !status.code && k < results[i]; k++)
            places[2 + i][k] = k < before[i] || k >= before[i] + side ? -1 : (int64_t)(k - before[i]);
    }
    *padded = *map;
    return move_lines(g, padded, results, places, fill, status);
}

/* Of each window along a side, where its taps meet the map. */
static amend_status spread_side(graph *g, const onnx_window *w, size_t i, size_t side, size_t taps, int64_t **places,
                                size_t *results)
{
    size_t padded = w->before[i] + side + w->after[i], windows;
    if (padded < reach_of(w, i))
        return graph_error(g, AMEND_BAD_DATA, "a window of %zu on a padded side of %zu", reach_of(w, i), padded);
    windows = (padded - reach_of(w, i)) / w->stride[i] + 1;
    *results = windows * taps;
    TRY(onnx_take_places(g, *results, places));
    for (size_t k = 0; k < *results; k++) {
        size_t tap = k % taps, at = k / taps * w->stride[i] + tap * (w->gap[i] + 1);
        bool outside = tap >= w->kernel[i] || at < w->before[i] || at >= w->before[i] + side;
        (*places)[k] = outside ? -1 : (int64_t)(at - w->before[i]);
    }
    return status_ok();
}

amend_status onnx_spread_windows(graph *g, graph_value *map, onnx_window *w, float fill)
{
    int64_t *places[ONNX_MAX_RANK] = {0};
    size_t results[2] = {0}, taps = w->kernel[0] > w->kernel[1] ? w->kernel[0] : w->kernel[1];
    amend_status status = status_ok();
    for (size_t i = 0; !status.code && i < 2; i++)
        status = spread_side(g, w, i, map->dims[2 + i], taps, &places[2 + i], &results[i]);
    TRY(move_lines(g, map, results, places, fill, status));
    *w = (onnx_window){.kernel = {taps, taps}, .stride = {taps, taps}};
    return status_ok();
}

/* ---- rows ---- */

/* Where there is one result, any stride will do. */
static void settle_strides(const graph_value *map, onnx_window *w)
{
    for (size_t i = 0; i < 2; i++)
        if (map->dims[2 + i] + w->before[i] + w->after[i] == reach_of(w, i)) w->stride[i] = w->stride[!i];
}

/* Pools are square and dense. */
static bool sides_fit(const onnx_window *w, nn_kind kind)
{
    bool alike = w->stride[0] == w->stride[1] && w->gap[0] == w->gap[1];
    return alike && (kind == NN_CONV || (w->kernel[0] == w->kernel[1] && !w->gap[0]));
}

/* As much more below as right. Pools have the same sides above and left, too, and no window in the padding alone. */
static bool pads_fit(const onnx_window *w, nn_kind kind)
{
    bool same = w->before[0] == w->before[1] && w->after[0] == w->after[1], fit = same || kind == NN_CONV;
    for (size_t i = 0; i < 2; i++) {
        fit = fit && w->after[i] >= w->before[i] && w->before[i] < reach_of(w, i);
        fit = fit && (kind == NN_CONV || w->after[i] < reach_of(w, i));
    }
    return fit && w->after[0] - w->before[0] == w->after[1] - w->before[1];
}

amend_status onnx_fit_window(graph *g, graph_value *map, onnx_window *w, float fill, nn_row *row)
{
    settle_strides(map, w);
    if (!sides_fit(w, row->kind)) {
        TRY(onnx_spread_windows(g, map, w, fill));
    } else if (!pads_fit(w, row->kind)) {
        TRY(pad_map(g, map, w->before, w->after, fill, map));
        memset(w->before, 0, sizeof w->before);
        memset(w->after, 0, sizeof w->after);
    }
    row->kernel = w->kernel[0];
    row->stride = w->stride[0];
    row->dilation = w->gap[0];
    row->pad = w->before[0];
    row->pad_more = w->after[0] - w->before[0];
    if (w->kernel[0] == w->kernel[1] && w->before[0] == w->before[1]) return status_ok();
    row->kernel_width = w->kernel[1];
    row->pad_width = w->before[1];
    return status_ok();
}

/* ---- padding in front ---- */

/* Where value (y, x, channel) of a map comes from, when `from` lies `before` inside it. */
static uint32_t place_inside(nn_shape from, const size_t before[2], size_t y, size_t x, size_t channel)
{
    if (y < before[0] || x < before[1] || y >= before[0] + from.h || x >= before[1] + from.w) return NN_FILL;
    return (uint32_t)(((y - before[0]) * from.w + x - before[1]) * from.c + channel);
}

/* Whether a gathering row does nothing but to put zeros around its input, and how much of it above and left. */
static bool puts_around(const nn_row *row, nn_shape from, nn_shape to, size_t before[2])
{
    size_t first = 0, at = 0, count = nn_shape_count(to);
    if (row->kind != NN_GATHER || row->pair || !row->source || row->alpha != 0) return false;
    if (from.c != to.c || from.h > to.h || from.w > to.w) return false;
    while (first < count && row->source[first] == NN_FILL) first++;
    before[0] = first / to.c / to.w;
    before[1] = first / to.c % to.w;
    for (size_t y = 0; y < to.h; y++)
        for (size_t x = 0; x < to.w; x++)
            for (size_t c = 0; c < to.c; c++, at++)
                if (row->source[at] != place_inside(from, before, y, x, c)) return false;
    return before[0] + from.h <= to.h && before[1] + from.w <= to.w;
}

/* Each row is looked through once, however many windows read it. */
static const size_t *border_of(graph *g, size_t row)
{
    const nn_table *table = &g->network->table;
    const nn_row *r = &table->rows[row];
    struct graph_border *border = &g->borders[row];
    if (!border->known) border->is_one = puts_around(r, table->shapes[r->in[0]], table->shapes[row], border->before);
    border->known = true;
    return border->is_one ? border->before : NULL;
}

bool onnx_take_padding(graph *g, graph_value *map, onnx_window *window, nn_kind kind)
{
    const size_t *before = border_of(g, map->row);
    size_t in = g->network->table.rows[map->row].in[0];
    const nn_shape from = g->network->table.shapes[in];
    const size_t sides[2] = {from.h, from.w};
    onnx_window w = *window;
    graph_value inner;
    if (!before) return false;
    for (size_t i = 0; i < 2; i++) {
        w.before[i] += before[i];
        w.after[i] += map->dims[2 + i] - sides[i] - before[i];
    }
    graph_row_value(in, 4, (size_t[]){1, from.c, from.h, from.w}, &inner);
    settle_strides(&inner, &w);
    if (!sides_fit(&w, kind) || !pads_fit(&w, kind)) return false;
    *map = inner;
    *window = w;
    return true;
}
