/* Functions of values: activations, casts, softmax. */
#include <math.h>

#include "base/mem.h"
#include "weights/onnx_operators.h"

amend_status onnx_same(graph *g)
{
    graph_value value;
    TRY(graph_input(g, 0, &value));
    return graph_output(g, 0, &value);
}

/* Does nothing but in training; a backbone trains without it. */
amend_status onnx_dropout(graph *g)
{
    graph_value value;
    const double *training = NULL;
    size_t count = 0;
    if (graph_has_input(g, 2)) TRY(graph_constant(g, 2, &value, &training, &count));
    if (count && training[0] != 0 && !g->backbone)
        return graph_error(g, AMEND_UNSUPPORTED, "dropout of training; export the network for inference");
    return onnx_same(g);
}

/* Numbers stay what they are here; only whole ones can be made of others, and that of constants. */
amend_status onnx_cast(graph *g)
{
    graph_value value, made;
    const double *from;
    size_t count;
    int64_t type = graph_int(g, "to", 0);
    bool real = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
                type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 || type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    if (real) {
        TRY(graph_input(g, 0, &value));
        value.is_whole = false;
        return graph_output(g, 0, &value);
    }
    TRY(graph_constant(g, 0, &value, &from, &count));
    TRY(graph_new_constant(g, value.rank, value.dims, &made));
    bool truth = type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    for (size_t i = 0; i < count; i++) made.constant[i] = truth ? from[i] != 0 : trunc(from[i]);
    made.is_whole = true;
    return graph_output(g, 0, &made);
}

/* Whether each element of the row shows exactly once: then what is done to the row is done to the value. */
static bool covers_row(const graph *g, const graph_value *v)
{
    if (v->offset || value_count(v) != nn_shape_count(g->network->table.shapes[v->row])) return false;
    for (size_t i = 0; i < v->rank; i++)
        if (v->dims[i] > 1 && !v->strides[i]) return false;
    return true;
}

/* Replaces constant *value by what the row makes of it. */
static amend_status activate_constant(graph *g, const nn_row *row, graph_value *value)
{
    const nn_curve curve = nn_row_curve(row);
    graph_value made;
    TRY(graph_new_constant(g, value->rank, value->dims, &made));
    for (size_t i = 0, count = value_count(value); i < count; i++) {
        float x = (float)value->constant[value_element(value, i)];
        nn_curve_apply(&curve, &x, &x, 1);
        made.constant[i] = (double)x;
    }
    made.is_whole = value->is_whole;
    *value = made;
    return status_ok();
}

/* Replaces *value by what the row makes of it. */
static amend_status activate(graph *g, nn_row row, graph_value *value)
{
    if (value->constant) return activate_constant(g, &row, value);
    if (!covers_row(g, value)) TRY(graph_in_order(g, value, true, value));
    row.in[0] = value->row;
    return graph_add_row(g, row, &value->row);
}

static amend_status add_activation(graph *g, nn_row row)
{
    graph_value value;
    TRY(graph_input(g, 0, &value));
    TRY(activate(g, row, &value));
    return graph_output(g, 0, &value);
}

static amend_status each(graph *g, double (*function)(double))
{
    graph_value value, made;
    const double *from;
    size_t count;
    TRY(graph_constant(g, 0, &value, &from, &count));
    TRY(graph_new_constant(g, value.rank, value.dims, &made));
    for (size_t i = 0; i < count; i++) made.constant[i] = function(from[i]);
    made.is_whole = value.is_whole;
    return graph_output(g, 0, &made);
}

static double negative(double x)
{
    return -x;
}

/* Of constants only: what exporters leave in the arithmetic of shapes. */
amend_status onnx_unary(graph *g)
{
    static const struct {
        const char *name;
        double (*function)(double);
    } functions[] = {{"Floor", floor}, {"Ceil", ceil}, {"Sqrt", sqrt}, {"Neg", negative}, {"Exp", exp}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(g->node->op_type, functions[i].name)) return each(g, functions[i].function);
    return graph_error(g, AMEND_INTERNAL, "no such function");
}

amend_status onnx_activation(graph *g)
{
    static const struct {
        const char *name;
        nn_function function;
        float alpha, beta; /* where the node does not say */
    } functions[] = {{"LeakyRelu", NN_LEAKY, 0.01f, 0},
                     {"Sigmoid", NN_SIGMOID, 0, 0},
                     {"HardSigmoid", NN_HARD_SIGMOID, 0.2f, 0.5f},
                     {"HardSwish", NN_HARD_SWISH, 0, 0},
                     {"Tanh", NN_TANH, 0, 0}};
    if (!strcmp(g->node->op_type, "Relu")) return add_activation(g, (nn_row){.kind = NN_RELU});
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(g->node->op_type, functions[i].name)) continue;
        return add_activation(g, (nn_row){.kind = NN_ACTIVATION,
                                          .function = functions[i].function,
                                          .alpha = graph_float(g, "alpha", functions[i].alpha),
                                          .beta = graph_float(g, "beta", functions[i].beta)});
    }
    return graph_error(g, AMEND_INTERNAL, "no such function");
}

