/* Networks in ONNX as exporters write them, layer by layer, with random weights: for tests that train them. To be
 * included behind support.h or cli/command.h. */
#ifndef TESTS_WEIGHTS_ONNX_NET_H
#define TESTS_WEIGHTS_ONNX_NET_H

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "onnx.pb-c.h"

enum { NET_NODES = 96, NET_TENSORS = 160, NET_INPUTS = 5, NET_ATTRIBUTES = 6, NET_WORD = 48 };

typedef struct net_node {
    Onnx__NodeProto proto;
    char words[NET_INPUTS + 2][NET_WORD], *inputs[NET_INPUTS], *output;
    Onnx__AttributeProto attributes[NET_ATTRIBUTES], *attribute_pointers[NET_ATTRIBUTES];
    int64_t ints[NET_ATTRIBUTES][8];
} net_node;

typedef struct net_tensor {
    Onnx__TensorProto proto;
    char name[NET_WORD];
    int64_t dims[4];
} net_tensor;

typedef struct onnx_net {
    size_t side, channels;
    net_node nodes[NET_NODES];
    net_tensor tensors[NET_TENSORS];
    size_t node_count, tensor_count;
    bool training; /* its normalisations say that they are in training */
    rng random;
} onnx_net;

static inline onnx_net *net_new(size_t side, size_t channels)
{
    onnx_net *n = NULL;
    assert_ok(mem_alloc(&n, 1, sizeof *n, "test network"));
    n->side = side;
    n->channels = channels;
    n->random = rng_make(11, 0, 0);
    return n;
}

static inline void net_free(onnx_net *n)
{
    for (size_t i = 0; i < n->tensor_count; i++) mem_free(n->tensors[i].proto.raw_data.data);
    mem_free(n);
}

static inline void net_copy(char *to, size_t size, const char *word)
{
    size_t bytes = strlen(word) + 1;
    assert_true(bytes <= size);
    memmove(to, word, bytes);
}

/* ---- nodes; each returns its result's name ---- */

static inline net_node *net_add(onnx_net *n, const char *type, const char *name, size_t count, const char *const *in)
{
    net_node *node = &n->nodes[n->node_count];
    assert_true(n->node_count < NET_NODES && count <= NET_INPUTS);
    onnx__node_proto__init(&node->proto);
    for (size_t i = 0; i < count; i++) {
        net_copy(node->words[i], NET_WORD, in[i]);
        node->inputs[i] = node->words[i];
    }
    net_copy(node->words[NET_INPUTS], NET_WORD, name);
    snprintf(node->words[NET_INPUTS + 1], NET_WORD, "value%zu", n->node_count++);
    node->output = node->words[NET_INPUTS + 1];
    node->proto.op_type = (char *)type;
    node->proto.name = node->words[NET_INPUTS];
    node->proto.input = node->inputs;
    node->proto.n_input = count;
    node->proto.output = &node->output;
    node->proto.n_output = 1;
    node->proto.attribute = node->attribute_pointers;
    return node;
}

static inline Onnx__AttributeProto *net_attribute(net_node *node, const char *name)
{
    size_t at = node->proto.n_attribute++;
    assert_true(at < NET_ATTRIBUTES);
    node->attribute_pointers[at] = &node->attributes[at];
    onnx__attribute_proto__init(&node->attributes[at]);
    node->attributes[at].name = (char *)name;
    return &node->attributes[at];
}

static inline void net_int(net_node *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = net_attribute(node, name);
    a->has_i = 1;
    a->i = value;
}

static inline void net_float(net_node *node, const char *name, float value)
{
    Onnx__AttributeProto *a = net_attribute(node, name);
    a->has_f = 1;
    a->f = value;
}

static inline void net_ints(net_node *node, const char *name, size_t count, int64_t a, int64_t b)
{
    int64_t *values = node->ints[node->proto.n_attribute];
    Onnx__AttributeProto *to = net_attribute(node, name);
    for (size_t i = 0; i < count; i++) values[i] = i < count / 2 ? a : b;
    to->ints = values;
    to->n_ints = count;
}

/* "NAME": values around `middle`, `spread` to either side. */
static inline void net_values(onnx_net *n, const char *name, size_t rank, const int64_t *dims, double middle,
                              double spread)
{
    net_tensor *t = &n->tensors[n->tensor_count++];
    size_t count = 1;
    float *values = NULL;
    assert_true(n->tensor_count <= NET_TENSORS);
    for (size_t i = 0; i < rank; i++) count *= (size_t)(t->dims[i] = dims[i]);
    assert_ok(mem_alloc(&values, count, sizeof *values, "test tensor"));
    for (size_t i = 0; i < count; i++) values[i] = (float)(middle + rng_between(&n->random, -spread, spread));
    net_copy(t->name, sizeof t->name, name);
    onnx__tensor_proto__init(&t->proto);
    t->proto.name = t->name;
    t->proto.dims = t->dims;
    t->proto.n_dims = rank;
    t->proto.has_data_type = t->proto.has_raw_data = 1;
    t->proto.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->proto.raw_data.data = (uint8_t *)values;
    t->proto.raw_data.len = count * sizeof *values;
}

