/* Rows as ONNX nodes. All pieces live in one pool until the file is packed. */
#include "weights/onnx_write.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "nn/rows.h"
#include "onnx.pb-c.h"

typedef struct writer {
    const onnx_export *network;
    Onnx__GraphProto graph;
    void **pool; /* everything that was allocated */
    size_t pool_count;
} writer;

/* Zeroed memory that lives as long as the writer. */
static amend_status take(writer *w, void *block, size_t count, size_t size)
{
    TRY(mem_grow(&w->pool, w->pool_count, w->pool_count + 1, sizeof *w->pool, "ONNX file"));
    TRY(mem_alloc(block, count, size, "ONNX file"));
    memcpy(&w->pool[w->pool_count++], block, sizeof(void *));
    return status_ok();
}

static amend_status take_text(writer *w, const char *text, char **copy)
{
    TRY(take(w, copy, strlen(text) + 1, 1));
    memcpy(*copy, text, strlen(text) + 1);
    return status_ok();
}

/* ---- nodes ---- */

static amend_status add_node(writer *w, const char *type, const char *const *inputs, size_t count, const char *output,
                             Onnx__NodeProto **made)
{
    Onnx__NodeProto *node;
    TRY(take(w, &node, 1, sizeof *node));
    onnx__node_proto__init(node);
    TRY(take(w, &node->input, count, sizeof *node->input));
    TRY(take(w, &node->output, 1, sizeof *node->output));
    TRY(take(w, &node->attribute, 8, sizeof *node->attribute));
    for (size_t i = 0; i < count; i++) TRY(take_text(w, inputs[i], &node->input[i]));
    TRY(take_text(w, output, &node->output[0]));
    TRY(take_text(w, output, &node->name));
    TRY(take_text(w, type, &node->op_type));
    node->n_input = count;
    node->n_output = 1;
    w->graph.node[w->graph.n_node++] = node;
    *made = node;
    return status_ok();
}

static amend_status add_attribute(writer *w, Onnx__NodeProto *node, const char *name, Onnx__AttributeProto **made)
{
    Onnx__AttributeProto *a;
    TRY(take(w, &a, 1, sizeof *a));
    onnx__attribute_proto__init(a);
    TRY(take_text(w, name, &a->name));
    a->has_type = 1;
    node->attribute[node->n_attribute++] = a;
    *made = a;
    return status_ok();
}

static amend_status add_ints(writer *w, Onnx__NodeProto *node, const char *name, const int64_t *values, size_t count)
{
    Onnx__AttributeProto *a;
    TRY(add_attribute(w, node, name, &a));
    TRY(take(w, &a->ints, count, sizeof *a->ints));
    memcpy(a->ints, values, count * sizeof *values);
    a->n_ints = count;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    return status_ok();
}

static amend_status add_int(writer *w, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a;
    TRY(add_attribute(w, node, name, &a));
    a->has_i = 1;
    a->i = value;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    return status_ok();
}

static amend_status add_float(writer *w, Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *a;
    TRY(add_attribute(w, node, name, &a));
    a->has_f = 1;
    a->f = value;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    return status_ok();
}

/* ---- tensors and values ---- */

static amend_status add_tensor(writer *w, const char *name, const float *values, size_t rank, const size_t *dims)
{
    Onnx__TensorProto *t;
    size_t count = 1;
    TRY(take(w, &t, 1, sizeof *t));
    onnx__tensor_proto__init(t);
    TRY(take(w, &t->dims, rank, sizeof *t->dims));
    for (size_t i = 0; i < rank; i++) count *= (size_t)(t->dims[i] = (int64_t)dims[i]);
    TRY(take_text(w, name, &t->name));
    TRY(take(w, &t->raw_data.data, count, sizeof *values));
    memcpy(t->raw_data.data, values, count * sizeof *values);
    t->raw_data.len = count * sizeof *values;
    t->has_raw_data = t->has_data_type = 1;
    t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->n_dims = rank;
    w->graph.initializer[w->graph.n_initializer++] = t;
    return status_ok();
}

