/* Values and rows of a graph while it is imported. */
#include "weights/onnx_graph.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"

enum { MAX_VALUES = 1 << 28 /* in one value, most of which may be repeated */, ROOM_EACH = 16 };

amend_status graph_error(const graph *g, amend_code code, const char *format, ...)
{
    char text[AMEND_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *name = g->node->name && *g->node->name         ? g->node->name
                       : g->node->n_output && *g->node->output ? g->node->output[0]
                                                               : "";
    return status_error(code, "%s: node '%.80s' (%.40s): %s", g->file->name, name, g->node->op_type, text);
}

/* ---- values ---- */

size_t value_count(const graph_value *value)
{
    size_t count = 1;
    for (size_t i = 0; i < value->rank; i++) count *= value->dims[i];
    return count;
}

void value_set_dims(graph_value *value, size_t rank, const size_t *dims)
{
    size_t stride = 1;
    value->rank = rank;
    for (size_t i = rank; i-- > 0;) {
        value->dims[i] = dims[i];
        value->strides[i] = stride;
        stride *= dims[i];
    }
}

bool value_is_integer(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != floor(values[i])) return false;
    return true;
}

void value_coordinates(size_t rank, const size_t *dims, size_t position, size_t *coordinates)
{
    for (size_t i = rank; i-- > 0;) {
        coordinates[i] = position % dims[i];
        position /= dims[i];
    }
}

void value_next(size_t rank, const size_t *dims, size_t *coordinates)
{
    for (size_t i = rank; i-- > 0;) {
        if (++coordinates[i] < dims[i]) return;
        coordinates[i] = 0;
    }
}

size_t value_at(const graph_value *value, const size_t *coordinates)
{
    size_t at = value->offset;
    for (size_t i = 0; i < value->rank; i++) at += coordinates[i] * value->strides[i];
    return at;
}

size_t value_element(const graph_value *value, size_t position)
{
    size_t at = value->offset;
    for (size_t i = value->rank; i-- > 0;) {
        at += position % value->dims[i] * value->strides[i];
        position /= value->dims[i];
    }
    return at;
}

static bool count_values(size_t rank, const size_t *dims, size_t *count)
{
    *count = 1;
    for (size_t i = 0; i < rank; i++)
        if (!mem_multiply(*count, dims[i], count) || *count > MAX_VALUES) return false;
    return true;
}

amend_status graph_take_room(graph *g, size_t rank, const size_t *dims, size_t *count)
{
    if (!count_values(rank, dims, count) || *count + ROOM_EACH > g->room)
        return graph_error(g, AMEND_BAD_DATA, "more values than a file of %zu bytes may make", g->file->bytes);
    g->room -= *count + ROOM_EACH;
    return status_ok();
}

amend_status graph_new_constant(graph *g, size_t rank, const size_t *dims, graph_value *value)
{
    size_t count;
    TRY(graph_take_room(g, rank, dims, &count));
    TRY(mem_grow(&g->constants, g->constant_count, g->constant_count + 1, sizeof *g->constants, "constants"));
    *value = (graph_value){0};
    TRY(mem_alloc(&value->constant, count ? count : 1, sizeof(double), "constant"));
    g->constants[g->constant_count++] = value->constant;
    value_set_dims(value, rank, dims);
    return status_ok();
}

amend_status graph_tensor(graph *g, const Onnx__TensorProto *proto, graph_value *value)
{
    onnx_tensor t;
    amend_status status = onnx_tensor_read(proto, &t);
    if (status.code) return graph_error(g, status.code, "%s", status.message);
    status = graph_new_constant(g, t.rank, t.dims, value);
    if (!status.code) {
        memcpy(value->constant, t.values, t.count * sizeof *t.values);
        value->is_whole = t.is_whole;
    }
    mem_free(t.values);
    return status;
}

void graph_row_value(size_t index, size_t rank, const size_t *dims, graph_value *value)
{
    *value = (graph_value){.row = index};
    value_set_dims(value, rank, dims);
    if (rank != 4) return;
    value->strides[0] = dims[1] * dims[2] * dims[3];
    value->strides[1] = 1;
    value->strides[2] = dims[3] * dims[1];
    value->strides[3] = dims[1];
}

/* ---- inputs, attributes, outputs ---- */

bool graph_has_input(const graph *g, size_t index)
{
    return index < g->node->n_input && *g->node->input[index];
}

bool graph_has_output(const graph *g, size_t index)
{
    return index < g->node->n_output && *g->node->output[index];
}

static uint64_t hash_name(const char *name)
{
    return hash_bytes(HASH_START, name, strlen(name));
}

const graph_value *graph_find(const graph *g, const char *name)
{
    uint64_t hash = hash_name(name);
    for (size_t i = g->count; i-- > 0;)
        if (g->hashes[i] == hash && !strcmp(g->values[i].name, name)) return &g->values[i];
    return NULL;
}

