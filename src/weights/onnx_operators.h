/* The importing functions, by subject. https://github.com/onnx/onnx/blob/main/docs/Operators.md */
#ifndef WEIGHTS_ONNX_OPERATORS_H
#define WEIGHTS_ONNX_OPERATORS_H

#include "weights/onnx_graph.h"

/* onnx_layers.c */
graph_operator onnx_conv, onnx_gemm, onnx_matmul, onnx_batch_norm;
/* onnx_pools.c */
graph_operator onnx_max_pool, onnx_average_pool, onnx_global_average_pool, onnx_reduce_mean;
/* onnx_values.c */
graph_operator onnx_activation, onnx_clip, onnx_prelu, onnx_softmax, onnx_same, onnx_unary, onnx_cast, onnx_dropout;
/* onnx_arithmetic.c */
graph_operator onnx_arithmetic;
/* onnx_views.c */
graph_operator onnx_reshape, onnx_flatten, onnx_squeeze, onnx_unsqueeze, onnx_transpose, onnx_slice, onnx_split,
    onnx_expand, onnx_depth_to_space, onnx_shape, onnx_constant, onnx_constant_of_shape;
/* onnx_moves.c */
graph_operator onnx_concat, onnx_gather, onnx_pad;
/* onnx_resize.c */
graph_operator onnx_resize;

/* a and b, sides of 1 repeated; a constant where both are. */
amend_status onnx_combine(graph *g, nn_operation operation, graph_value a, graph_value b,
                          graph_value *made) AMEND_MUST_USE;

/* A value of these dims: element (i0, i1, ...) is that of `value` at (places[0][i0], places[1][i1], ...), or `fill`
 * where a place is -1. */
amend_status onnx_move_by_axes(graph *g, const graph_value *value, const size_t *dims, int64_t *const *places,
                               float fill, graph_value *moved) AMEND_MUST_USE;
/* Room for `count` places of one axis, from the graph's (graph_take_room). */
amend_status onnx_take_places(graph *g, size_t count, int64_t **places) AMEND_MUST_USE;
void onnx_free_places(int64_t *places[ONNX_MAX_RANK]);

/* A window that slides over a map, as attributes say it; [0] is height, [1] width. */
typedef struct onnx_window {
    size_t kernel[2], stride[2], gap[2], before[2], after[2];
    size_t extra[2]; /* of `after`: what ceil_mode added */
} onnx_window;

/* kernel: from the attribute, or the given one. Works out auto_pad and ceil_mode. */
amend_status onnx_read_window(graph *g, const graph_value *map, const size_t *kernel,
                              onnx_window *window) AMEND_MUST_USE;

/* Takes zeros that a Pad in front has put around the map as the window's own, where a row of this kind can say them;
 * false: it cannot, or there are none. */
bool onnx_take_padding(graph *g, graph_value *map, onnx_window *window, nn_kind kind);

/* Fills a row's window. Where a row cannot say it, *map is replaced: padded with `fill`, or spread. */
amend_status onnx_fit_window(graph *g, graph_value *map, onnx_window *window, float fill, nn_row *row) AMEND_MUST_USE;

/* Lays the map out so that windows do not overlap: window (y, x) as a square of taps of its own, `fill` where it is
 * outside or has no tap. The window becomes that square. */
amend_status onnx_spread_windows(graph *g, graph_value *map, onnx_window *window, float fill) AMEND_MUST_USE;

/* A map (4 dimensions, batch of one) as a row. */
amend_status onnx_map_input(graph *g, size_t index, graph_value *map) AMEND_MUST_USE;

#endif
