/* From a parsed ONNX file to a table: inputs, constants, then node by node, then outputs. */
#include "weights/onnx_import.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/fold.h"
#include "weights/onnx_graph.h"
#include "weights/onnx_operators.h"

enum { MAX_NODES = 4096, MAX_TENSORS = 16384, MAX_NAMES = 32768, BASE_ROOM = 1 << 21, ROOM_PER_BYTE = 4 };

graph_operator *graph_find_operator(const char *type)
{
    static const struct {
        const char *type;
        graph_operator *run;
    } operators[] = {
        {"Conv", onnx_conv},
        {"Gemm", onnx_gemm},
        {"MatMul", onnx_matmul},
        {"BatchNormalization", onnx_batch_norm},
        {"MaxPool", onnx_max_pool},
        {"AveragePool", onnx_average_pool},
        {"GlobalAveragePool", onnx_global_average_pool},
        {"ReduceMean", onnx_reduce_mean},
        {"Relu", onnx_activation},
        {"LeakyRelu", onnx_activation},
        {"Sigmoid", onnx_activation},
        {"HardSigmoid", onnx_activation},
        {"HardSwish", onnx_activation},
        {"Tanh", onnx_activation},
        {"Clip", onnx_clip},
        {"PRelu", onnx_prelu},
        {"Add", onnx_arithmetic},
        {"Sub", onnx_arithmetic},
        {"Mul", onnx_arithmetic},
        {"Div", onnx_arithmetic},
        {"Floor", onnx_unary},
        {"Ceil", onnx_unary},
        {"Sqrt", onnx_unary},
        {"Neg", onnx_unary},
        {"Exp", onnx_unary},
        {"Softmax", onnx_softmax},
        {"Identity", onnx_same},
        {"Dropout", onnx_dropout},
        {"Cast", onnx_cast},
        {"Constant", onnx_constant},
        {"ConstantOfShape", onnx_constant_of_shape},
        {"Shape", onnx_shape},
        {"Reshape", onnx_reshape},
        {"Flatten", onnx_flatten},
        {"Squeeze", onnx_squeeze},
        {"Unsqueeze", onnx_unsqueeze},
        {"Transpose", onnx_transpose},
        {"Slice", onnx_slice},
        {"Split", onnx_split},
        {"Expand", onnx_expand},
        {"DepthToSpace", onnx_depth_to_space},
        {"Concat", onnx_concat},
        {"Gather", onnx_gather},
        {"Pad", onnx_pad},
        {"Resize", onnx_resize},
        {"Upsample", onnx_resize},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].type, type)) return operators[i].run;
    return NULL;
}

/* ---- the ends of the graph ---- */

static amend_status add_named(graph *g, const char *name, const graph_value *value)
{
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
    char *outputs[] = {(char *)name};
    node.output = outputs;
    node.n_output = 1;
    g->node = &node;
    amend_status status = graph_output(g, 0, value);
    g->node = NULL;
    return status;
}

static amend_status add_initializers(graph *g)
{
    for (size_t i = 0; i < g->file->graph->n_initializer; i++) {
        const Onnx__TensorProto *proto = g->file->graph->initializer[i];
        graph_value value;
        if (!proto->name || !*proto->name) continue;
        Onnx__NodeProto node = ONNX__NODE_PROTO__INIT; /* for messages */
        node.op_type = (char *)"initializer";
        node.name = proto->name;
        g->node = &node;
        amend_status status = graph_tensor(g, proto, &value);
        g->node = NULL;
        TRY(status);
        TRY(add_named(g, proto->name, &value));
    }
    return status_ok();
}

/* Behind the initializers, which are no inputs. */
static amend_status find_input(const graph *g, const Onnx__ValueInfoProto **input)
{
    *input = NULL;
    for (size_t i = 0; i < g->file->graph->n_input; i++) {
        const Onnx__ValueInfoProto *candidate = g->file->graph->input[i];
        if (!candidate->name || graph_find(g, candidate->name)) continue;
        if (*input)
            return status_error(AMEND_UNSUPPORTED, "%s: two inputs, '%.80s' and '%.80s'; one image is possible",
                                g->file->name, (*input)->name, candidate->name);
        *input = candidate;
    }
    const Onnx__TypeProto *type = *input ? (*input)->type : NULL;
    if (type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && type->tensor_type->shape) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: no input with a shape", g->file->name);
}

/* A side of the input; 0: left open. */
static size_t input_side(const Onnx__TensorShapeProto *shape, size_t i)
{
    const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
    bool known = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    return known && d->dim_value > 0 && d->dim_value <= 65536 ? (size_t)d->dim_value : 0;
}

