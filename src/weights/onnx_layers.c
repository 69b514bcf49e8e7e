/* Layers with weights: convolutions, linear layers, batch normalisation. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "weights/onnx_operators.h"

/* "layer1.0.conv1.weight" names its row layer1.0.conv1. */
static void name_after(const graph *g, size_t input, nn_row *row)
{
    static const char suffix[] = ".weight";
    const char *name = g->node->input[input];
    size_t length = strlen(name), end = sizeof suffix - 1;
    if (length <= end || length - end >= NN_NAME_SIZE || strcmp(name + length - end, suffix)) return;
    snprintf(row->name, sizeof row->name, "%.*s", (int)(length - end), name);
}

static amend_status fill_row(graph *g, size_t row, const char *suffix, const double *values, size_t count)
{
    float *to;
    TRY(graph_fill(g, row, suffix, count, &to));
    for (size_t i = 0; i < count; i++) to[i] = (float)values[i];
    return status_ok();
}

/* A bias of `count` values, where the node has input 2. */
static amend_status fill_bias(graph *g, size_t row, size_t count)
{
    graph_value value;
    const double *bias;
    size_t given;
    if (!graph_has_input(g, 2)) return status_ok();
    TRY(graph_constant(g, 2, &value, &bias, &given));
    if (given != count) return graph_error(g, AMEND_BAD_DATA, "a bias of %zu values for %zu channels", given, count);
    return fill_row(g, row, "bias", bias, count);
}

/* Taps of 0 for those that a window has more than its weights: a map that was spread has squares. */
static amend_status square_kernel(graph *g, graph_value *weight, const onnx_window *w, const double **values)
{
    const size_t *d = weight->dims, dims[4] = {d[0], d[1], w->kernel[0], w->kernel[1]};
    graph_value square;
    if (d[2] == dims[2] && d[3] == dims[3]) return status_ok();
    TRY(graph_new_constant(g, 4, dims, &square));
    for (size_t i = 0, count = value_count(weight); i < count; i++) {
        size_t at[4];
        value_coordinates(4, d, i, at);
        square.constant[value_at(&square, at)] = (*values)[i];
    }
    *weight = square;
    *values = square.constant;
    return status_ok();
}

amend_status onnx_conv(graph *g)
{
    graph_value map, weight, made;
    const double *values;
    size_t count, index;
    onnx_window window;
    TRY(onnx_map_input(g, 0, &map));
    TRY(graph_constant(g, 1, &weight, &values, &count));
    int64_t groups = graph_int(g, "group", 1);
    if (weight.rank != 4 || groups < 1 || weight.dims[1] * (size_t)groups != map.dims[1] || !count)
        return graph_error(g, AMEND_BAD_DATA, "weights of %zu input channels in %lld groups for a map of %zu channels",
                           weight.rank == 4 ? weight.dims[1] : 0, (long long)groups, map.dims[1]);
    TRY(onnx_read_window(g, &map, weight.dims + 2, &window));
    onnx_take_padding(g, &map, &window, NN_CONV);
    nn_row row = {.kind = NN_CONV, .channels = weight.dims[0], .groups = (size_t)groups, .bias = graph_has_input(g, 2)};
    TRY(onnx_fit_window(g, &map, &window, 0, &row));
    TRY(square_kernel(g, &weight, &window, &values));
    row.in[0] = map.row;
    name_after(g, 1, &row);
    TRY(graph_add_row(g, row, &index));
    TRY(fill_row(g, index, "weight", values, value_count(&weight)));
    TRY(fill_bias(g, index, weight.dims[0]));
    nn_shape s = g->network->table.shapes[index];
    graph_row_value(index, 4, (size_t[]){1, s.c, s.h, s.w}, &made);
    return graph_output(g, 0, &made);
}

/* rows x inner values times inner x outer weights: a 1 x 1 convolution over a map of 1 x rows. */
static amend_status add_product(graph *g, const graph_value *left, const double *weights /* outer x inner */,
                                size_t outer, const float *bias, graph_value *product)
{
    graph_value value = *left;
    size_t inner = left->dims[left->rank - 1], rows = value_count(left) / inner, index;
    size_t dims[ONNX_MAX_RANK];
    TRY(graph_flat(g, left, &value));
    memcpy(dims, value.dims, sizeof dims);
    value_set_dims(&value, 2, (size_t[]){rows, inner});
    TRY(graph_in_order(g, &value, false, &value));
    nn_row row = {
        .kind = NN_CONV, .in = {value.row}, .channels = outer, .kernel = 1, .stride = 1, .bias = bias != NULL};
    TRY(graph_add_row(g, row, &index));
    TRY(fill_row(g, index, "weight", weights, outer * inner));
    if (bias) {
        float *to;
        TRY(graph_fill(g, index, "bias", outer, &to));
        memcpy(to, bias, outer * sizeof *to);
    }
    dims[left->rank - 1] = outer;
    *product = (graph_value){.row = index};
    value_set_dims(product, left->rank, dims);
    return status_ok();
}