amend_status graph_input(const graph *g, size_t index, graph_value *value)
{
    if (!graph_has_input(g, index)) return graph_error(g, AMEND_BAD_DATA, "input %zu is missing", index + 1);
    const graph_value *found = graph_find(g, g->node->input[index]);
    if (!found)
        return graph_error(g, AMEND_BAD_DATA, "its input '%.80s' is made by no earlier node", g->node->input[index]);
    *value = *found;
    return status_ok();
}

amend_status graph_constant(graph *g, size_t index, graph_value *value, const double **values, size_t *count)
{
    TRY(graph_input(g, index, value));
    if (!value->constant)
        return graph_error(g, AMEND_UNSUPPORTED, "its input '%.80s' must be a constant", g->node->input[index]);
    TRY(graph_in_order(g, value, false, value));
    *values = value->constant + value->offset;
    *count = value_count(value);
    return status_ok();
}

const Onnx__AttributeProto *graph_attribute(const graph *g, const char *name)
{
    for (size_t i = 0; i < g->node->n_attribute; i++)
        if (g->node->attribute[i]->name && !strcmp(g->node->attribute[i]->name, name)) return g->node->attribute[i];
    return NULL;
}

int64_t graph_int(const graph *g, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *a = graph_attribute(g, name);
    return a ? a->i : otherwise;
}

float graph_float(const graph *g, const char *name, float otherwise)
{
    const Onnx__AttributeProto *a = graph_attribute(g, name);
    return a ? a->f : otherwise;
}

bool graph_string_is(const graph *g, const char *name, const char *text)
{
    const Onnx__AttributeProto *a = graph_attribute(g, name);
    return a && a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}

amend_status graph_ints(graph *g, const char *name, size_t index, int64_t *values, size_t *count)
{
    const Onnx__AttributeProto *a = graph_attribute(g, name);
    *count = 0;
    if (a && a->n_ints > ONNX_MAX_INTS)
        return graph_error(g, AMEND_BAD_DATA, "attribute %s has %zu values; %d are possible", name, a->n_ints,
                           ONNX_MAX_INTS);
    for (size_t i = 0; a && i < a->n_ints; i++) values[(*count)++] = a->ints[i];
    if (a || !index || !graph_has_input(g, index)) return status_ok();
    graph_value value;
    const double *given;
    TRY(graph_constant(g, index, &value, &given, count));
    if (*count > ONNX_MAX_INTS || !value_is_integer(given, *count))
        return graph_error(g, AMEND_BAD_DATA, "its input '%.80s' is not a short list of whole numbers",
                           g->node->input[index]);
    for (size_t i = 0; i < *count; i++) values[i] = (int64_t)fmin(fmax(given[i], -9e15), 9e15); /* "to the end" */
    return status_ok();
}

amend_status graph_axis(const graph *g, int64_t axis, size_t rank, size_t *at)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return graph_error(g, AMEND_BAD_DATA, "axis %lld of a value with %zu dimensions", (long long)axis, rank);
    *at = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
    return status_ok();
}

amend_status graph_output(graph *g, size_t index, const graph_value *value)
{
    size_t count;
    if (!graph_has_output(g, index)) return status_ok();
    if (!count_values(value->rank, value->dims, &count))
        return graph_error(g, AMEND_BAD_DATA, "a result of more than %d values", MAX_VALUES);
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? 2 * g->capacity : 256;
        TRY(mem_grow(&g->values, g->capacity, capacity, sizeof *g->values, "values of the graph"));
        TRY(mem_grow(&g->hashes, g->capacity, capacity, sizeof *g->hashes, "values of the graph"));
        g->capacity = capacity;
    }
    g->hashes[g->count] = hash_name(g->node->output[index]);
    g->values[g->count] = *value;
    g->values[g->count++].name = g->node->output[index];
    return status_ok();
}

/* ---- rows ---- */

amend_status graph_add_row(graph *g, nn_row row, size_t *index)
{
    nn_table *table = &g->network->table;
    for (size_t i = table->count; !*row.name || nn_table_has(table, row.name); i++)
        snprintf(row.name, sizeof row.name, "node%zu", i);
    amend_status status = nn_table_add(table, row, index);
    return status.code ? graph_error(g, status.code, "%s", status.message) : status;
}

amend_status graph_fill(graph *g, size_t row, const char *suffix, size_t count, float **values)
{
    TRY(mem_grow(&g->fills, g->fill_count, g->fill_count + 1, sizeof *g->fills, "parameters"));
    struct graph_fill *fill = &g->fills[g->fill_count];
    TRY(mem_alloc(&fill->values, count, sizeof(float), "parameter"));
    fill->row = row;
    fill->suffix = suffix;
    fill->count = count;
    g->fill_count++;
    *values = fill->values;
    return status_ok();
}