static amend_status begin_table(graph *g, const onnx_import_options *options, const char *name,
                                const Onnx__TensorShapeProto *shape)
{
    size_t sides[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < shape->n_dim; i++) sides[i] = input_side(shape, i);
    bool channels_last = sides[3] && sides[3] <= 4 && !(sides[1] && sides[1] <= 4);
    size_t c = channels_last ? 3 : 1, y = channels_last ? 1 : 2;
    if (!sides[y]) sides[y] = options->height;
    if (!sides[y + 1]) sides[y + 1] = options->width;
    if (!sides[c] || !sides[y] || !sides[y + 1])
        return status_error(AMEND_BAD_ARGUMENT, "%s: leaves the size of its input '%.80s' open; give one",
                            g->file->name, name);
    amend_status status = nn_table_begin(&g->network->table, sides[y], sides[y + 1], sides[c]);
    if (status.code) return status_prefix(status, "%s", g->file->name);
    graph_value value;
    graph_row_value(0, 4, (size_t[]){1, sides[c], sides[y], sides[y + 1]}, &value);
    if (channels_last) value_set_dims(&value, 4, (size_t[]){1, sides[y], sides[y + 1], sides[c]});
    return add_named(g, name, &value);
}

static amend_status add_input(graph *g, const onnx_import_options *options)
{
    const Onnx__ValueInfoProto *input;
    TRY(find_input(g, &input));
    const Onnx__TensorShapeProto *shape = input->type->tensor_type->shape;
    if (shape->n_dim != 4)
        return status_error(AMEND_UNSUPPORTED, "%s: its input '%.80s' has %zu dimensions; an image has 4",
                            g->file->name, input->name, shape->n_dim);
    return begin_table(g, options, input->name, shape);
}

static amend_status import_node(graph *g, const Onnx__NodeProto *node)
{
    g->node = node;
    if (!node->op_type) return status_error(AMEND_BAD_DATA, "%s: a node without an operator", g->file->name);
    if (node->domain && *node->domain && strcmp(node->domain, "ai.onnx"))
        return graph_error(g, AMEND_UNSUPPORTED, "operators of '%.60s' are not known here", node->domain);
    graph_operator *run = graph_find_operator(node->op_type);
    if (!run) return graph_error(g, AMEND_UNSUPPORTED, "this operator is not known here");
    size_t first = g->network->table.count;
    TRY(run(g));
    for (size_t i = first; i < g->network->table.count; i++) g->made_by[i] = node;
    return status_ok();
}

static amend_status copy_row(graph *g, size_t *row)
{
    nn_shape s = g->network->table.shapes[*row];
    const nn_row copy = {.kind = NN_GATHER, .in = {*row}, .height = s.h, .width = s.w, .channels = s.c};
    if (!nn_table_readers(&g->network->table, *row)) return status_ok();
    return graph_add_row(g, copy, row);
}

/* The row of an output; its values in plain order there. */
static amend_status add_output(graph *g, const Onnx__ValueInfoProto *info)
{
    char *inputs[] = {info->name};
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
    graph_value value;
    onnx_network *n = g->network;
    if (!info->name || n->output_count == NN_MAX_OUTPUTS)
        return status_error(AMEND_UNSUPPORTED, "%s: an output without a name, or more than %d of them", g->file->name,
                            NN_MAX_OUTPUTS);
    node.op_type = (char *)"output";
    node.name = info->name;
    node.input = inputs;
    node.n_input = 1;
    g->node = &node;
    TRY(graph_input(g, 0, &value));
    TRY(graph_as_row(g, &value, &value));
    TRY(graph_flat(g, &value, &value));
    if (n->table.rows[value.row].kind == NN_CONV) TRY(copy_row(g, &value.row)); /* a normalisation is folded into it */
    bool whole = !value.offset && value_count(&value) == nn_shape_count(n->table.shapes[value.row]);
    if (!whole || !value.row) TRY(graph_in_order(g, &value, false, &value));
    onnx_output *output = &n->outputs[n->output_count++];
    snprintf(output->name, sizeof output->name, "%s", info->name);
    output->row = value.row;
    output->rank = value.rank;
    memcpy(output->dims, value.dims, sizeof output->dims);
    return status_ok();
}

/* ---- the whole ---- */