/* inner x outer to outer x inner, scaled. */
static amend_status transpose_weights(graph *g, const double *from, size_t inner, size_t outer, bool is_transposed,
                                      double scale, const double **made)
{
    graph_value copy;
    TRY(graph_new_constant(g, 2, (size_t[]){outer, inner}, &copy));
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            copy.constant[o * inner + i] = scale * from[is_transposed ? o * inner + i : i * outer + o];
    *made = copy.constant;
    return status_ok();
}

amend_status onnx_matmul(graph *g)
{
    graph_value left, right, product;
    const double *weights;
    size_t count;
    TRY(graph_input(g, 0, &left));
    TRY(graph_constant(g, 1, &right, &weights, &count));
    if (left.rank < 1 || right.rank != 2 || left.dims[left.rank - 1] != right.dims[0] || !count)
        return graph_error(g, AMEND_UNSUPPORTED, "the second factor must be a constant matrix that fits the first");
    TRY(transpose_weights(g, weights, right.dims[0], right.dims[1], false, 1, &weights));
    TRY(graph_as_row(g, &left, &left));
    TRY(add_product(g, &left, weights, right.dims[1], NULL, &product));
    return graph_output(g, 0, &product);
}

/* beta C, when it is a constant of one value, or one an output. */
static amend_status read_gemm_bias(graph *g, size_t outer, float *bias, bool *taken)
{
    graph_value value;
    TRY(graph_input(g, 2, &value));
    size_t count = value_count(&value), last = value.rank ? value.dims[value.rank - 1] : 1;
    *taken = value.constant && (count == 1 || (count == outer && last == outer));
    if (!*taken) return status_ok();
    for (size_t i = 0; i < outer; i++)
        bias[i] = graph_float(g, "beta", 1) * (float)value.constant[value_element(&value, count == 1 ? 0 : i)];
    return status_ok();
}

/* Adds beta C to the product. */
static amend_status add_gemm_rest(graph *g, graph_value *product)
{
    graph_value rest, beta;
    TRY(graph_input(g, 2, &rest));
    TRY(graph_new_constant(g, 0, NULL, &beta));
    beta.constant[0] = (double)graph_float(g, "beta", 1);
    if (rest.rank > 2) return graph_error(g, AMEND_BAD_DATA, "C has %zu dimensions", rest.rank);
    if (beta.constant[0] != 1) TRY(onnx_combine(g, NN_TIMES, rest, beta, &rest));
    return onnx_combine(g, NN_PLUS, *product, rest, product);
}

static amend_status multiply_gemm(graph *g, graph_value *left, const double *weights, size_t outer, float *bias)
{
    graph_value product;
    bool taken = true, given = graph_has_input(g, 2);
    if (given) TRY(read_gemm_bias(g, outer, bias, &taken));
    TRY(graph_as_row(g, left, left));
    TRY(add_product(g, left, weights, outer, given && taken ? bias : NULL, &product));
    if (!taken) TRY(add_gemm_rest(g, &product));
    return graph_output(g, 0, &product);
}

amend_status onnx_gemm(graph *g)
{
    graph_value left, right;
    const double *weights;
    float *bias = NULL;
    size_t count;
    bool transposed = graph_int(g, "transB", 0);
    TRY(graph_input(g, 0, &left));
    TRY(graph_constant(g, 1, &right, &weights, &count));
    if (left.rank != 2 || right.rank != 2 || !count)
        return graph_error(g, AMEND_BAD_DATA, "its factors must be matrices");
    if (graph_int(g, "transA", 0)) {
        size_t dims[2] = {left.dims[1], left.dims[0]}, strides[2] = {left.strides[1], left.strides[0]};
        memcpy(left.dims, dims, sizeof dims);
        memcpy(left.strides, strides, sizeof strides);
    }
    size_t inner = right.dims[transposed], outer = right.dims[!transposed];
    if (left.dims[1] != inner)
        return graph_error(g, AMEND_BAD_DATA, "matrices of %zu and %zu inner values", left.dims[1], inner);
    TRY(transpose_weights(g, weights, inner, outer, transposed, (double)graph_float(g, "alpha", 1), &weights));
    TRY(mem_alloc(&bias, outer, sizeof *bias, "bias"));
    amend_status status = multiply_gemm(g, &left, weights, outer, bias);
    mem_free(bias);
    return status;
}

