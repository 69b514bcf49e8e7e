/* Inside the reader of PyTorch checkpoints: a tensor as the pickle describes it, a strided view of a storage. */
#ifndef WEIGHTS_PTH_TENSOR_H
#define WEIGHTS_PTH_TENSOR_H

#include "weights/pth_storage.h"

typedef struct pth_tensor {
    pth_storage *storage;
    size_t dims, shape[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS], offset; /* in values */
} pth_tensor;

/* Checks the description against the storage's size: no negative or overflowing size, no value outside the storage.
 * `name` stands in messages. */
amend_status pth_tensor_read(const pickle *p, const pickle_value *value, const char *name, const pth_storages *storages,
                             pth_tensor *tensor) AMEND_MUST_USE;

/* Row-major without gaps? Then its values can be used where they lie. */
bool pth_tensor_is_contiguous(const pth_tensor *tensor);

size_t pth_tensor_bytes(const pth_tensor *tensor); /* when copied */
void pth_tensor_copy(const pth_tensor *tensor, unsigned char *out);

#endif