static inline const char *net_part(char word[NET_WORD], const char *name, const char *part)
{
    snprintf(word, NET_WORD, "%s.%s", name, part);
    return word;
}

static inline const char *net_conv(onnx_net *n, const char *name, const char *in, size_t from, size_t to, size_t kernel,
                                   size_t stride, size_t groups, bool bias)
{
    char weight[NET_WORD], more[NET_WORD];
    const int64_t k = (int64_t)kernel, s = (int64_t)stride, p = (int64_t)(kernel / 2);
    net_part(weight, name, "weight");
    net_part(more, name, "bias");
    net_values(n, weight, 4, (int64_t[]){(int64_t)to, (int64_t)(from / groups), k, k}, 0,
               sqrt(6.0 / (double)(from / groups * kernel * kernel)));
    if (bias) net_values(n, more, 1, (int64_t[]){(int64_t)to}, 0, 0.3);
    net_node *node = net_add(n, "Conv", name, bias ? 3 : 2, (const char *[]){in, weight, more});
    net_ints(node, "kernel_shape", 2, k, k);
    net_ints(node, "strides", 2, s, s);
    net_ints(node, "pads", 4, p, p);
    net_int(node, "group", (int64_t)groups);
    return node->output;
}

static inline const char *net_norm(onnx_net *n, const char *name, const char *in, size_t channels)
{
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    char words[4][NET_WORD];
    for (size_t i = 0; i < 4; i++)
        net_values(n, net_part(words[i], name, parts[i]), 1, (int64_t[]){(int64_t)channels}, i % 3 ? 0 : 1, 0.3);
    net_node *node =
        net_add(n, "BatchNormalization", name, 5, (const char *[]){in, words[0], words[1], words[2], words[3]});
    net_float(node, "epsilon", 1e-3f);
    net_float(node, "momentum", 0.8f);
    if (n->training) net_int(node, "training_mode", 1);
    return node->output;
}

static inline const char *net_plain(onnx_net *n, const char *type, const char *name, const char *in, const char *other)
{
    return net_add(n, type, name, other ? 2 : 1, (const char *[]){in, other})->output;
}

static inline const char *net_concat(onnx_net *n, const char *name, const char *a, const char *b)
{
    net_node *node = net_add(n, "Concat", name, 2, (const char *[]){a, b});
    net_int(node, "axis", 1);
    return node->output;
}

static inline const char *net_pool(onnx_net *n, const char *type, const char *name, const char *in, size_t kernel,
                                   size_t stride)
{
    net_node *node = net_add(n, type, name, 1, &in);
    net_ints(node, "kernel_shape", 2, (int64_t)kernel, (int64_t)kernel);
    net_ints(node, "strides", 2, (int64_t)stride, (int64_t)stride);
    if (!strcmp(type, "AveragePool")) net_int(node, "count_include_pad", 1); /* of no padding, as PyTorch's */
    return node->output;
}

/* Clipped to 0 .. 6. */
static inline const char *net_clip(onnx_net *n, const char *name, const char *in)
{
    char low[NET_WORD], high[NET_WORD];
    net_values(n, net_part(low, name, "low"), 0, NULL, 0, 0);
    net_values(n, net_part(high, name, "high"), 0, NULL, 6, 0);
    return net_add(n, "Clip", name, 3, (const char *[]){in, low, high})->output;
}

/* Global pooling, flattening and a linear layer of 10 classes: what the backbone does not have. */
static inline void net_classify(onnx_net *n, const char *map, size_t channels)
{
    const char *pooled = net_plain(n, "GlobalAveragePool", "gap", map, NULL);
    const char *flat = net_plain(n, "Flatten", "flat", pooled, NULL);
    net_values(n, "fc.weight", 2, (int64_t[]){10, (int64_t)channels}, 0, 0.3);
    net_values(n, "fc.bias", 1, (int64_t[]){10}, 0, 0.3);
    net_node *node = net_add(n, "Gemm", "fc", 3, (const char *[]){flat, "fc.weight", "fc.bias"});
    net_int(node, "transB", 1);
}

/* ---- two networks that are none of ours; their last map has 64 channels and an eighth of the side ---- */

/* Maps side by side, a normalisation in front of its convolution, channels apart, a gate, x sigmoid(x), a sum of two
 * normalisations, channels that no vector register divides. */