/* The four statistics, of `channels` values each. */
static amend_status read_norm(graph *g, size_t channels, const double *values[4])
{
    for (size_t i = 0; i < 4; i++) {
        graph_value value;
        size_t count;
        TRY(graph_constant(g, i + 1, &value, &values[i], &count));
        if (count != channels)
            return graph_error(g, AMEND_BAD_DATA, "input %zu has %zu values for %zu channels", i + 2, count, channels);
    }
    for (size_t i = 0; i < channels; i++)
        if (!(values[3][i] >= 0)) return graph_error(g, AMEND_BAD_DATA, "a variance is %g", values[3][i]);
    return status_ok();
}

/* As a row: behind a convolution that nothing else reads, where it can be folded, and wherever it is to be trained. */
static amend_status add_norm(graph *g, const graph_value *map, const double *values[4], double epsilon, size_t *index)
{
    static const char *const suffixes[] = {"weight", "bias", "running_mean", "running_var"};
    float momentum = roundf(1e6f * (1 - graph_float(g, "momentum", 0.9f))) / 1e6f; /* 0.1 of 0.9 */
    nn_row row = {.kind = NN_BATCH_NORM,
                  .in = {map->row},
                  .epsilon = epsilon > 0 ? (float)epsilon : FLT_MIN, /* 0 would be the row's default */
                  .momentum = momentum != 0 ? momentum : FLT_MIN};
    name_after(g, 1, &row);
    TRY(graph_add_row(g, row, index));
    for (size_t i = 0; i < 4; i++) TRY(fill_row(g, *index, suffixes[i], values[i], map->dims[1]));
    return status_ok();
}

/* Elsewhere: one factor and one addend a channel. */
static amend_status add_affine(graph *g, const graph_value *map, const double *values[4], double epsilon, size_t *index)
{
    size_t channels = map->dims[1], operands[2];
    float *to[2];
    for (size_t k = 0; k < 2; k++) {
        TRY(graph_add_row(g, (nn_row){.kind = NN_CONSTANT, .height = 1, .width = 1, .channels = channels},
                          &operands[k]));
        TRY(graph_fill(g, operands[k], "value", channels, &to[k]));
    }
    for (size_t i = 0; i < channels; i++) {
        double scale = values[0][i] / sqrt(values[3][i] + epsilon);
        to[0][i] = (float)scale;
        to[1][i] = (float)(values[1][i] - scale * values[2][i]);
    }
    TRY(graph_add_row(g, (nn_row){.kind = NN_COMBINE, .in = {map->row, operands[0]}, .operation = NN_TIMES}, index));
    return graph_add_row(g, (nn_row){.kind = NN_COMBINE, .in = {*index, operands[1]}, .operation = NN_PLUS}, index);
}

/* How often the graph reads a value. */
static size_t count_readers(const graph *g, const char *name)
{
    const Onnx__GraphProto *proto = g->file->graph;
    size_t readers = 0;
    for (size_t i = 0; i < proto->n_node; i++)
        for (size_t k = 0; k < proto->node[i]->n_input; k++) readers += !strcmp(proto->node[i]->input[k], name);
    for (size_t i = 0; i < proto->n_output; i++)
        readers += proto->output[i]->name && !strcmp(proto->output[i]->name, name);
    return readers;
}

/* A map, or the features (1 x C) behind a linear layer. */
static amend_status read_normed(graph *g, graph_value *map)
{
    graph_value value;
    TRY(graph_input(g, 0, &value));
    if (value.rank != 2) return onnx_map_input(g, 0, map);
    TRY(graph_as_row(g, &value, &value));
    return graph_in_order(g, &value, true, map);
}

/* Operator sets below 14 say it by outputs for the statistics. */
static bool takes_batch_statistics(const graph *g)
{
    bool training = graph_int(g, "training_mode", 0);
    for (size_t i = 1; g->file->opset < 14 && i < g->node->n_output; i++) training |= graph_has_output(g, i);
    return training;
}

amend_status onnx_batch_norm(graph *g)
{
    graph_value map, made;
    const double *values[4];
    size_t index = 0;
    const nn_table *table = &g->network->table;
    TRY(read_normed(g, &map));
    TRY(read_norm(g, map.dims[1], values));
    if ((takes_batch_statistics(g) && !g->backbone) || !graph_int(g, "spatial", 1))
        return graph_error(g, AMEND_UNSUPPORTED, "statistics of a batch; export the network for inference");
    double epsilon = (double)graph_float(g, "epsilon", 1e-5f);
    bool behind_conv = map.row + 1 == table->count && table->rows[map.row].kind == NN_CONV;
    bool as_row = g->backbone || (behind_conv && count_readers(g, g->node->input[0]) == 1);
    TRY(as_row ? add_norm(g, &map, values, epsilon, &index) : add_affine(g, &map, values, epsilon, &index));
    graph_row_value(index, map.rank, map.dims, &made);
    return graph_output(g, 0, &made);
}
