/* Operators that show the same values in another way, and constants. None of them costs anything when the network runs,
 * unless a later row needs the values in order. */
#include <math.h>

#include "base/mem.h"
#include "weights/onnx_operators.h"

amend_status onnx_constant(graph *g)
{
    static const char *const others[] = {"value_float", "value_floats", "value_int", "value_ints"};
    const Onnx__AttributeProto *a = graph_attribute(g, "value");
    graph_value made;
    if (a && a->t) {
        TRY(graph_tensor(g, a->t, &made));
        return graph_output(g, 0, &made);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!(a = graph_attribute(g, others[i]))) continue;
        size_t count = i == 1 ? a->n_floats : i == 3 ? a->n_ints : 1;
        TRY(graph_new_constant(g, i % 2, &count, &made));
        for (size_t k = 0; k < count; k++)
            made.constant[k] = i == 0   ? (double)a->f
                               : i == 1 ? (double)a->floats[k]
                               : i == 2 ? (double)a->i
                                        : (double)a->ints[k];
        made.is_whole = i > 1;
        return graph_output(g, 0, &made);
    }
    return graph_error(g, AMEND_UNSUPPORTED, "a constant that is no numbers");
}

amend_status onnx_constant_of_shape(graph *g)
{
    graph_value shape, made;
    const double *sides;
    size_t rank, dims[ONNX_MAX_RANK];
    graph_value fill = {0};
    double value = 0;
    const Onnx__AttributeProto *a = graph_attribute(g, "value");
    TRY(graph_constant(g, 0, &shape, &sides, &rank));
    if (rank > ONNX_MAX_RANK || !value_is_integer(sides, rank))
        return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions; %d are possible", rank, ONNX_MAX_RANK);
    for (size_t i = 0; i < rank; i++) {
        if (sides[i] < 0 || sides[i] > 1 << 28) return graph_error(g, AMEND_BAD_DATA, "a side of %g", sides[i]);
        dims[i] = (size_t)sides[i];
    }
    if (a && a->t) {
        TRY(graph_tensor(g, a->t, &fill));
        if (value_count(&fill)) value = fill.constant[0];
    }
    TRY(graph_new_constant(g, rank, dims, &made));
    for (size_t i = 0, count = value_count(&made); i < count; i++) made.constant[i] = value;
    made.is_whole = fill.is_whole;
    return graph_output(g, 0, &made);
}

amend_status onnx_shape(graph *g)
{
    graph_value value, made;
    size_t first, last;
    TRY(graph_input(g, 0, &value));
    int64_t rank = (int64_t)value.rank, start = graph_int(g, "start", 0), end = graph_int(g, "end", rank);
    start = start < 0 ? start + rank : start;
    end = end < 0 ? end + rank : end;
    first = start < 0 ? 0 : start > rank ? value.rank : (size_t)start;
    last = end < 0 ? 0 : end > rank ? value.rank : (size_t)end;
    size_t count = last > first ? last - first : 0;
    TRY(graph_new_constant(g, 1, &count, &made));
    for (size_t i = 0; i < count; i++) made.constant[i] = (double)value.dims[first + i];
    made.is_whole = true;
    return graph_output(g, 0, &made);
}

/* The same elements, in order, with other dims. */
static amend_status reshape_to(graph *g, const graph_value *value, size_t rank, const size_t *dims)
{
    graph_value flat;
    TRY(graph_flat(g, value, &flat));
    value_set_dims(&flat, rank, dims);
    return graph_output(g, 0, &flat);
}

amend_status onnx_reshape(graph *g)
{
    graph_value value;
    int64_t sides[ONNX_MAX_INTS];
    size_t rank, dims[ONNX_MAX_RANK], known = 1, open = ONNX_MAX_RANK;
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "shape", 1, sides, &rank));
    if (rank > ONNX_MAX_RANK)
        return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions; %d are possible", rank, ONNX_MAX_RANK);
    for (size_t i = 0; i < rank; i++) {
        if (sides[i] == 0 && !graph_int(g, "allowzero", 0) && i < value.rank) sides[i] = (int64_t)value.dims[i];
        if (sides[i] < -1 || sides[i] > 1 << 28 || (sides[i] == -1 && open < ONNX_MAX_RANK))
            return graph_error(g, AMEND_BAD_DATA, "a side of %lld", (long long)sides[i]);
        if (sides[i] == -1)
            open = i;
        else if (!mem_multiply(known, dims[i] = (size_t)sides[i], &known))
            return graph_error(g, AMEND_BAD_DATA, "its sides overflow");
    }
    size_t count = value_count(&value);
    if (open < ONNX_MAX_RANK) {
        dims[open] = known ? count / known : 0;
        known *= dims[open];
    }
    if (known != count) return graph_error(g, AMEND_BAD_DATA, "%zu values do not go into a shape of %zu", count, known);
    return reshape_to(g, &value, rank, dims);
}

