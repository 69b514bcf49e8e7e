/* Arithmetic of two values, sides of 1 repeated. Where both are constants, the result is one. */
#include <math.h>

#include "weights/onnx_operators.h"

static double operate(nn_operation operation, double a, double b)
{
    return operation == NN_PLUS ? a + b : operation == NN_MINUS ? a - b : operation == NN_TIMES ? a * b : a / b;
}

/* Both with as many dimensions, sides of 1 in front. */
static amend_status same_rank(const graph *g, graph_value *value, size_t rank)
{
    size_t more = rank - value->rank;
    if (rank > ONNX_MAX_RANK) return graph_error(g, AMEND_UNSUPPORTED, "%zu dimensions", rank);
    for (size_t i = rank; i-- > 0;) {
        value->dims[i] = i < more ? 1 : value->dims[i - more];
        value->strides[i] = i < more ? 0 : value->strides[i - more];
    }
    value->rank = rank;
    return status_ok();
}

static amend_status common_dims(const graph *g, const graph_value *a, const graph_value *b, size_t *dims)
{
    for (size_t i = 0; i < a->rank; i++) {
        if (a->dims[i] != b->dims[i] && a->dims[i] != 1 && b->dims[i] != 1)
            return graph_error(g, AMEND_BAD_DATA, "sides of %zu and %zu do not go together", a->dims[i], b->dims[i]);
        dims[i] = a->dims[i] == 1 ? b->dims[i] : a->dims[i];
    }
    return status_ok();
}

static void repeat_sides(graph_value *value, const size_t *dims)
{
    for (size_t i = 0; i < value->rank; i++)
        if (value->dims[i] != dims[i]) {
            value->dims[i] = dims[i];
            value->strides[i] = 0;
        }
}

static amend_status combine_constants(graph *g, nn_operation operation, graph_value *a, graph_value *b,
                                      const size_t *dims, graph_value *made)
{
    TRY(graph_new_constant(g, a->rank, dims, made));
    made->is_whole = a->is_whole && b->is_whole;
    repeat_sides(a, dims);
    repeat_sides(b, dims);
    for (size_t i = 0, count = value_count(made); i < count; i++) {
        double left = a->constant[value_element(a, i)], right = b->constant[value_element(b, i)];
        double result = operate(operation, left, right);
        made->constant[i] = made->is_whole ? trunc(result) : (double)(float)result; /* as f32 rounds: 10 x 0.7 is 7 */
    }
    return status_ok();
}

static amend_status combine_rows(graph *g, nn_operation operation, graph_value *a, graph_value *b, const size_t *dims,
                                 graph_value *made)
{
    bool same = true;
    nn_shape shape;
    for (size_t i = 0; i < a->rank; i++) same &= a->dims[i] == b->dims[i];
    bool plain = operation == NN_PLUS && same && !a->constant && !b->constant;
    TRY(graph_as_row(g, a, a));
    TRY(graph_as_row(g, b, b));
    TRY(graph_in_order(g, a, true, a));
    TRY(graph_in_order(g, b, true, b));
    graph_row_value(0, a->rank, dims, made);
    TRY(graph_shape_of(g, made, true, &shape));
    const nn_row row = {.kind = plain ? NN_ADD : NN_COMBINE, .in = {a->row, b->row}, .operation = operation};
    return graph_add_row(g, row, &made->row);
}

amend_status onnx_combine(graph *g, nn_operation operation, graph_value a, graph_value b, graph_value *made)
{
    size_t dims[ONNX_MAX_RANK], rank = a.rank > b.rank ? a.rank : b.rank;
    TRY(same_rank(g, &a, rank));
    TRY(same_rank(g, &b, rank));
    TRY(common_dims(g, &a, &b, dims));
    if (a.constant && b.constant) return combine_constants(g, operation, &a, &b, dims, made);
    if (rank > 4)
        return graph_error(g, AMEND_UNSUPPORTED, "arithmetic on %zu dimensions; at most 4 are possible", rank);
    return combine_rows(g, operation, &a, &b, dims, made);
}

amend_status onnx_arithmetic(graph *g)
{
    static const char *const names[] = {"Add", "Sub", "Mul", "Div"};
    graph_value a, b, made;
    size_t operation = 0;
    while (operation < 3 && strcmp(names[operation], g->node->op_type)) operation++;
    TRY(graph_input(g, 0, &a));
    TRY(graph_input(g, 1, &b));
    TRY(onnx_combine(g, (nn_operation)operation, a, b, &made));
    return graph_output(g, 0, &made);
}
