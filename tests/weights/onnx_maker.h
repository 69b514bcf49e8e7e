/* Small ONNX files made by hand, right or wrong: nodes of one attribute, tensors of few values. */
#ifndef TESTS_WEIGHTS_ONNX_MAKER_H
#define TESTS_WEIGHTS_ONNX_MAKER_H

#include "onnx.pb-c.h"
#include "support.h"

enum { SIDE = 8, MOST = 6 };

/* One attribute, one node, one tensor: what a case needs of them. */
typedef struct made_node {
    const char *type, *in[5], *out, *domain;
    bool no_outputs, more_outputs; /* two of them: the second is "more" */
    const char *attribute, *text;  /* text: what it says instead of numbers */
    int64_t ints[4];
    size_t int_count; /* 0: `ints[0]` as one number */
} made_node;

typedef struct made_tensor {
    const char *name;
    int64_t dims[4];
    size_t rank;
    int64_t ints[4];
    size_t int_count;
    float floats[4];
    size_t float_count; /* with it the type is float, else int64 */
    const char *elsewhere;
} made_tensor;

typedef struct made_network {
    made_node nodes[MOST];
    made_tensor tensors[MOST];
    int64_t opset; /* 0: 13 */
    bool optional; /* the input is an optional image, which protobuf-c keeps where the tensor's type would be */
} made_network;

/* ---- to bytes ---- */

static inline void fill_node(const made_node *from, Onnx__NodeProto *to, Onnx__AttributeProto *attribute,
                             Onnx__AttributeProto **attributes, char **outputs)
{
    onnx__node_proto__init(to);
    to->op_type = (char *)from->type;
    to->domain = (char *)from->domain;
    to->input = (char **)from->in;
    while (to->n_input < 5 && from->in[to->n_input]) to->n_input++;
    outputs[0] = (char *)from->out;
    outputs[1] = (char *)"more";
    to->output = outputs;
    to->n_output = from->no_outputs ? 0 : from->more_outputs ? 2 : 1;
    if (!from->attribute) return;
    onnx__attribute_proto__init(attribute);
    attribute->name = (char *)from->attribute;
    attribute->has_i = 1;
    attribute->i = from->ints[0];
    attribute->ints = (int64_t *)from->ints;
    attribute->n_ints = from->int_count;
    attribute->has_s = from->text != NULL;
    attribute->s.data = (uint8_t *)from->text;
    attribute->s.len = from->text ? strlen(from->text) : 0;
    attributes[0] = attribute;
    to->attribute = attributes;
    to->n_attribute = 1;
}

static inline void fill_tensor(const made_tensor *from, Onnx__TensorProto *to, Onnx__StringStringEntryProto *entry,
                               Onnx__StringStringEntryProto **entries)
{
    onnx__tensor_proto__init(to);
    to->name = (char *)from->name;
    to->dims = (int64_t *)from->dims;
    to->n_dims = from->rank;
    to->has_data_type = 1;
    to->data_type = from->float_count ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT : ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    to->int64_data = (int64_t *)from->ints;
    to->n_int64_data = from->int_count;
    to->float_data = (float *)from->floats;
    to->n_float_data = from->float_count;
    if (!from->elsewhere) return;
    onnx__string_string_entry_proto__init(entry);
    entry->key = (char *)"location";
    entry->value = (char *)from->elsewhere;
    entries[0] = entry;
    to->external_data = entries;
    to->n_external_data = 1;
    to->has_data_location = 1;
    to->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

/* A graph from the image "x" of 1 x 1 x SIDE x SIDE to "y". */
static inline size_t pack(const made_network *n, uint8_t *bytes, size_t room)
{
    Onnx__TensorShapeProto__Dimension dims[4], *dim_pointers[4];
    Onnx__TensorShapeProto shape = ONNX__TENSOR_SHAPE_PROTO__INIT;
    Onnx__TypeProto__Tensor typed = ONNX__TYPE_PROTO__TENSOR__INIT;
    Onnx__TypeProto type = ONNX__TYPE_PROTO__INIT, optional = ONNX__TYPE_PROTO__INIT;
    Onnx__TypeProto__Optional maybe = ONNX__TYPE_PROTO__OPTIONAL__INIT;
    Onnx__ValueInfoProto input = ONNX__VALUE_INFO_PROTO__INIT, output = ONNX__VALUE_INFO_PROTO__INIT;
    Onnx__ValueInfoProto *inputs[] = {&input}, *outputs[] = {&output};
    Onnx__NodeProto nodes[MOST], *node_pointers[MOST];
    char *node_outputs[MOST][2];
    Onnx__AttributeProto attributes[MOST], *attribute_pointers[MOST][1];
    Onnx__TensorProto tensors[MOST], *tensor_pointers[MOST];
    Onnx__StringStringEntryProto entries[MOST], *entry_pointers[MOST][1];
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets[] = {&set};
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    for (size_t i = 0; i < 4; i++) {
        onnx__tensor_shape_proto__dimension__init(&dims[i]);
        dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims[i].dim_value = i < 2 ? 1 : SIDE;
        dim_pointers[i] = &dims[i];
    }
    shape.dim = dim_pointers;
    shape.n_dim = 4;
    typed.shape = &shape;
    type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type.tensor_type = &typed;
    input.name = (char *)"x";
    input.type = n->optional ? &optional : &type;
    maybe.elem_type = &type;
    optional.value_case = ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE;
    optional.optional_type = &maybe;
    output.name = (char *)"y";
    for (size_t i = 0; i < MOST && n->nodes[i].type; i++, graph.n_node++) {
        fill_node(&n->nodes[i], &nodes[i], &attributes[i], attribute_pointers[i], node_outputs[i]);
        node_pointers[i] = &nodes[i];
    }
    for (size_t i = 0; i < MOST && n->tensors[i].name; i++, graph.n_initializer++) {
        fill_tensor(&n->tensors[i], &tensors[i], &entries[i], entry_pointers[i]);
        tensor_pointers[i] = &tensors[i];
    }
    graph.node = node_pointers;
    graph.initializer = tensor_pointers;
    graph.input = inputs;
    graph.output = outputs;
    graph.n_input = graph.n_output = 1;
    set.has_version = 1;
    set.version = n->opset ? n->opset : 13;
    model.opset_import = sets;
    model.n_opset_import = 1;
    model.graph = &graph;
    assert_true(onnx__model_proto__get_packed_size(&model) <= room);
    return onnx__model_proto__pack(&model, bytes);
}

#endif
