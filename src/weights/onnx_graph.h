/* What the importing functions of the operators share: the values of a graph and the rows made so far. */
#ifndef WEIGHTS_ONNX_GRAPH_H
#define WEIGHTS_ONNX_GRAPH_H

#include "weights/onnx_import.h"

/* A value of the graph: a view of a row's result or of a constant. Element (i0, i1, ...) is number
 * offset + i0 * strides[0] + ... of it. Row results lie as height x width x channels of one sample. */
typedef struct graph_value {
    const char *name; /* borrowed from the file */
    double *constant; /* kept by the graph; NULL: a row's result */
    bool is_whole;    /* a constant of whole numbers by its type, which divides as they do */
    size_t row;
    size_t rank, dims[ONNX_MAX_RANK], strides[ONNX_MAX_RANK], offset;
} graph_value;

typedef struct graph {
    const onnx_file *file;
    const Onnx__NodeProto *node; /* the one that is imported now */
    onnx_network *network;
    bool backbone;                               /* see onnx_import_options */
    const Onnx__NodeProto *made_by[NN_MAX_ROWS]; /* the node of each row */
    struct graph_border {                        /* of each row, when it was asked for: see onnx_take_padding */
        bool known, is_one;
        size_t before[2];
    } borders[NN_MAX_ROWS];
    graph_value *values;
    uint64_t *hashes; /* of the values' names */
    size_t count, capacity;
    double **constants;
    size_t constant_count;
    size_t room;        /* values that may still be worked out: see graph_take_room */
    struct graph_fill { /* values of parameters, set when the table is whole */
        size_t row;
        const char *suffix;
        float *values;
        size_t count;
    } * fills;
    size_t fill_count;
} graph;

typedef amend_status graph_operator(graph *g);

/* The importing function of an operator; NULL: not known. */
graph_operator *graph_find_operator(const char *type);

/* "node 'NAME' (TYPE): " and the rest. */
amend_status graph_error(const graph *g, amend_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4))) AMEND_MUST_USE;

/* ---- inputs, attributes and outputs of the node ---- */

bool graph_has_input(const graph *g, size_t index);
bool graph_has_output(const graph *g, size_t index);

/* The latest value of this name; NULL: there is none. */
const graph_value *graph_find(const graph *g, const char *name);
amend_status graph_input(const graph *g, size_t index, graph_value *value) AMEND_MUST_USE;

/* A constant input in plain order; *count values. */
amend_status graph_constant(graph *g, size_t index, graph_value *value, const double **values,
                            size_t *count) AMEND_MUST_USE;

const Onnx__AttributeProto *graph_attribute(const graph *g, const char *name); /* NULL: not there */
int64_t graph_int(const graph *g, const char *name, int64_t otherwise);
float graph_float(const graph *g, const char *name, float otherwise);
bool graph_string_is(const graph *g, const char *name, const char *text);

/* Whole numbers from an attribute or, where the node has it, from a constant input (index 0: no such input). At most
 * ONNX_MAX_INTS. *count 0: neither is there. */
enum { ONNX_MAX_INTS = 16 };
amend_status graph_ints(graph *g, const char *name, size_t index, int64_t *values, size_t *count) AMEND_MUST_USE;

/* -rank .. rank - 1 to 0 .. rank - 1. */
amend_status graph_axis(const graph *g, int64_t axis, size_t rank, size_t *at) AMEND_MUST_USE;

/* Names the node's output `index` (nothing happens when it has none). Refuses more values than any network has. */
amend_status graph_output(graph *g, size_t index, const graph_value *value) AMEND_MUST_USE;

/* ---- values ---- */

size_t value_count(const graph_value *value);
bool value_is_integer(const double *values, size_t count);

/* How many values `dims` have, at least 1 for a scalar. They are taken from the graph's room, which a larger file has
 * more of: what a few bytes say may not become gigabytes of constants and moved values. */
amend_status graph_take_room(graph *g, size_t rank, const size_t *dims, size_t *count) AMEND_MUST_USE;

/* Strides of plain order. */
void value_set_dims(graph_value *value, size_t rank, const size_t *dims);

/* A tensor of the file as a constant. */
amend_status graph_tensor(graph *g, const Onnx__TensorProto *proto, graph_value *value) AMEND_MUST_USE;

/* Room for a constant of the graph's, with its dims and plain strides set. */
amend_status graph_new_constant(graph *g, size_t rank, const size_t *dims, graph_value *value) AMEND_MUST_USE;

/* The number of the element at a plain-order position, and at coordinates. */
size_t value_element(const graph_value *value, size_t position);
size_t value_at(const graph_value *value, const size_t *coordinates);

/* Coordinates of a plain-order position, and of the one behind. */
void value_coordinates(size_t rank, const size_t *dims, size_t position, size_t *coordinates);
void value_next(size_t rank, const size_t *dims, size_t *coordinates);

/* The same value as one whose elements lie in plain order, or (as_map) a value of 4 dimensions as height x width x
 * channels; a gathering row is added where they do not yet. The row's shape is then known: see graph_shape_of. */
amend_status graph_in_order(graph *g, const graph_value *value, bool as_map, graph_value *ordered) AMEND_MUST_USE;

/* The same value in plain order, perhaps behind an offset and in a row of another shape: what a reshape needs. */
amend_status graph_flat(graph *g, const graph_value *value, graph_value *flat) AMEND_MUST_USE;

/* height x width x channels in which graph_in_order lays a value. */
amend_status graph_shape_of(const graph *g, const graph_value *value, bool as_map, nn_shape *shape) AMEND_MUST_USE;

/* ---- rows ---- */

/* Adds a row, under its number where it has no name or another row has that. */
amend_status graph_add_row(graph *g, nn_row row, size_t *index) AMEND_MUST_USE;

/* The value that is row `index` as a whole, with these dims: a map for 4 of them, else plain. */
void graph_row_value(size_t index, size_t rank, const size_t *dims, graph_value *value);

/* Keeps `count` values for the row's parameter; the graph frees them. *values is to be filled. */
amend_status graph_fill(graph *g, size_t row, const char *suffix, size_t count, float **values) AMEND_MUST_USE;

/* A new value of these dims whose element at plain-order position i is number elements[i] of a's row (or constant), or
 * of b's behind a's, or NN_FILL: `fill`. b NULL: none. */
amend_status graph_move(graph *g, const graph_value *a, const graph_value *b, size_t rank, const size_t *dims,
                        const uint32_t *elements, float fill, graph_value *moved) AMEND_MUST_USE;

/* Marks a row and all that it is made of. */
void graph_mark(const nn_table *table, size_t row, bool *needed);

/* The weights of rows that are left go with them. */
void graph_keep_fills(graph *g, const bool *needed, const size_t *went_to);

/* Leaves of the table the input and what makes the outputs. */
void graph_prune(graph *g);

/* Leaves of the table what makes the last feature map in front of row `end`, as rows that can be trained. */
amend_status graph_cut(graph *g, size_t end) AMEND_MUST_USE;

/* A constant as a row, so that it can meet values that are rows; others stay. */
amend_status graph_as_row(graph *g, const graph_value *value, graph_value *row) AMEND_MUST_USE;

#endif