static amend_status add_integers(writer *w, const char *name, const uint32_t *values, size_t count)
{
    Onnx__TensorProto *t;
    TRY(take(w, &t, 1, sizeof *t));
    onnx__tensor_proto__init(t);
    TRY(take(w, &t->dims, 1, sizeof *t->dims));
    TRY(take(w, &t->int64_data, count, sizeof *t->int64_data));
    for (size_t i = 0; i < count; i++) t->int64_data[i] = values[i];
    TRY(take_text(w, name, &t->name));
    t->dims[0] = (int64_t)count;
    t->n_dims = t->has_data_type = 1;
    t->n_int64_data = count;
    t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    w->graph.initializer[w->graph.n_initializer++] = t;
    return status_ok();
}

/* The row's parameter under its own name. */
static amend_status add_param(writer *w, const nn_row *row, const char *suffix, char *name, size_t size)
{
    const nn_param *p = nn_params_find(w->network->params, row->name, suffix);
    snprintf(name, size, "%s.%s", row->name, suffix);
    if (!p) return status_error(AMEND_INTERNAL, "no tensor '%s'", name);
    return add_tensor(w, name, p->value, p->dims, p->shape);
}

static amend_status make_info(writer *w, const char *name, const size_t *dims, size_t rank, Onnx__ValueInfoProto **made)
{
    Onnx__ValueInfoProto *info;
    Onnx__TypeProto__Tensor *tensor;
    TRY(take(w, &info, 1, sizeof *info));
    onnx__value_info_proto__init(info);
    TRY(take_text(w, name, &info->name));
    TRY(take(w, &info->type, 1, sizeof *info->type));
    onnx__type_proto__init(info->type);
    TRY(take(w, &tensor, 1, sizeof *tensor));
    onnx__type_proto__tensor__init(tensor);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    TRY(take(w, &tensor->shape, 1, sizeof *tensor->shape));
    onnx__tensor_shape_proto__init(tensor->shape);
    TRY(take(w, &tensor->shape->dim, rank, sizeof *tensor->shape->dim));
    tensor->shape->n_dim = rank;
    for (size_t i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *d;
        TRY(take(w, &d, 1, sizeof *d));
        onnx__tensor_shape_proto__dimension__init(d);
        d->value_case = i ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                          : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (i)
            d->dim_value = (int64_t)dims[i];
        else
            TRY(take_text(w, "batch", &d->dim_param));
        tensor->shape->dim[i] = d;
    }
    *made = info;
    return status_ok();
}

/* ---- rows ---- */

enum { NAME = NN_NAME_SIZE + 24 };

/* What a row's result is called. */
static void value_name(const writer *w, size_t row, char *name)
{
    if (row)
        snprintf(name, NAME, "%s.out", w->network->table->rows[row].name);
    else
        snprintf(name, NAME, "normalised");
}

static amend_status add_window(writer *w, const nn_row *row, Onnx__NodeProto *node)
{
    const int64_t s = (int64_t)row->stride, more = (int64_t)row->pad_more;
    const int64_t kernel[] = {(int64_t)nn_row_kernel(row, 0), (int64_t)nn_row_kernel(row, 1)};
    const int64_t above = (int64_t)nn_row_pad(row, 0), left = (int64_t)nn_row_pad(row, 1);
    TRY(add_ints(w, node, "kernel_shape", kernel, 2));
    TRY(add_ints(w, node, "strides", (int64_t[]){s, s}, 2));
    return add_ints(w, node, "pads", (int64_t[]){above, left, above + more, left + more}, 4);
}