static inline void net_branches(onnx_net *n)
{
    const char *at = net_conv(n, "model.stem", "image", n->channels, 24, 3, 2, 1, false), *other, *gate;
    at = net_plain(n, "Relu", "relu1", net_norm(n, "model.stem_norm", at, 24), NULL);
    other = net_plain(n, "Relu", "relu2", net_norm(n, "dense/norm", at, 24), NULL);
    at = net_concat(n, "concat", at, net_conv(n, "dense/conv", other, 24, 12, 3, 1, 1, false));
    at = net_conv(n, "fc.deep", at, 36, 36, 3, 1, 36, true); /* a name that is like the head's */
    at = net_plain(n, "HardSwish", "hard", at, NULL);
    gate = net_plain(n, "GlobalAveragePool", "squeeze", at, NULL);
    gate = net_plain(n, "Relu", "relu3", net_conv(n, "gate1", gate, 36, 10, 1, 1, 1, true), NULL);
    gate = net_plain(n, "Sigmoid", "sigmoid", net_conv(n, "gate2", gate, 10, 36, 1, 1, 1, true), NULL);
    at = net_plain(n, "Mul", "gated", gate, at);
    other = net_norm(n, "down norm", net_conv(n, "down", at, 36, 40, 1, 2, 1, false), 40);
    at = net_norm(n, "main_norm", net_conv(n, "main", at, 36, 40, 3, 2, 2, false), 40);
    at = net_plain(n, "Relu", "relu4", net_plain(n, "Add", "sum", other, at), NULL);
    at = net_norm(n, "late_norm", net_conv(n, "late", at, 40, 64, 3, 2, 1, false), 64);
    at = net_plain(n, "Mul", "silu", at, net_plain(n, "Sigmoid", "sigmoid2", at, NULL));
    net_classify(n, at, 64);
}

/* As exported for inference: no normalisations, convolutions with biases. */
static inline void net_folded(onnx_net *n)
{
    const char *at = net_conv(n, "c1", "image", n->channels, 32, 3, 2, 1, true), *other;
    at = net_pool(n, "MaxPool", "pool", net_plain(n, "Relu", "r1", at, NULL), 2, 2);
    other = net_plain(n, "Relu", "r2", net_conv(n, "c2", at, 32, 32, 3, 1, 1, true), NULL);
    other = net_conv(n, "c3", other, 32, 32, 3, 1, 1, true);
    at = net_plain(n, "Relu", "r3", net_plain(n, "Add", "sum", at, other), NULL);
    at = net_clip(n, "clip", net_conv(n, "c4", at, 32, 64, 3, 1, 1, true));
    net_classify(n, net_pool(n, "AveragePool", "average", at, 2, 2), 64);
}

/* ---- the file: image "image", output the last node's ---- */

static inline void net_info(Onnx__ValueInfoProto *info, Onnx__TypeProto *type, Onnx__TypeProto__Tensor *tensor,
                            Onnx__TensorShapeProto *shape, Onnx__TensorShapeProto__Dimension *dims,
                            Onnx__TensorShapeProto__Dimension **pointers, const size_t *sides, size_t rank)
{
    for (size_t i = 0; i < rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&dims[i]);
        dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims[i].dim_value = (int64_t)sides[i];
        pointers[i] = &dims[i];
    }
    shape->dim = pointers;
    shape->n_dim = rank;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->type = type;
}

static inline void net_write(onnx_net *n, const char *path)
{
    Onnx__TensorShapeProto__Dimension dims[4], *pointers[4];
    Onnx__TensorShapeProto shape = ONNX__TENSOR_SHAPE_PROTO__INIT;
    Onnx__TypeProto__Tensor tensor = ONNX__TYPE_PROTO__TENSOR__INIT;
    Onnx__TypeProto type = ONNX__TYPE_PROTO__INIT;
    Onnx__ValueInfoProto input = ONNX__VALUE_INFO_PROTO__INIT, output = ONNX__VALUE_INFO_PROTO__INIT;
    Onnx__ValueInfoProto *inputs[] = {&input}, *outputs[] = {&output};
    Onnx__NodeProto *nodes[NET_NODES];
    Onnx__TensorProto *tensors[NET_TENSORS];
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets[] = {&set};
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    uint8_t *bytes = NULL;
    for (size_t i = 0; i < n->node_count; i++) nodes[i] = &n->nodes[i].proto;
    for (size_t i = 0; i < n->tensor_count; i++) tensors[i] = &n->tensors[i].proto;
    input.name = (char *)"image";
    net_info(&input, &type, &tensor, &shape, dims, pointers, (size_t[]){1, n->channels, n->side, n->side}, 4);
    output.name = n->nodes[n->node_count - 1].output;
    graph.node = nodes;
    graph.n_node = n->node_count;
    graph.initializer = tensors;
    graph.n_initializer = n->tensor_count;
    graph.input = inputs;
    graph.output = outputs;
    graph.n_input = graph.n_output = 1;
    set.has_version = 1;
    set.version = 14;
    model.opset_import = sets;
    model.n_opset_import = 1;
    model.graph = &graph;
    size_t size = onnx__model_proto__get_packed_size(&model);
    assert_ok(mem_alloc(&bytes, size, 1, "test file"));
    onnx__model_proto__pack(&model, bytes);
    assert_ok(file_write(path, bytes, size));
    mem_free(bytes);
}

#endif
