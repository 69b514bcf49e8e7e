/* The importing functions, by subject. https://github.com/onnx/onnx/blob/main/docs/Operators.md */
#ifndef WEIGHTS_ONNX_OPERATORS_H
#define WEIGHTS_ONNX_OPERATORS_H

#include "weights/onnx_graph.h"

/* onnx_layers.c */
graph_operator onnx_conv, onnx_gemm, onnx_matmul, onnx_batch_norm;
/* onnx_pools.c */
graph_operator onnx_max_pool, onnx_average_pool, onnx_global_average_pool, onnx_reduce_mean;
/* onnx_values.c */
graph_operator onnx_activation, onnx_clip, onnx_prelu, onnx_arithmetic, onnx_softmax, onnx_same, onnx_unary;
/* onnx_views.c */
graph_operator onnx_reshape, onnx_flatten, onnx_squeeze, onnx_unsqueeze, onnx_transpose, onnx_slice, onnx_split,
    onnx_expand, onnx_depth_to_space, onnx_shape, onnx_constant, onnx_constant_of_shape;
/* onnx_moves.c */
graph_operator onnx_concat, onnx_gather, onnx_pad, onnx_resize;

/* A window that slides over a map, as attributes say it; [0] is height, [1] width. */
typedef struct onnx_window {
    size_t kernel[2], stride[2], gap[2], before[2], after[2];
} onnx_window;

/* kernel: from the attribute, or the given one. Works out auto_pad and ceil_mode. */
amend_status onnx_read_window(graph *g, const graph_value *map, const size_t *kernel,
                              onnx_window *window) AMEND_MUST_USE;

/* Fills a row's window; where padding is uneven, adds a row that pads with `fill` and replaces *map. */
amend_status onnx_fit_window(graph *g, graph_value *map, onnx_window *window, float fill, nn_row *row) AMEND_MUST_USE;

/* A map with more lines around. Counts: above, left, below, right. */
amend_status onnx_pad_map(graph *g, const graph_value *map, const size_t before[2], const size_t after[2], float fill,
                          graph_value *padded) AMEND_MUST_USE;

/* A map (4 dimensions, batch of one) as a row. */
amend_status onnx_map_input(graph *g, size_t index, graph_value *map) AMEND_MUST_USE;

#endif
