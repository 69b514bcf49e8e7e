/* Resize and Upsample: nearest of any value, linear of maps. */
#include <math.h>

#include "weights/onnx_operators.h"

/* One side: result i lies at (i + shift) factor / divisor + start of the value's. Where those come from a scale, which
 * is f32, the quotient is rounded as f32: 3 / 0.6 is 5. */
typedef struct resize_side {
    size_t results;
    double shift, factor, divisor, start;
    bool by_scale;
} resize_side;

static double place_of(const resize_side *s, double i)
{
    double quotient = (i + s->shift) * s->factor / s->divisor;
    return (s->by_scale ? (double)(float)quotient : quotient) + s->start;
}

/* The numbers for each dimension, from a constant input or the attribute of old Upsample. */
static amend_status read_numbers(graph *g, size_t rank, double *numbers, bool *are_sizes)
{
    graph_value value;
    const double *given;
    int64_t axes[ONNX_MAX_INTS];
    size_t count, named, input = g->node->n_input > 2 ? 2 : 1; /* Upsample and the first Resize have no roi */
    const Onnx__AttributeProto *old = graph_attribute(g, "scales");
    *are_sizes = graph_has_input(g, 3);
    if (!old) TRY(graph_constant(g, *are_sizes ? 3 : input, &value, &given, &count));
    if (old) count = old->n_floats;
    TRY(graph_ints(g, "axes", 0, axes, &named));
    if (count != (named ? named : rank))
        return graph_error(g, AMEND_BAD_DATA, "%zu sizes or scales for %zu dimensions", count, named ? named : rank);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        if (named) TRY(graph_axis(g, axes[i], rank, &at));
        numbers[at] = old ? (double)old->floats[i] : given[i];
    }
    return status_ok();
}

/* The coordinate rules of the standard, all of which are lines. `s` has the results, and factor / divisor is how far
 * apart they lie. */
static amend_status place_side(const graph *g, size_t length, resize_side *s)
{
    static const char rule[] = "coordinate_transformation_mode";
    double side = (double)length, results = (double)s->results;
    s->shift = 0.5;
    s->start = -0.5;
    if (g->file->opset < 11 || graph_string_is(g, rule, "asymmetric")) {
        s->shift = s->start = 0;
    } else if (graph_string_is(g, rule, "align_corners")) {
        *s = (resize_side){.results = s->results, .factor = side - 1, .divisor = results - 1};
        if (s->results == 1) s->factor = 0, s->divisor = 1;
    } else if (graph_string_is(g, rule, "pytorch_half_pixel")) {
        if (s->results == 1) s->shift = s->start = 0;
    } else if (graph_string_is(g, rule, "tf_half_pixel_for_nn")) {
        s->start = 0;
    } else if (graph_string_is(g, rule, "half_pixel_symmetric")) {
        s->start += (side - results * s->factor / s->divisor) / 2;
    } else if (graph_attribute(g, rule) && !graph_string_is(g, rule, "half_pixel")) {
        return graph_error(g, AMEND_UNSUPPORTED, "its %s", rule);
    }
    return status_ok();
}

static amend_status read_sides(graph *g, const graph_value *value, resize_side *sides)
{
    double numbers[ONNX_MAX_RANK];
    bool are_sizes;
    for (size_t k = 0; k < value->rank; k++) numbers[k] = graph_has_input(g, 3) ? (double)value->dims[k] : 1;
    TRY(read_numbers(g, value->rank, numbers, &are_sizes));
    for (size_t k = 0; k < value->rank; k++) {
        double side = (double)value->dims[k];
        double results = are_sizes ? numbers[k] : (double)floorf((float)side * (float)numbers[k]);
        if (!(results >= 1 && results <= 1 << 20) || results != floor(results))
            return graph_error(g, AMEND_BAD_DATA, "a side of %g", results);
        sides[k] =
            (resize_side){.results = (size_t)results, .factor = 1, .divisor = numbers[k], .by_scale = !are_sizes};
        if (are_sizes) sides[k].factor = side;
        TRY(place_side(g, value->dims[k], &sides[k]));
    }
    return status_ok();
}

/* ---- nearest ---- */

/* The pixel next to a place, by the rounding that the node names. */
static int64_t nearest(const graph *g, double x, size_t side)
{
    double place = ceil(x - 0.5); /* round_prefer_floor */
    if (g->file->opset < 11 || graph_string_is(g, "nearest_mode", "floor")) place = floor(x);
    if (graph_string_is(g, "nearest_mode", "ceil")) place = ceil(x);
    if (graph_string_is(g, "nearest_mode", "round_prefer_ceil")) place = floor(x + 0.5);
    return (int64_t)fmin(fmax(place, 0), (double)side - 1);
}

static amend_status resize_nearest(graph *g, const graph_value *value, const resize_side *sides)
{
    graph_value made;
    size_t dims[ONNX_MAX_RANK];
    int64_t *places[ONNX_MAX_RANK] = {0};
    amend_status status = status_ok();
    for (size_t k = 0; !status.code && k < value->rank; k++) {
        dims[k] = sides[k].results;
        status = onnx_take_places(g, dims[k], &places[k]);
        for (size_t i = 0; !status.code && i < dims[k]; i++)
            places[k][i] = nearest(g, place_of(&sides[k], (double)i), value->dims[k]);
    }
    if (!status.code) status = onnx_move_by_axes(g, value, dims, places, 0, &made);
    onnx_free_places(places);
    return status.code ? status : graph_output(g, 0, &made);
}

/* ---- linear ---- */

static double line_start(const resize_side *s)
{
    return s->shift * s->factor / s->divisor + s->start;
}

static amend_status resize_linear(graph *g, const resize_side *sides)
{
    graph_value map, made;
    size_t index;
    TRY(onnx_map_input(g, 0, &map));
    if (sides[0].results != map.dims[0] || sides[1].results != map.dims[1])
        return graph_error(g, AMEND_UNSUPPORTED, "linear over channels; height and width are possible");
    const nn_row row = {.kind = NN_RESIZE,
                        .in = {map.row},
                        .height = sides[2].results,
                        .width = sides[3].results,
                        .start = {line_start(&sides[2]), line_start(&sides[3])},
                        .step = {sides[2].factor / sides[2].divisor, sides[3].factor / sides[3].divisor}};
    TRY(graph_add_row(g, row, &index));
    graph_row_value(index, 4, (size_t[]){1, map.dims[1], row.height, row.width}, &made);
    return graph_output(g, 0, &made);
}

amend_status onnx_resize(graph *g)
{
    graph_value value;
    resize_side sides[ONNX_MAX_RANK];
    bool linear = graph_string_is(g, "mode", "linear");
    TRY(graph_input(g, 0, &value));
    if (!linear && graph_attribute(g, "mode") && !graph_string_is(g, "mode", "nearest"))
        return graph_error(g, AMEND_UNSUPPORTED, "its mode; nearest and linear are possible");
    if (graph_int(g, "antialias", 0) ||
        (graph_attribute(g, "keep_aspect_ratio_policy") && !graph_string_is(g, "keep_aspect_ratio_policy", "stretch")))
        return graph_error(g, AMEND_UNSUPPORTED, "antialias, or a policy of its sides");
    if (!value_count(&value)) return graph_error(g, AMEND_UNSUPPORTED, "a value without elements");
    TRY(read_sides(g, &value, sides));
    return linear ? resize_linear(g, sides) : resize_nearest(g, &value, sides);
}
