/* Operators that put values in new places: one gathering row each. */
#include <string.h>

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
    size_t at[ONNX_MAX_RANK] = {0};
    right.offset -= first * right.strides[axis]; /* its coordinates there begin at `first` */
    for (size_t i = 0; i < count; i++, value_next(a->rank, dims, at))
        elements[i] = at[axis] < first ? (uint32_t)value_at(&left, at)
                      : uniform        ? NN_FILL
                                       : (uint32_t)(behind + value_at(&right, at));
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
    made.is_whole = parts->is_whole;
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
        for (size_t k = 0; k < axis; k++) from[k] = at[k];
        for (size_t k = axis + 1; k < value.rank; k++) from[k] = at[k + indices.rank - 1];
        from[axis] = (size_t)(chosen[pick] < 0 ? chosen[pick] + (double)value.dims[axis] : chosen[pick]);
        elements[i] = (uint32_t)value_at(&value, from);
    }
    amend_status status = graph_move(g, &value, NULL, rank, dims, elements, 0, &made);
    mem_free(elements);
    return status.code ? status : graph_output(g, 0, &made);
}

/* ---- the place of each result along each axis ---- */

/* As when PyTorch pads by nothing in front of every average pooling. */
static bool nothing_moves(const graph_value *value, const size_t *dims, int64_t *const *places)
{
    bool same = true;
    for (size_t k = 0; same && k < value->rank; k++) {
        same = dims[k] == value->dims[k];
        for (size_t i = 0; same && i < dims[k]; i++) same = places[k][i] == (int64_t)i;
    }
    return same;
}

amend_status onnx_move_by_axes(graph *g, const graph_value *value, const size_t *dims, int64_t *const *places,
                               float fill, graph_value *moved)
{
    uint32_t *elements = NULL;
    size_t count, at[ONNX_MAX_RANK] = {0};
    *moved = *value;
    if (nothing_moves(value, dims, places)) return status_ok();
    TRY(graph_take_room(g, value->rank, dims, &count));
    TRY(mem_alloc(&elements, count, sizeof *elements, "moved values"));
    for (size_t i = 0; i < count; i++, value_next(value->rank, dims, at)) {
        size_t from = value->offset;
        bool inside = true;
        for (size_t k = 0; k < value->rank; k++) {
            int64_t place = places[k][at[k]];
            inside &= place >= 0;
            from += place < 0 ? 0 : (size_t)place * value->strides[k];
        }
        elements[i] = inside ? (uint32_t)from : NN_FILL;
    }
    amend_status status = graph_move(g, value, NULL, value->rank, dims, elements, fill, moved);
    mem_free(elements);
    return status;
}

amend_status onnx_take_places(graph *g, size_t count, int64_t **places)
{
    size_t room;
    TRY(graph_take_room(g, 1, &count, &room));
    return mem_alloc(places, count, sizeof **places, "places");
}

void onnx_free_places(int64_t *places[ONNX_MAX_RANK])
{
    for (size_t i = 0; i < ONNX_MAX_RANK; i++) mem_free(places[i]);
}

typedef enum pad_mode { PAD_VALUE, PAD_EDGE, PAD_REFLECT, PAD_WRAP, PAD_MODES } pad_mode;

/* Where a position of a side comes from: -1 outside, the border, mirrored, or the other end. */
static int64_t padded_place(int64_t at, int64_t side, pad_mode mode)
{
    if (at >= 0 && at < side) return at;
    if (mode == PAD_EDGE) return at < 0 ? 0 : side - 1;
    if (mode == PAD_WRAP) return ((at % side) + side) % side;
    if (mode == PAD_VALUE) return -1;
    int64_t period = 2 * (side - 1), in = ((at % period) + period) % period;
    return in < side ? in : period - in;
}

static amend_status read_mode(const graph *g, pad_mode *mode)
{
    static const char *const names[PAD_MODES] = {"constant", "edge", "reflect", "wrap"};
    *mode = PAD_VALUE;
    if (!graph_attribute(g, "mode")) return status_ok();
    while (*mode < PAD_MODES && !graph_string_is(g, "mode", names[*mode])) ++*mode;
    return *mode < PAD_MODES
               ? status_ok()
               : graph_error(g, AMEND_UNSUPPORTED, "its mode; constant, edge, reflect and wrap are possible");
}

static amend_status read_fill(graph *g, float *fill)
{
    graph_value value;
    const double *given;
    size_t count;
    *fill = graph_float(g, "value", 0);
    if (!graph_has_input(g, 2)) return status_ok();
    TRY(graph_constant(g, 2, &value, &given, &count));
    *fill = count ? (float)given[0] : 0;
    return status_ok();
}

/* before[axis], after[axis]; axes that the node does not name have none. */
static amend_status read_pads(graph *g, size_t rank, int64_t *before, int64_t *after)
{
    int64_t pads[ONNX_MAX_INTS], axes[ONNX_MAX_INTS];
    size_t count, named;
    TRY(graph_ints(g, "pads", 1, pads, &count));
    TRY(graph_ints(g, "axes", 3, axes, &named));
    bool all = !graph_has_input(g, 3);
    if (all) named = rank;
    if (count != 2 * named) return graph_error(g, AMEND_BAD_DATA, "%zu pads for %zu dimensions", count, named);
    memset(before, 0, rank * sizeof *before);
    memset(after, 0, rank * sizeof *after);
    for (size_t i = 0; i < named; i++) {
        size_t at = i;
        if (!all) TRY(graph_axis(g, axes[i], rank, &at));
        before[at] = pads[i];
        after[at] = pads[named + i];
    }
    return status_ok();
}

static amend_status place_side(graph *g, int64_t side, int64_t before, int64_t after, pad_mode mode, int64_t **places,
                               size_t *results)
{
    if (before < -side || after < -side || before > 4096 || after > 4096 || side + before + after < 1 || side < 1)
        return graph_error(g, AMEND_BAD_DATA, "pads %lld and %lld of a side of %lld", (long long)before,
                           (long long)after, (long long)side);
    if (mode == PAD_REFLECT && side < 2 && (before > 0 || after > 0))
        return graph_error(g, AMEND_BAD_DATA, "reflects a side of 1, where there is nothing to reflect");
    *results = (size_t)(side + before + after);
    TRY(onnx_take_places(g, *results, places));
    for (size_t i = 0; i < *results; i++) (*places)[i] = padded_place((int64_t)i - before, side, mode);
    return status_ok();
}

amend_status onnx_pad(graph *g)
{
    graph_value value, made;
    int64_t before[ONNX_MAX_RANK], after[ONNX_MAX_RANK], *places[ONNX_MAX_RANK] = {0};
    size_t dims[ONNX_MAX_RANK];
    float fill;
    pad_mode mode;
    amend_status status = status_ok();
    TRY(graph_input(g, 0, &value));
    TRY(read_mode(g, &mode));
    TRY(read_pads(g, value.rank, before, after));
    TRY(read_fill(g, &fill));
    for (size_t k = 0; !status.code && k < value.rank; k++)
        status = place_side(g, (int64_t)value.dims[k], before[k], after[k], mode, &places[k], &dims[k]);
    if (!status.code) status = onnx_move_by_axes(g, &value, dims, places, fill, &made);
    onnx_free_places(places);
    return status.code ? status : graph_output(g, 0, &made);
}
