/* The types of stored tensors: names, sizes, and their values as f32. */
#ifndef WEIGHTS_DTYPE_H
#define WEIGHTS_DTYPE_H

#include "weights/tensor.h"

const char *dtype_name(tensor_type type); /* as in the file: "F32" */
size_t dtype_size(tensor_type type);      /* bytes a value */
bool dtype_find(const char *name, tensor_type *type);

/* Bytes of a tensor; false when they do not fit in size_t. */
bool dtype_bytes(tensor_type type, const size_t *shape, size_t dims, size_t *bytes);

/* `count` values at `data`, which may be unaligned, as f32. False when the type holds whole numbers. */
bool dtype_to_f32(tensor_type type, const void *data, size_t count, float *out);

#endif
