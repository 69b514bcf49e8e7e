/* Folded networks as ONNX files that other programs run. */
#ifndef WEIGHTS_ONNX_WRITE_H
#define WEIGHTS_ONNX_WRITE_H

#include "nn/params.h"
#include "weights/safetensors.h"

typedef struct onnx_export {
    const nn_table *table; /* convolutions, activations, sums, products, pools, means; one linear row at the end */
    const nn_params *params;
    const float *mean,
        *deviation;         /* a channel; the file takes pixels of 0 .. 255 and does (x / 255 - mean) / deviation */
    float temperature;      /* probabilities = softmax(logits / temperature) */
    const meta_entry *meta; /* kept as metadata_props */
    size_t meta_count;
} onnx_export;

/* Operator set 13. Input "image": batch x channels x height x width, f32, any batch; outputs "logits" and
 * "probabilities". Written whole or not at all. */
amend_status onnx_write(const onnx_export *network, const char *path) AMEND_MUST_USE;

#endif
