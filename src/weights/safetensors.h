/* The safetensors format (huggingface/safetensors, format description in its README): 8-byte little-endian header
 * length, JSON header, tensor bytes. */
#ifndef WEIGHTS_SAFETENSORS_H
#define WEIGHTS_SAFETENSORS_H

#include "weights/tensor.h"

typedef struct safetensors safetensors;

/* Whether a file begins as one: a length that a header may have, then JSON. */
bool safetensors_begins(const unsigned char *bytes, size_t size);

/* Maps and checks the whole file: header length, JSON, types, shapes, offsets inside the file, no overlap, no hole. */
amend_status safetensors_open(const char *path, safetensors **file) AMEND_MUST_USE;
void safetensors_free(safetensors *file);

size_t safetensors_count(const safetensors *file);
tensor_view safetensors_at(const safetensors *file, size_t index);              /* in file order */
const tensor_view *safetensors_find(const safetensors *file, const char *name); /* NULL: not there */
const char *safetensors_meta(const safetensors *file, const char *key);         /* __metadata__; NULL: not there */

/* The entry of __metadata__ behind that of *key, in file order, or the first one when *key is NULL; false past the last
 * one. */
bool safetensors_meta_next(const safetensors *file, const char **key, const char **value);
const char *safetensors_path(const safetensors *file);

/* Values as f32 (from F32, BF16, F16, F64) into out; the tensor must have exactly the given shape, else an error that
 * names file and tensor and both shapes; missing: an error that says so. */
amend_status safetensors_read_f32(const safetensors *file, const char *name, const size_t *shape, size_t dims,
                                  float *out) AMEND_MUST_USE;

/* One value to write: f32 in memory, stored as F32 or BF16 (round to nearest even); or raw bytes of another type. */
typedef struct tensor_entry {
    const char *name;
    tensor_type stored;
    size_t dims, shape[TENSOR_MAX_DIMS];
    const void *data; /* float for F32 and BF16; else bytes of the stored type */
} tensor_entry;

typedef struct meta_entry {
    const char *key, *value;
} meta_entry;

/* Metadata of any kind of weight file. */
typedef struct meta_source {
    const char *path; /* for messages */
    const void *file;
    const char *(*find)(const void *file, const char *key); /* NULL: not there */
} meta_source;

meta_source safetensors_meta_source(const safetensors *file);

/* Writes all of it atomically (base/file.h). Data start 8-byte aligned. Same input, same bytes. */
amend_status safetensors_write(const char *path, const tensor_entry *tensors, size_t count, const meta_entry *meta,
                               size_t metas) AMEND_MUST_USE;

#endif