static amend_status write_conv(writer *w, const nn_row *row, const char *in, const char *out)
{
    char weight[NAME], bias[NAME];
    Onnx__NodeProto *node;
    const int64_t step = (int64_t)row->dilation + 1;
    TRY(add_param(w, row, "weight", weight, sizeof weight));
    if (row->bias) TRY(add_param(w, row, "bias", bias, sizeof bias));
    TRY(add_node(w, "Conv", (const char *[]){in, weight, bias}, row->bias ? 3 : 2, out, &node));
    TRY(add_window(w, row, node));
    TRY(add_ints(w, node, "dilations", (int64_t[]){step, step}, 2));
    return add_int(w, node, "group", row->groups > 1 ? (int64_t)row->groups : 1);
}

static amend_status write_clip(writer *w, const nn_row *row, const char *in, const char *out)
{
    char low[NAME], high[NAME];
    Onnx__NodeProto *node;
    snprintf(low, sizeof low, "%s.low", row->name);
    snprintf(high, sizeof high, "%s.high", row->name);
    TRY(add_tensor(w, low, &row->alpha, 0, NULL));
    TRY(add_tensor(w, high, &row->beta, 0, NULL));
    return add_node(w, "Clip", (const char *[]){in, low, high}, 3, out, &node);
}

/* x sigmoid(x), smooth or hard: operator set 13 has no name for either. */
static amend_status write_swish(writer *w, const nn_row *row, const char *in, const char *out)
{
    char gate[NAME];
    bool hard = row->function == NN_HARD_SWISH;
    Onnx__NodeProto *node;
    snprintf(gate, sizeof gate, "%s.gate", row->name);
    TRY(add_node(w, hard ? "HardSigmoid" : "Sigmoid", (const char *[]){in}, 1, gate, &node));
    if (hard) TRY(add_float(w, node, "alpha", 1.0f / 6));
    if (hard) TRY(add_float(w, node, "beta", 0.5f));
    return add_node(w, "Mul", (const char *[]){in, gate}, 2, out, &node);
}

static amend_status write_leaky(writer *w, const nn_row *row, const char *in, const char *out)
{
    Onnx__NodeProto *node;
    TRY(add_node(w, "LeakyRelu", (const char *[]){in}, 1, out, &node));
    return add_float(w, node, "alpha", row->alpha);
}

static amend_status write_slopes(writer *w, const nn_row *row, const char *in, const char *out)
{
    const nn_param *p = nn_params_find(w->network->params, row->name, "weight");
    char slopes[NAME];
    Onnx__NodeProto *node;
    snprintf(slopes, sizeof slopes, "%s.weight", row->name);
    if (!p) return status_error(AMEND_INTERNAL, "no tensor '%s'", slopes);
    TRY(add_tensor(w, slopes, p->value, 3, (size_t[]){p->count, 1, 1}));
    return add_node(w, "PRelu", (const char *[]){in, slopes}, 2, out, &node);
}

static amend_status write_activation(writer *w, const nn_row *row, const char *in, const char *out)
{
    Onnx__NodeProto *node;
    switch (row->function) {
    case NN_CLIP:
        return write_clip(w, row, in, out);
    case NN_LEAKY:
        return write_leaky(w, row, in, out);
    case NN_SLOPES:
        return write_slopes(w, row, in, out);
    case NN_TANH:
        return add_node(w, "Tanh", (const char *[]){in}, 1, out, &node);
    case NN_SIGMOID:
        return add_node(w, "Sigmoid", (const char *[]){in}, 1, out, &node);
    case NN_HARD_SIGMOID:
        TRY(add_node(w, "HardSigmoid", (const char *[]){in}, 1, out, &node));
        TRY(add_float(w, node, "alpha", row->alpha));
        return add_float(w, node, "beta", row->beta);
    case NN_SWISH:
    case NN_HARD_SWISH:
        return write_swish(w, row, in, out);
    default:
        return status_error(AMEND_UNSUPPORTED, "activation %s: cannot be written as ONNX", row->name);
    }
}