amend_status onnx_flatten(graph *g)
{
    graph_value value;
    size_t dims[2] = {1, 1};
    TRY(graph_input(g, 0, &value));
    int64_t axis = graph_int(g, "axis", 1), rank = (int64_t)value.rank;
    if (axis < -rank || axis > rank) return graph_error(g, AMEND_BAD_DATA, "axis %lld", (long long)axis);
    if (axis < 0) axis += rank;
    for (size_t i = 0; i < value.rank; i++) dims[i >= (size_t)axis] *= value.dims[i];
    return reshape_to(g, &value, 2, dims);
}

static amend_status read_axes(graph *g, size_t rank, bool *chosen, size_t *count)
{
    int64_t axes[ONNX_MAX_INTS];
    TRY(graph_ints(g, "axes", 1, axes, count));
    for (size_t i = 0; i < *count; i++) {
        size_t at;
        TRY(graph_axis(g, axes[i], rank, &at));
        if (chosen[at]) return graph_error(g, AMEND_BAD_DATA, "axis %zu twice", at);
        chosen[at] = true;
    }
    return status_ok();
}

amend_status onnx_squeeze(graph *g)
{
    graph_value value, made;
    bool gone[ONNX_MAX_INTS] = {false};
    size_t count, n = 0;
    TRY(graph_input(g, 0, &value));
    TRY(read_axes(g, value.rank, gone, &count));
    made = value;
    for (size_t i = 0; i < value.rank; i++) {
        if (gone[i] && value.dims[i] != 1)
            return graph_error(g, AMEND_BAD_DATA, "axis %zu has %zu sides", i, value.dims[i]);
        if (count ? gone[i] : value.dims[i] == 1) continue;
        made.dims[n] = value.dims[i];
        made.strides[n++] = value.strides[i];
    }
    made.rank = n;
    return graph_output(g, 0, &made);
}

amend_status onnx_unsqueeze(graph *g)
{
    graph_value value, made;
    int64_t axes[ONNX_MAX_INTS];
    bool added[ONNX_MAX_INTS] = {false};
    size_t count, from = 0;
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "axes", 1, axes, &count));
    if (value.rank + count > ONNX_MAX_RANK)
        return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions; %d are possible", value.rank + count, ONNX_MAX_RANK);
    TRY(read_axes(g, value.rank + count, added, &count));
    made = value;
    made.rank = value.rank + count;
    for (size_t i = 0; i < made.rank; i++) {
        made.dims[i] = added[i] ? 1 : value.dims[from];
        made.strides[i] = added[i] ? 0 : value.strides[from];
        from += !added[i];
    }
    return graph_output(g, 0, &made);
}

amend_status onnx_transpose(graph *g)
{
    graph_value value, made;
    int64_t order[ONNX_MAX_INTS];
    bool used[ONNX_MAX_RANK] = {false};
    size_t count;
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "perm", 0, order, &count));
    for (size_t i = 0; !count && i < value.rank; i++) order[i] = (int64_t)(value.rank - 1 - i);
    if (count && count != value.rank)
        return graph_error(g, AMEND_BAD_DATA, "perm has %zu values for %zu dimensions", count, value.rank);
    made = value;
    for (size_t i = 0; i < value.rank; i++) {
        if (order[i] < 0 || order[i] >= (int64_t)value.rank || used[order[i]])
            return graph_error(g, AMEND_BAD_DATA, "perm is no order of the dimensions");
        used[order[i]] = true;
        made.dims[i] = value.dims[order[i]];
        made.strides[i] = value.strides[order[i]];
    }
    return graph_output(g, 0, &made);
}

/* ---- parts ---- */

/* Every step-th of dims[axis] from start on, as far as end. Backward, the stride is a negative number modulo 2^64, with
 * which sums come out right. */
static amend_status cut(graph *g, graph_value *value, size_t axis, int64_t start, int64_t end, int64_t step)
{
    int64_t side = (int64_t)value->dims[axis], low = step < 0 ? -1 : 0, high = step < 0 ? side - 1 : side;
    if (!step) return graph_error(g, AMEND_BAD_DATA, "a step of 0");
    step = step < -side - 1 ? -side - 1 : step > side + 1 ? side + 1 : step; /* one element is left of the axis */
    start = start < 0 ? start + side : start;
    end = end < 0 ? end + side : end;
    start = start < low ? low : start > high ? high : start;
    end = end < low ? low : end > high ? high : end;
    int64_t way = step < 0 ? start - end : end - start, stride = step < 0 ? -step : step;
    int64_t count = way > 0 ? (way - 1) / stride + 1 : 0;
    if (!count && !value->constant) return graph_error(g, AMEND_UNSUPPORTED, "nothing is left of axis %zu", axis);
    value->offset += count ? (size_t)start * value->strides[axis] : 0;
    value->dims[axis] = (size_t)count;
    value->strides[axis] *= (size_t)step;
    return status_ok();
}

