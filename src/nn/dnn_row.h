/* What oneDNN must know of a row that slides a window. */
#ifndef NN_DNN_ROW_H
#define NN_DNN_ROW_H

#include "nn/dnn.h"
#include "nn/table.h"

static inline dnn_conv dnn_row_window(const nn_row *row, nn_shape in, nn_shape out, nn_type type)
{
    return (dnn_conv){.in = in,
                      .out = out,
                      .kernel = {nn_row_kernel(row, 0), nn_row_kernel(row, 1)},
                      .stride = row->stride,
                      .pad = {nn_row_pad(row, 0), nn_row_pad(row, 1)},
                      .pad_more = row->pad_more,
                      .groups = row->groups,
                      .dilation = row->dilation,
                      .bias = row->bias,
                      .type = type};
}

static inline dnn_pooling dnn_row_pooling(const nn_row *row)
{
    if (row->kind == NN_MAX_POOL) return DNN_MAXIMUM;
    return row->count_padding ? DNN_AVERAGE_PADDED : DNN_AVERAGE;
}

#endif