/* Channels by number, behind one another where they are those of two maps. */
static amend_status write_gather(writer *w, const nn_row *row, const char *in, const char *other, const char *out)
{
    char joined[NAME], picks[NAME];
    uint32_t *chosen;
    Onnx__NodeProto *node;
    TRY(take(w, &chosen, row->channels, sizeof *chosen));
    if (!nn_rows_picks(w->network->table, row, chosen))
        return status_error(AMEND_UNSUPPORTED, "gather %s: cannot be written as ONNX", row->name);
    snprintf(joined, sizeof joined, "%s.joined", row->name);
    snprintf(picks, sizeof picks, "%s.picks", row->name);
    if (row->pair) {
        TRY(add_node(w, "Concat", (const char *[]){in, other}, 2, joined, &node));
        TRY(add_int(w, node, "axis", 1));
    }
    TRY(add_integers(w, picks, chosen, row->channels));
    TRY(add_node(w, "Gather", (const char *[]){row->pair ? joined : in, picks}, 2, out, &node));
    return add_int(w, node, "axis", 1);
}

static const char *operation_name(nn_operation operation)
{
    static const char *const names[] = {"Add", "Sub", "Mul", "Div"};
    return names[operation];
}

/* The linear row reads channels last. */
static amend_status write_linear(writer *w, const nn_row *row, const char *in)
{
    char weight[NAME], bias[NAME];
    Onnx__NodeProto *node;
    TRY(add_param(w, row, "weight", weight, sizeof weight));
    TRY(add_param(w, row, "bias", bias, sizeof bias));
    TRY(add_node(w, "Transpose", (const char *[]){in}, 1, "channels_last", &node));
    TRY(add_ints(w, node, "perm", (int64_t[]){0, 2, 3, 1}, 4));
    TRY(add_node(w, "Flatten", (const char *[]){"channels_last"}, 1, "features", &node));
    TRY(add_int(w, node, "axis", 1));
    TRY(add_node(w, "Gemm", (const char *[]){"features", weight, bias}, 3, "logits", &node));
    TRY(add_int(w, node, "transB", 1));
    const float scale = 1 / w->network->temperature;
    TRY(add_tensor(w, "coolness", &scale, 1, (size_t[]){1}));
    TRY(add_node(w, "Mul", (const char *[]){"logits", "coolness"}, 2, "cooled", &node));
    TRY(add_node(w, "Softmax", (const char *[]){"cooled"}, 1, "probabilities", &node));
    return add_int(w, node, "axis", 1);
}

static amend_status write_row(writer *w, size_t index)
{
    const nn_row *row = &w->network->table->rows[index];
    char in[NAME], other[NAME], out[NAME];
    Onnx__NodeProto *node;
    value_name(w, row->in[0], in);
    value_name(w, row->in[1], other);
    value_name(w, index, out);
    switch (row->kind) {
    case NN_CONV:
        return write_conv(w, row, in, out);
    case NN_RELU:
        return add_node(w, "Relu", (const char *[]){in}, 1, out, &node);
    case NN_ACTIVATION:
        return write_activation(w, row, in, out);
    case NN_COMBINE:
        return add_node(w, operation_name(row->operation), (const char *[]){in, other}, 2, out, &node);
    case NN_GATHER:
        return write_gather(w, row, in, other, out);
    case NN_ADD:
        return add_node(w, "Add", (const char *[]){in, other}, 2, out, &node);
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        TRY(add_node(w, row->kind == NN_MAX_POOL ? "MaxPool" : "AveragePool", (const char *[]){in}, 1, out, &node));
        if (row->count_padding) TRY(add_int(w, node, "count_include_pad", 1));
        return add_window(w, row, node);
    case NN_GLOBAL_POOL:
        return add_node(w, "GlobalAveragePool", (const char *[]){in}, 1, out, &node);
    case NN_LINEAR:
        return write_linear(w, row, in);
    default:
        return status_error(AMEND_UNSUPPORTED, "%s %s: cannot be written as ONNX", nn_kind_name(row->kind), row->name);
    }
}

