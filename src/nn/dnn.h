/* oneDNN, and nothing else: the one place that knows its C API, in version 2.6 and in 3.x. A job is a primitive whose
 * buffers are bound once and which is then run any number of times without allocation. */
#ifndef NN_DNN_H
#define NN_DNN_H

#include <stdbool.h>

#include "base/status.h"
#include "nn/type.h"

typedef struct dnn_job dnn_job;

typedef struct dnn_conv {
    nn_shape in;  /* NHWC */
    nn_shape out; /* NHWC */
    size_t kernel, stride, pad;
    nn_type type; /* of feature maps and weights; gradients of weights are f32 */
} dnn_conv;

typedef enum dnn_pass { DNN_FORWARD, DNN_BACKWARD_DATA, DNN_BACKWARD_WEIGHTS } dnn_pass;

/* A convolution pass. Buffers, in the order of dnn_bind: feature map in, weights, feature map out (their gradients where
 * the pass computes or takes gradients). Weights have oneDNN's own layout: dnn_pack_create makes them from OIHW.
 * `free_layouts`: feature maps too have the layout that oneDNN likes best (only to measure the floor). */
amend_status dnn_conv_create(const dnn_conv *conv, dnn_pass pass, bool free_layouts, dnn_job **job) AMEND_MUST_USE;

/* A reorder of plain OIHW f32 weights (buffer 0) into the weights of `conv` (buffer 1), or with `unpack` of the weight
 * gradient of `conv` (buffer 0) into OIHW f32 (buffer 1). */
amend_status dnn_pack_create(const dnn_job *conv, bool unpack, dnn_job **job) AMEND_MUST_USE;

/* Max pooling or average pooling (padding not counted). Forward buffers: in, out, workspace. Backward: gradient of in,
 * gradient of out, workspace. */
amend_status dnn_pool_create(const dnn_conv *pool, bool maximum, bool backward, dnn_job **job) AMEND_MUST_USE;

void dnn_free(dnn_job *job);

enum { DNN_BUFFERS = 3 };
size_t dnn_buffer_size(const dnn_job *job, size_t buffer); /* bytes; 0: the job has no such buffer */
size_t dnn_scratch_size(const dnn_job *job);

/* Buffers stay the caller's and must be 64-byte aligned; scratch may be shared by jobs that run one after another. */
amend_status dnn_bind(dnn_job *job, void *const buffers[DNN_BUFFERS], void *scratch) AMEND_MUST_USE;
amend_status dnn_run(const dnn_job *job) AMEND_MUST_USE;

/* "2.6.3". */
const char *dnn_version(void);

#endif
