/* Operators that put values in new places: one gathering row each. */
#include <math.h>

#include "base/mem.h"
#include "weights/onnx_operators.h"

/* A constant of one value everywhere is not stored: gathering rows fill it in. */
static bool is_uniform(const graph_value *value, double *fill)
{
    size_t count = value_count(value);
    if (!value->constant || !count) return false;
    *fill = value->constant[value_element(value, 0)];
    for (size_t i = 1; i < count; i++)
        if (value->constant[value_element(value, i)] != *fill) return false;
    return true;
}

/* a and b one behind the other along an axis. */
static amend_status join(graph *g, const graph_value *a, const graph_value *b, size_t axis, graph_value *joined)
{
    size_t dims[ONNX_MAX_RANK], count, first = a->dims[axis];
    double fill = 0;
    uint32_t *elements = NULL;
    bool uniform = !a->constant && is_uniform(b, &fill);
    graph_value left = *a, right = *b;
    if (!uniform) {
        TRY(graph_as_row(g, a, &left));
        TRY(graph_as_row(g, b, &right));
    }
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] += b->dims[axis];
    TRY(graph_take_room(g, a->rank, dims, &count));
    size_t behind = nn_shape_count(g->network->table.shapes[left.row]);
    TRY(mem_alloc(&elements, count, sizeof *elements, "joined values"));
    for (size_t i = 0; i < count; i++) {
        size_t at[ONNX_MAX_RANK];
        value_coordinates(a->rank, dims, i, at);
        bool from_b = at[axis] >= first;
        if (from_b) at[axis] -= first;
        elements[i] = !from_b   ? (uint32_t)value_at(&left, at)
                      : uniform ? NN_FILL
                                : (uint32_t)(behind + value_at(&right, at));
    }
    amend_status status = graph_move(g, &left, uniform ? NULL : &right, a->rank, dims, elements, (float)fill, joined);
    mem_free(elements);
    return status;
}

static amend_status join_constants(graph *g, const graph_value *parts, size_t count, size_t axis)
{
    graph_value made;
    size_t dims[ONNX_MAX_RANK], start = 0;
    memcpy(dims, parts->dims, sizeof dims);
    for (size_t i = 1; i < count; i++) dims[axis] += parts[i].dims[axis];
    TRY(graph_new_constant(g, parts->rank, dims, &made));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0, values = value_count(&parts[i]); k < values; k++) {
            size_t at[ONNX_MAX_RANK];
            value_coordinates(parts[i].rank, parts[i].dims, k, at);
            double value = parts[i].constant[value_at(&parts[i], at)];
            at[axis] += start;
            made.constant[value_at(&made, at)] = value;
        }
        start += parts[i].dims[axis];
    }
    return graph_output(g, 0, &made);
}

enum { MAX_PARTS = 64 };

amend_status onnx_concat(graph *g)
{
    graph_value parts[MAX_PARTS], joined;
    size_t count = g->node->n_input, axis = 0;
    bool constant = true;
    if (!count || count > MAX_PARTS)
        return graph_error(g, AMEND_UNSUPPORTED, "%zu parts; 1..%d are possible", count, MAX_PARTS);
    for (size_t i = 0; i < count; i++) {
        TRY(graph_input(g, i, &parts[i]));
        constant &= parts[i].constant != NULL;
        if (!i) TRY(graph_axis(g, graph_int(g, "axis", 0), parts[0].rank, &axis));
        bool fits = parts[i].rank == parts[0].rank;
        for (size_t k = 0; fits && k < parts[0].rank; k++) fits = k == axis || parts[i].dims[k] == parts[0].dims[k];
        if (!fits) return graph_error(g, AMEND_BAD_DATA, "part %zu has other sides than the first", i + 1);
    }
    if (constant) return join_constants(g, parts, count, axis);
    joined = parts[0];
    for (size_t i = 1; i < count; i++) TRY(join(g, &joined, &parts[i], axis, &joined));
    return graph_output(g, 0, &joined);
}