static amend_status read_bound(graph *g, const char *name, size_t input, float *bound)
{
    graph_value value;
    const double *given;
    size_t count;
    *bound = graph_float(g, name, *bound);
    if (!graph_has_input(g, input)) return status_ok();
    TRY(graph_constant(g, input, &value, &given, &count));
    if (count != 1) return graph_error(g, AMEND_BAD_DATA, "%s is not one number", name);
    *bound = (float)given[0];
    return status_ok();
}

amend_status onnx_clip(graph *g)
{
    nn_row row = {.kind = NN_ACTIVATION, .function = NN_CLIP, .alpha = -HUGE_VALF, .beta = HUGE_VALF};
    TRY(read_bound(g, "min", 1, &row.alpha));
    TRY(read_bound(g, "max", 2, &row.beta));
    return add_activation(g, row);
}

/* One slope a channel. */
static amend_status slope_channels(graph *g, graph_value *map, const double *slopes, size_t count)
{
    float *to;
    TRY(graph_add_row(g, (nn_row){.kind = NN_ACTIVATION, .in = {map->row}, .function = NN_SLOPES}, &map->row));
    TRY(graph_fill(g, map->row, "weight", count, &to));
    for (size_t i = 0; i < count; i++) to[i] = (float)slopes[i];
    return graph_output(g, 0, map);
}

/* Other slopes: what is above 0, and the slopes times what is below. */
static amend_status slope_any(graph *g, const graph_value *value, const graph_value *slopes)
{
    graph_value above = *value, below = *value;
    const nn_row clip = {.kind = NN_ACTIVATION, .function = NN_CLIP, .alpha = -HUGE_VALF};
    TRY(activate(g, (nn_row){.kind = NN_RELU}, &above));
    TRY(activate(g, clip, &below));
    TRY(onnx_combine(g, NN_TIMES, below, *slopes, &below));
    TRY(onnx_combine(g, NN_PLUS, above, below, &above));
    return graph_output(g, 0, &above);
}

amend_status onnx_prelu(graph *g)
{
    graph_value map, slopes;
    const double *values;
    size_t count;
    TRY(graph_constant(g, 1, &slopes, &values, &count));
    if (count == 1)
        return add_activation(g, (nn_row){.kind = NN_ACTIVATION, .function = NN_LEAKY, .alpha = (float)values[0]});
    TRY(graph_input(g, 0, &map));
    TRY(graph_as_row(g, &map, &map));
    TRY(graph_in_order(g, &map, true, &map));
    size_t channels = g->network->table.shapes[map.row].c, side = map.rank == 4 ? 3 : 1;
    bool one_each = count == channels && slopes.rank >= side && slopes.dims[slopes.rank - side] == channels;
    return one_each ? slope_channels(g, &map, values, count) : slope_any(g, &map, &slopes);
}

/* The value with axis `at` last, in order, as outer x axis; for old operator sets everything from `at` on is one axis.
 */
amend_status onnx_softmax(graph *g)
{
    graph_value value, flat, made;
    bool old = g->file->opset < 13;
    size_t at, index;
    TRY(graph_input(g, 0, &value));
    TRY(graph_as_row(g, &value, &value));
    TRY(graph_axis(g, graph_int(g, "axis", old ? 1 : -1), value.rank, &at));
    flat = value;
    for (size_t i = at; !old && i + 1 < value.rank; i++) { /* the axis goes last */
        flat.dims[i] = value.dims[i + 1];
        flat.strides[i] = value.strides[i + 1];
    }
    if (!old) {
        flat.dims[value.rank - 1] = value.dims[at];
        flat.strides[value.rank - 1] = value.strides[at];
    }
    size_t inner = 1, count = value_count(&value);
    for (size_t i = old ? at : value.rank - 1; i < value.rank; i++) inner *= flat.dims[i];
    size_t dims[ONNX_MAX_RANK], rank = flat.rank;
    memcpy(dims, flat.dims, sizeof dims);
    TRY(graph_flat(g, &flat, &flat));
    value_set_dims(&flat, 2, (size_t[]){count / inner, inner});
    TRY(graph_in_order(g, &flat, false, &flat));
    TRY(graph_add_row(g, (nn_row){.kind = NN_SOFTMAX, .in = {flat.row}}, &index));
    made = (graph_value){.row = index};
    value_set_dims(&made, rank, dims);
    if (!old) { /* and back to its place */
        size_t last_stride = made.strides[rank - 1];
        for (size_t i = rank - 1; i > at; i--) {
            made.dims[i] = made.dims[i - 1];
            made.strides[i] = made.strides[i - 1];
        }
        made.dims[at] = inner;
        made.strides[at] = last_stride;
    }
    return graph_output(g, 0, &made);
}