static amend_status fill_params(graph *g)
{
    onnx_network *n = g->network;
    TRY(nn_params_create(&n->table, &n->params));
    for (size_t i = 0; i < g->fill_count; i++) {
        const struct graph_fill *fill = &g->fills[i];
        nn_param *to = nn_params_find(&n->params, n->table.rows[fill->row].name, fill->suffix);
        if (!to || to->count != fill->count)
            return status_error(AMEND_BAD_DATA, "%s: '%s.%s' has %zu values where the layer has %zu", g->file->name,
                                n->table.rows[fill->row].name, fill->suffix, fill->count, to ? to->count : 0);
        TRY(status_prefix(nn_check_values(to->name, fill->values, fill->count), "%s", g->file->name));
        memcpy(to->value, fill->values, fill->count * sizeof(float));
    }
    n->params.version++;
    return status_ok();
}

static amend_status fold(onnx_network *n)
{
    nn_table *folded = NULL;
    nn_params params = {0};
    size_t went_to[NN_MAX_ROWS] = {0}, last = n->table.count - 1;
    TRY(mem_alloc(&folded, 1, sizeof *folded, "folded network"));
    amend_status status = nn_fold_rows(&n->table, last, folded, went_to);
    if (!status.code) status = nn_params_create(folded, &params);
    if (!status.code) status = nn_fold_values(&n->table, last, &n->params, &params);
    if (status.code) {
        nn_params_free(&params);
    } else {
        nn_params_free(&n->params);
        n->params = params;
        n->table = *folded;
        for (size_t i = 0; i < n->output_count; i++) n->outputs[i].row = went_to[n->outputs[i].row];
    }
    mem_free(folded);
    return status;
}

/* Each name is looked for among all: many would take long. */
static amend_status check_counts(const graph *g)
{
    const Onnx__GraphProto *proto = g->file->graph;
    size_t names = 0;
    for (size_t i = 0; i < proto->n_node; i++) names += proto->node[i]->n_input + proto->node[i]->n_output;
    if (!proto->n_output || proto->n_node > MAX_NODES || proto->n_initializer > MAX_TENSORS ||
        proto->n_input > MAX_TENSORS)
        return status_error(
            AMEND_UNSUPPORTED,
            "%s: %zu nodes, %zu tensors, %zu inputs and %zu outputs; at most %d nodes, %d tensors and inputs, and an "
            "output are possible",
            g->file->name, proto->n_node, proto->n_initializer, proto->n_input, proto->n_output, MAX_NODES,
            MAX_TENSORS);
    if (names > MAX_NAMES)
        return status_error(AMEND_UNSUPPORTED, "%s: nodes with %zu inputs and outputs; at most %d are possible",
                            g->file->name, names, MAX_NAMES);
    return status_ok();
}

static amend_status import_graph(graph *g, const onnx_import_options *options)
{
    const Onnx__GraphProto *proto = g->file->graph;
    TRY(check_counts(g));
    TRY(add_initializers(g));
    TRY(add_input(g, options));
    for (size_t i = 0; i < proto->n_node; i++) TRY(import_node(g, proto->node[i]));
    for (size_t i = 0; i < proto->n_output && !(options->backbone && i); i++) TRY(add_output(g, proto->output[i]));
    if (options->backbone)
        TRY(graph_cut(g, g->network->outputs[--g->network->output_count].row));
    else
        graph_prune(g);
    if (g->network->table.count < 2)
        return status_error(AMEND_UNSUPPORTED, "%s: a network without any layer", g->file->name);
    TRY(fill_params(g));
    return options->fold ? status_prefix(fold(g->network), "%s", g->file->name) : status_ok();
}

static void free_graph(graph *g)
{
    for (size_t i = 0; i < g->constant_count; i++) mem_free(g->constants[i]);
    for (size_t i = 0; i < g->fill_count; i++) mem_free(g->fills[i].values);
    mem_free(g->constants);
    mem_free(g->fills);
    mem_free(g->values);
    mem_free(g->hashes);
}

amend_status onnx_import(const onnx_file *file, const onnx_import_options *options, onnx_network **made)
{
    graph g = {.file = file, .backbone = options->backbone, .room = BASE_ROOM + ROOM_PER_BYTE * file->bytes};
    *made = NULL;
    TRY(mem_alloc(&g.network, 1, sizeof *g.network, "network"));
    amend_status status = import_graph(&g, options);
    free_graph(&g);
    if (status.code)
        onnx_network_free(g.network);
    else
        *made = g.network;
    return status;
}

void onnx_network_free(onnx_network *n)
{
    if (!n) return;
    for (size_t i = 0; i < n->source_count; i++) mem_free(n->sources[i]);
    mem_free(n->sources);
    nn_params_free(&n->params);
    mem_free(n);
}

const onnx_output *onnx_network_output(const onnx_network *n, const char *name)
{
    for (size_t i = 0; i < n->output_count; i++)
        if (!strcmp(n->outputs[i].name, name)) return &n->outputs[i];
    return NULL;
}