amend_status onnx_gather(graph *g)
{
    graph_value value, indices, made;
    const double *chosen;
    uint32_t *elements = NULL;
    size_t axis, picks, dims[ONNX_MAX_RANK], rank, count;
    TRY(graph_input(g, 0, &value));
    TRY(graph_constant(g, 1, &indices, &chosen, &picks));
    TRY(graph_axis(g, graph_int(g, "axis", 0), value.rank, &axis));
    rank = value.rank - 1 + indices.rank;
    if (rank > ONNX_MAX_RANK) return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions", rank);
    for (size_t i = 0; i < picks; i++)
        if (!value_is_integer(chosen + i, 1) || chosen[i] < -(double)value.dims[axis] ||
            chosen[i] >= (double)value.dims[axis])
            return graph_error(g, AMEND_BAD_DATA, "index %g of %zu", chosen[i], value.dims[axis]);
    for (size_t i = 0; i < rank; i++)
        dims[i] = i < axis                  ? value.dims[i]
                  : i < axis + indices.rank ? indices.dims[i - axis]
                                            : value.dims[i - indices.rank + 1];
    TRY(graph_take_room(g, rank, dims, &count));
    TRY(mem_alloc(&elements, count, sizeof *elements, "moved values"));
    for (size_t i = 0; i < count; i++) {
        size_t at[ONNX_MAX_RANK + 1], from[ONNX_MAX_RANK], pick = 0;
        value_coordinates(rank, dims, i, at);
        for (size_t k = 0; k < indices.rank; k++) pick = pick * indices.dims[k] + at[axis + k];
        for (size_t k = 0; k < value.rank; k++) from[k] = at[k < axis ? k : k + indices.rank - 1];
        from[axis] = (size_t)(chosen[pick] < 0 ? chosen[pick] + (double)value.dims[axis] : chosen[pick]);
        elements[i] = (uint32_t)value_at(&value, from);
    }
    amend_status status = graph_move(g, &value, NULL, rank, dims, elements, 0, &made);
    mem_free(elements);
    return status.code ? status : graph_output(g, 0, &made);
}

/* ---- pad and resize: the place of each result along each axis ---- */

/* Fills elements by a place an axis: places[axis][i], or -1: `fill`. */
static amend_status move_by_axes(graph *g, const graph_value *value, const size_t *dims, int64_t *const *places,
                                 float fill)
{
    uint32_t *elements = NULL;
    graph_value made;
    size_t count;
    TRY(graph_take_room(g, value->rank, dims, &count));
    TRY(mem_alloc(&elements, count, sizeof *elements, "moved values"));
    for (size_t i = 0; i < count; i++) {
        size_t at[ONNX_MAX_RANK];
        bool inside = true;
        value_coordinates(value->rank, dims, i, at);
        for (size_t k = 0; k < value->rank; k++) {
            int64_t place = places[k][at[k]];
            inside &= place >= 0;
            at[k] = place < 0 ? 0 : (size_t)place;
        }
        elements[i] = inside ? (uint32_t)value_at(value, at) : NN_FILL;
    }
    amend_status status = graph_move(g, value, NULL, value->rank, dims, elements, fill, &made);
    mem_free(elements);
    return status.code ? status : graph_output(g, 0, &made);
}

static void free_places(int64_t **places)
{
    for (size_t i = 0; i < ONNX_MAX_RANK; i++) mem_free(places[i]);
}

/* Where position i - before of an axis comes from: outside, the border, or mirrored. */
static int64_t padded_place(int64_t at, int64_t side, bool edge, bool reflect)
{
    if (at >= 0 && at < side) return at;
    if (edge) return at < 0 ? 0 : side - 1;
    if (!reflect || side < 2) return -1;
    int64_t period = 2 * (side - 1), in = ((at % period) + period) % period;
    return in < side ? in : period - in;
}

amend_status onnx_pad(graph *g)
{
    graph_value value, one;
    int64_t pads[ONNX_MAX_INTS], *places[ONNX_MAX_RANK] = {0};
    size_t count, dims[ONNX_MAX_RANK];
    float fill = graph_float(g, "value", 0);
    bool edge = graph_string_is(g, "mode", "edge"), reflect = graph_string_is(g, "mode", "reflect");
    amend_status status = status_ok();
    TRY(graph_input(g, 0, &value));
    TRY(graph_ints(g, "pads", 1, pads, &count));
    if (graph_has_input(g, 3)) return graph_error(g, AMEND_UNSUPPORTED, "its input axes");
    if (count != 2 * value.rank)
        return graph_error(g, AMEND_BAD_DATA, "%zu pads for %zu dimensions", count, value.rank);
    if (graph_has_input(g, 2)) {
        const double *given;
        size_t n;
        TRY(graph_constant(g, 2, &one, &given, &n));
        fill = n ? (float)given[0] : 0;
    }
    for (size_t k = 0; !status.code && k < value.rank; k++) {
        int64_t side = (int64_t)value.dims[k], before = pads[k], after = pads[value.rank + k];
        if (before < -side || after < -side || before > 4096 || after > 4096 || side + before + after < 1)
            status = graph_error(g, AMEND_BAD_DATA, "pads %lld and %lld of a side of %lld", (long long)before,
                                 (long long)after, (long long)side);
        dims[k] = status.code ? 1 : (size_t)(side + before + after);
        if (!status.code) status = mem_alloc(&places[k], dims[k], sizeof *places[k], "places");
        for (size_t i = 0; !status.code && i < dims[k]; i++)
            places[k][i] = padded_place((int64_t)i - before, side, edge, reflect);
    }
    if (!status.code) status = move_by_axes(g, &value, dims, places, fill);
    free_places(places);
    return status;
}

