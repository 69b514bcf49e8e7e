/* oneDNN, and nothing else: the one place that knows its C API, in version 2.6 and in 3.x. A job is a compiled
 * primitive, immutable and shared; a call is a job with its buffers, which runs any number of times without allocation.
 */
#ifndef NN_DNN_H
#define NN_DNN_H

#include <stdbool.h>

#include "base/status.h"
#include "nn/type.h"

typedef struct dnn_job dnn_job;
typedef struct dnn_call dnn_call;

typedef enum dnn_pass { DNN_INFERENCE, DNN_FORWARD, DNN_BACKWARD_DATA, DNN_BACKWARD_WEIGHTS } dnn_pass;

typedef struct dnn_conv {
    nn_shape in;      /* NHWC */
    nn_shape out;     /* NHWC */
    size_t kernel[2]; /* height, width */
    size_t stride;
    size_t pad[2];   /* zeros above, left */
    size_t pad_more; /* pad + pad_more: below, right */
    size_t groups;   /* 0: 1 */
    size_t dilation; /* gap between taps; 0: dense */
    bool bias;       /* a fourth buffer: out.c floats (gradient of the bias where the pass computes it) */
    nn_type type; /* of the feature maps; of the weights too, unless it is u8 or s8 (weights: s8). Gradients of weights
                     are f32 */
} dnn_conv;

/* What an inference pass does in the same go: out = factor * function(scale * products + bias + sum_scale * out). */
typedef struct dnn_fusion {
    nn_type out;          /* type of the result */
    nn_function function; /* none, rectify, leaky, clip, sigmoid, swish or hard swish, of alpha and beta */
    float alpha, beta;
    bool sum;     /* adds to what `out` holds */
    nn_type held; /* sum: the type of that, as wide as `out` */
    float sum_scale;
    float factor;       /* 0: 1 */
    const float *scale; /* out.c values, or NULL: 1. Copied */
} dnn_fusion;

/* A training pass of a convolution. Buffers, in the order of dnn_bind: feature map in, weights, feature map out (their
 * gradients where the pass computes or takes gradients). Weights have oneDNN's own layout: dnn_pack_create makes them
 * from OIHW. `free_layouts`: feature maps too have the layout that oneDNN likes best (only to measure the floor). */
amend_status dnn_conv_create(const dnn_conv *conv, dnn_pass pass, bool free_layouts, dnn_job **job) AMEND_MUST_USE;

/* The inference pass of a convolution; its bias is made by dnn_fit_bias. */
amend_status dnn_fused_conv_create(const dnn_conv *conv, const dnn_fusion *fusion, bool free_layouts,
                                   dnn_job **job) AMEND_MUST_USE;

/* Puts a bias, given in the units of the result, into those that the job wants. */
void dnn_fit_bias(const dnn_job *job, const float *bias, size_t count, float *fitted);

/* A reorder of OIHW weights of type `plain` (buffer 0; f32, bf16, or s8 for a convolution of 8 bits) into the weights
 * of `conv` (buffer 1), or with `unpack` of the weight gradient of `conv` (buffer 0) into OIHW (buffer 1). */
amend_status dnn_pack_create(const dnn_job *conv, nn_type plain, bool unpack, dnn_job **job) AMEND_MUST_USE;

typedef enum dnn_pooling { DNN_MAXIMUM, DNN_AVERAGE, DNN_AVERAGE_PADDED /* padding counts as zeros */ } dnn_pooling;

/* A pooling; kernel, stride and pads of `pool` count. Buffers: in, out, workspace (not for inference);
 * DNN_BACKWARD_DATA: gradient of in, gradient of out, workspace. */
amend_status dnn_pool_create(const dnn_conv *pool, dnn_pooling pooling, dnn_pass pass, dnn_job **job) AMEND_MUST_USE;

void dnn_free(dnn_job *job); /* accepts NULL */

enum { DNN_BUFFERS = 4 };
size_t dnn_buffer_size(const dnn_job *job, size_t buffer); /* bytes; 0: the job has no such buffer */
size_t dnn_scratch_size(const dnn_job *job);

/* The job must outlive the call. Buffers stay the caller's and must be 64-byte aligned; scratch may be shared by calls
 * that run one after another. */
amend_status dnn_bind(const dnn_job *job, void *const buffers[DNN_BUFFERS], void *scratch,
                      dnn_call **call) AMEND_MUST_USE;
amend_status dnn_run(const dnn_call *call) AMEND_MUST_USE;
void dnn_unbind(dnn_call *call); /* accepts NULL */

/* "2.6.3". */
const char *dnn_version(void);

/* Whether oneDNN computes in this type on this processor at all (bf16 takes AVX-512), and whether faster than f32. */
bool dnn_has(nn_type type);
bool dnn_has_fast(nn_type type);

/* Whether it multiplies whole tiles of bf16 in one instruction (AMX). */
bool dnn_has_tiles(void);

/* Whether products of unsigned and signed bytes are added two by two in 16 bits, which may overflow: oneDNN's "Nuances
 * of int8 computations". */
bool dnn_adds_bytes_in_pairs(void);

#endif
