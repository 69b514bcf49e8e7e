/* A tensor in a weight file, whatever the file's format: name, type, shape, and where its values lie. */
#ifndef WEIGHTS_TENSOR_H
#define WEIGHTS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { TENSOR_MAX_DIMS = 8, TENSOR_SHAPE_TEXT = 24 * TENSOR_MAX_DIMS };

typedef enum tensor_type {
    TENSOR_F32,
    TENSOR_BF16,
    TENSOR_F16,
    TENSOR_I64,
    TENSOR_I32,
    TENSOR_I8,
    TENSOR_U8,
    TENSOR_F64,
    TENSOR_I16,
    TENSOR_BOOL,
    TENSOR_U16,
    TENSOR_U32,
    TENSOR_U64
} tensor_type;

typedef struct tensor_view {
    const char *name;
    tensor_type type;
    size_t dims, shape[TENSOR_MAX_DIMS]; /* dims 0: a scalar, one value */
    const void *data;                    /* row-major; may be unaligned; NULL: the file (ONNX) has no plain values */
} tensor_view;

size_t tensor_values(const tensor_view *view); /* of a view that a file gave: they fit */
size_t tensor_bytes(const tensor_view *view);

/* "[64, 3, 7, 7]" */
void tensor_print_shape(char text[TENSOR_SHAPE_TEXT], const size_t *shape, size_t dims);

/* Values as f32 (from F32, BF16, F16, F64) into out; the tensor must have exactly the given shape, else an error that
 * names file (`path`) and tensor and both shapes. */
amend_status tensor_read_f32(const char *path, const tensor_view *view, const size_t *shape, size_t dims,
                             float *out) AMEND_MUST_USE;

#endif
