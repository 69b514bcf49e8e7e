/* ONNX networks as our tables: every node becomes rows that nn/program.h runs (and nn/plan.h trains, where all rows are
 * of kinds that it knows). What only depends on shapes and constants is worked out here, once; what only moves values
 * is kept as a view and costs nothing until some row needs them in order. Sizes are fixed at import, for a batch of
 * one; a program of more samples runs them side by side. */
#ifndef WEIGHTS_ONNX_IMPORT_H
#define WEIGHTS_ONNX_IMPORT_H

#include "nn/params.h"
#include "nn/program.h"
#include "weights/onnx_file.h"

typedef struct onnx_output {
    char name[NN_NAME_SIZE];
    size_t row;
    size_t rank, dims[ONNX_MAX_RANK]; /* its values lie in this order in the row's result */
} onnx_output;

typedef struct onnx_network {
    nn_table table;
    nn_params params;
    onnx_output outputs[NN_MAX_OUTPUTS];
    size_t output_count;
    uint32_t **sources; /* of the table's gathering rows */
    size_t source_count;
} onnx_network;

typedef struct onnx_import_options {
    size_t height, width; /* for inputs whose size the file leaves open; 0: must be in the file */
    bool fold;            /* batch normalisations into the convolutions before them: for programs */
    bool backbone;        /* only up to the last feature map, the table's last row then, in rows that nn/rows.h can say
                             and nn/plan.h trains; no outputs */
} onnx_import_options;

/* The input is the graph's only one without a value: 1 x channels x height x width, or with channels last (1 or 3; also
 * 2 and 4). Errors name the node and its operator. */
amend_status onnx_import(const onnx_file *file, const onnx_import_options *options,
                         onnx_network **network) AMEND_MUST_USE;
void onnx_network_free(onnx_network *network); /* accepts NULL */

const onnx_output *onnx_network_output(const onnx_network *network, const char *name); /* NULL: not there */

#endif
