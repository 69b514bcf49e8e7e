/* An ONNX file, parsed: protobuf-c's structs over the project's own onnx.proto. https://github.com/onnx/onnx */
#ifndef WEIGHTS_ONNX_FILE_H
#define WEIGHTS_ONNX_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "onnx.pb-c.h"
#include "weights/safetensors.h"

typedef struct onnx_file {
    char *name; /* for messages */
    Onnx__ModelProto *model;
    const Onnx__GraphProto *graph;
    int64_t opset; /* of the standard operators */
    size_t bytes;  /* of the file */
} onnx_file;

/* Files of strangers: messages nested deeper than any network's, or taking much more memory than their bytes, are
 * refused before they are parsed. Free with onnx_file_close. */
amend_status onnx_file_open(const char *path, onnx_file *file) AMEND_MUST_USE;

/* The same from memory; `name` stands in messages. */
amend_status onnx_file_parse(const void *bytes, size_t size, const char *name, onnx_file *file) AMEND_MUST_USE;

void onnx_file_close(onnx_file *file); /* accepts a zeroed one */

/* metadata_props. */
meta_source onnx_meta_source(const onnx_file *file);

enum { ONNX_MAX_RANK = 6 };

/* A tensor of the file in plain order. Integers are exact up to 2^53. */
typedef struct onnx_tensor {
    size_t rank, dims[ONNX_MAX_RANK], count;
    double *values; /* owned */
    bool is_whole;  /* of an integer type */
} onnx_tensor;

/* Float, double, half, bfloat16, integer and bool tensors that lie in the file itself. */
amend_status onnx_tensor_read(const Onnx__TensorProto *proto, onnx_tensor *tensor) AMEND_MUST_USE;

/* Its name, type and shape, and its values where they lie as the type says; else data is NULL and only onnx_tensor_read
 * may have them. Types that hold no numbers are shown as U8, and of more dimensions than TENSOR_MAX_DIMS only the
 * first.
 */
tensor_view onnx_tensor_view(const Onnx__TensorProto *proto);

#endif