/* ---- resize ---- */

/* Results along each axis, and their scale. */
static amend_status read_sizes(graph *g, const graph_value *value, size_t *dims, double *scale)
{
    graph_value given;
    const double *numbers = NULL;
    size_t count = 0, input = g->node->n_input > 2 ? 2 : 1; /* Upsample and the first Resize have no roi */
    bool sizes = graph_has_input(g, 3);
    const Onnx__AttributeProto *old = graph_attribute(g, "scales");
    if (!old) TRY(graph_constant(g, sizes ? 3 : input, &given, &numbers, &count));
    if ((old ? old->n_floats : count) != value->rank)
        return graph_error(g, AMEND_UNSUPPORTED, "%zu sizes or scales for %zu dimensions", count, value->rank);
    for (size_t k = 0; k < value->rank; k++) {
        double number = old ? (double)old->floats[k] : numbers[k], side = (double)value->dims[k];
        double results = sizes ? number : floor(side * number);
        if (!(results >= 1 && results <= 1 << 20)) return graph_error(g, AMEND_BAD_DATA, "a side of %g", results);
        dims[k] = (size_t)results;
        scale[k] = sizes ? results / side : number;
    }
    return status_ok();
}

/* The source of result i: by the coordinate rule and the rounding rule that the node names. */
static int64_t nearest_place(const graph *g, size_t i, size_t results, size_t side, double scale)
{
    double x = ((double)i + 0.5) / scale - 0.5; /* half_pixel */
    if (graph_string_is(g, "coordinate_transformation_mode", "asymmetric") || g->file->opset < 11)
        x = (double)i / scale;
    if (graph_string_is(g, "coordinate_transformation_mode", "align_corners"))
        x = results > 1 ? (double)i * (double)(side - 1) / (double)(results - 1) : 0;
    if (graph_string_is(g, "coordinate_transformation_mode", "pytorch_half_pixel") && results == 1) x = 0;
    double place = ceil(x - 0.5); /* round_prefer_floor */
    if (graph_string_is(g, "nearest_mode", "floor") || g->file->opset < 11) place = floor(x);
    if (graph_string_is(g, "nearest_mode", "ceil")) place = ceil(x);
    if (graph_string_is(g, "nearest_mode", "round_prefer_ceil")) place = floor(x + 0.5);
    return (int64_t)fmin(fmax(place, 0), (double)side - 1);
}

amend_status onnx_resize(graph *g)
{
    graph_value value;
    size_t dims[ONNX_MAX_RANK];
    double scale[ONNX_MAX_RANK];
    int64_t *places[ONNX_MAX_RANK] = {0};
    amend_status status = status_ok();
    TRY(graph_input(g, 0, &value));
    if (graph_attribute(g, "mode") && !graph_string_is(g, "mode", "nearest"))
        return graph_error(g, AMEND_UNSUPPORTED, "its mode; 'nearest' is possible");
    if (graph_string_is(g, "coordinate_transformation_mode", "tf_crop_and_resize") || graph_attribute(g, "axes") ||
        graph_int(g, "antialias", 0))
        return graph_error(g, AMEND_UNSUPPORTED, "tf_crop_and_resize, axes or antialias");
    TRY(read_sizes(g, &value, dims, scale));
    for (size_t k = 0; !status.code && k < value.rank; k++) {
        status = mem_alloc(&places[k], dims[k], sizeof *places[k], "places");
        for (size_t i = 0; !status.code && i < dims[k]; i++)
            places[k][i] = nearest_place(g, i, dims[k], value.dims[k], scale[k]);
    }
    if (!status.code) status = move_by_axes(g, &value, dims, places, 0);
    free_places(places);
    return status;
}