amend_status onnx_slice(graph *g)
{
    graph_value value;
    int64_t starts[ONNX_MAX_INTS], ends[ONNX_MAX_INTS], axes[ONNX_MAX_INTS], steps[ONNX_MAX_INTS];
    size_t count, end_count, axis_count, step_count;
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "starts", 1, starts, &count));
    TRY(graph_ints(g, "ends", 2, ends, &end_count));
    TRY(graph_ints(g, "axes", 3, axes, &axis_count));
    TRY(graph_ints(g, "steps", 4, steps, &step_count));
    if (count != end_count || (axis_count && axis_count != count) || (step_count && step_count != count))
        return graph_error(g, AMEND_BAD_DATA, "starts, ends, axes and steps of different lengths");
    for (size_t i = 0; i < count; i++) {
        size_t axis;
        const int64_t limit = 1 << 28;
        TRY(graph_axis(g, axis_count ? axes[i] : (int64_t)i, value.rank, &axis));
        int64_t start = starts[i] < -limit ? -limit : starts[i] > limit ? limit : starts[i];
        int64_t end = ends[i] < -limit ? -limit : ends[i] > limit ? limit : ends[i];
        TRY(cut(g, &value, axis, start, end, step_count ? steps[i] : 1));
    }
    return graph_output(g, 0, &value);
}

amend_status onnx_split(graph *g)
{
    graph_value value;
    int64_t sizes[ONNX_MAX_INTS], start = 0;
    size_t axis, count, parts = g->node->n_output;
    if (!parts) return graph_error(g, AMEND_BAD_DATA, "no outputs");
    TRY(graph_input(g, 0, &value));
    TRY(graph_axis(g, graph_int(g, "axis", 0), value.rank, &axis));
    TRY(graph_ints(g, "split", 1, sizes, &count));
    int64_t side = (int64_t)value.dims[axis], each = (side + (int64_t)parts - 1) / (int64_t)parts;
    if (count && count != parts) return graph_error(g, AMEND_BAD_DATA, "%zu sizes for %zu parts", count, parts);
    for (size_t i = 0; i < parts; i++) {
        graph_value part = value;
        int64_t size = count ? sizes[i] : each < side - start ? each : side - start;
        if (size < 0 || size > side - start)
            return graph_error(g, AMEND_BAD_DATA, "parts of more than the %lld there are", (long long)side);
        TRY(cut(g, &part, axis, start, start + size, 1));
        TRY(graph_output(g, i, &part));
        start += size;
    }
    return status_ok();
}

amend_status onnx_expand(graph *g)
{
    graph_value value, made = {0};
    int64_t sides[ONNX_MAX_INTS];
    size_t rank;
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "", 1, sides, &rank));
    if (rank > ONNX_MAX_RANK) return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions", rank);
    made = value;
    made.rank = rank > value.rank ? rank : value.rank;
    for (size_t i = 0; i < made.rank; i++) { /* from the last side on */
        size_t to = made.rank - 1 - i, side = i < value.rank ? value.dims[value.rank - 1 - i] : 1;
        int64_t wanted = i < rank ? sides[rank - 1 - i] : 1;
        if (wanted < 0 || wanted > 1 << 26 || (side != 1 && wanted != 1 && wanted != (int64_t)side))
            return graph_error(g, AMEND_BAD_DATA, "a side of %zu to one of %lld", side, (long long)wanted);
        made.dims[to] = side == 1 ? (size_t)wanted : side;
        made.strides[to] = side == 1 ? 0 : value.strides[value.rank - 1 - i];
    }
    if (made.constant)
        TRY(graph_in_order(g, &made, false, &made)); /* counts against the room for constants */
    else if (!value_count(&made))
        return graph_error(g, AMEND_UNSUPPORTED, "a value without elements");
    return graph_output(g, 0, &made);
}

/* 1 x (b b C) x H x W to 1 x C x (H b) x (W b): a reshape, a transposition, a reshape. */
amend_status onnx_depth_to_space(graph *g)
{
    graph_value map, view = {0};
    bool crd = graph_string_is(g, "mode", "CRD");
    TRY(graph_input(g, 0, &map));
    int64_t side = graph_int(g, "blocksize", 0);
    if (map.rank != 4 || side < 1 || side > 4096 || map.dims[0] != 1 || map.dims[1] % (size_t)(side * side))
        return graph_error(g, AMEND_BAD_DATA, "a block of %lld for a value of %zu dimensions and %zu channels",
                           (long long)side, map.rank, map.rank > 1 ? map.dims[1] : 0);
    size_t b = (size_t)side, c = map.dims[1] / (b * b), s = map.strides[1];
    size_t block_y = crd ? s * b : s * b * c, block_x = crd ? s : s * c, channel = crd ? s * b * b : s;
    const size_t dims[6] = {c, map.dims[2], b, map.dims[3], b, 1};
    const size_t strides[6] = {channel, map.strides[2], block_y, map.strides[3], block_x, 0};
    view = map;
    view.rank = 6;
    memcpy(view.dims, dims, sizeof dims);
    memcpy(view.strides, strides, sizeof strides);
    return reshape_to(g, &view, 4, (size_t[]){1, c, map.dims[2] * b, map.dims[3] * b});
}