/* x * scale + shift a channel, from 0 .. 255. */
static amend_status write_normalisation(writer *w)
{
    size_t channels = w->network->table->shapes[0].c;
    float scale[4], shift[4];
    Onnx__NodeProto *node;
    for (size_t c = 0; c < channels; c++) {
        scale[c] = 1 / (255 * w->network->deviation[c]);
        shift[c] = -w->network->mean[c] / w->network->deviation[c];
    }
    TRY(add_tensor(w, "scale", scale, 4, (size_t[]){1, channels, 1, 1}));
    TRY(add_tensor(w, "shift", shift, 4, (size_t[]){1, channels, 1, 1}));
    TRY(add_node(w, "Mul", (const char *[]){"image", "scale"}, 2, "scaled", &node));
    return add_node(w, "Add", (const char *[]){"scaled", "shift"}, 2, "normalised", &node);
}

static amend_status write_graph(writer *w)
{
    const nn_table *table = w->network->table;
    const nn_shape in = table->shapes[0], out = table->shapes[table->count - 1];
    onnx__graph_proto__init(&w->graph);
    TRY(take(w, &w->graph.node, 2 * table->count + 8, sizeof *w->graph.node));
    TRY(take(w, &w->graph.initializer, 2 * table->count + 8, sizeof *w->graph.initializer));
    TRY(take(w, &w->graph.input, 1, sizeof *w->graph.input));
    TRY(take(w, &w->graph.output, 2, sizeof *w->graph.output));
    TRY(take_text(w, "amend", &w->graph.name));
    TRY(write_normalisation(w));
    for (size_t i = 1; i < table->count; i++) TRY(write_row(w, i));
    TRY(make_info(w, "image", (size_t[]){0, in.c, in.h, in.w}, 4, &w->graph.input[w->graph.n_input++]));
    TRY(make_info(w, "logits", (size_t[]){0, out.c}, 2, &w->graph.output[w->graph.n_output++]));
    return make_info(w, "probabilities", (size_t[]){0, out.c}, 2, &w->graph.output[w->graph.n_output++]);
}

static amend_status write_meta(writer *w, Onnx__ModelProto *model)
{
    TRY(take(w, &model->metadata_props, w->network->meta_count, sizeof *model->metadata_props));
    for (size_t i = 0; i < w->network->meta_count; i++) {
        Onnx__StringStringEntryProto *entry;
        TRY(take(w, &entry, 1, sizeof *entry));
        onnx__string_string_entry_proto__init(entry);
        TRY(take_text(w, w->network->meta[i].key, &entry->key));
        TRY(take_text(w, w->network->meta[i].value, &entry->value));
        model->metadata_props[model->n_metadata_props++] = entry;
    }
    return status_ok();
}

static amend_status pack(writer *w, uint8_t **bytes, size_t *size)
{
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[] = {&opset};
    TRY(write_graph(w));
    TRY(write_meta(w, &model));
    opset.has_version = model.has_ir_version = 1;
    opset.version = 13;
    opset.domain = (char *)"";
    model.ir_version = 7;
    model.producer_name = (char *)"amend";
    model.producer_version = (char *)AMEND_VERSION;
    model.opset_import = opsets;
    model.n_opset_import = 1;
    model.graph = &w->graph;
    *size = onnx__model_proto__get_packed_size(&model);
    TRY(take(w, bytes, *size, 1));
    onnx__model_proto__pack(&model, *bytes);
    return status_ok();
}

amend_status onnx_write(const onnx_export *network, const char *path)
{
    writer w = {.network = network};
    uint8_t *bytes = NULL;
    size_t size = 0;
    amend_status status = status_prefix(pack(&w, &bytes, &size), "%s", path);
    if (!status.code) status = file_write(path, bytes, size);
    for (size_t i = 0; i < w.pool_count; i++) mem_free(w.pool[i]);
    mem_free(w.pool);
    return status;
}
