/* Compiled work of a network on maps: convolutions and pools, by whoever is fastest at them, oneDNN or our Winograd. A
 * job is immutable and shared; a call is a job with its buffers, which runs any number of times without allocation. */
#ifndef NN_JOB_H
#define NN_JOB_H

#include "nn/dnn.h"

typedef struct nn_job nn_job;
typedef struct nn_call nn_call;

/* A training pass of a convolution. Buffers, in the order of nn_job_bind: feature map in, packed weights, feature map
 * out (their gradients where the pass computes or takes gradients), bias. */
amend_status nn_job_conv(const dnn_conv *conv, dnn_pass pass, nn_job **job) AMEND_MUST_USE;

/* The inference pass of a convolution; its bias is made by nn_job_fit_bias. */
amend_status nn_job_fused_conv(const dnn_conv *conv, const dnn_fusion *fusion, nn_job **job) AMEND_MUST_USE;
void nn_job_fit_bias(const nn_job *job, const float *bias, size_t count, float *fitted);

/* From OIHW weights of type `plain` (buffer 0) to the packed ones of `conv` (buffer 1), or with `unpack` from the
 * packed gradient of `conv` (buffer 0) to OIHW (buffer 1). bf16 and s8 only for a convolution of that type. `conv` must
 * outlive it. */
amend_status nn_job_pack(const nn_job *conv, nn_type plain, bool unpack, nn_job **job) AMEND_MUST_USE;

/* The inference pass of a pooling: see dnn_pool_create. */
amend_status nn_job_pool(const dnn_conv *pool, dnn_pooling pooling, nn_job **job) AMEND_MUST_USE;

void nn_job_free(nn_job *job); /* accepts NULL */

size_t nn_job_weight_bytes(const nn_job *conv); /* of packed weights, or of their packed gradient */
size_t nn_job_scratch_bytes(const nn_job *job);

/* The job must outlive the call. Buffers stay the caller's and must be 64-byte aligned; scratch may be shared by calls
 * that run one after another. */
amend_status nn_job_bind(const nn_job *job, void *const buffers[DNN_BUFFERS], void *scratch,
                         nn_call **call) AMEND_MUST_USE;
amend_status nn_call_run(const nn_call *call) AMEND_MUST_USE;
void nn_call_free(nn_call *call); /* accepts NULL */

#endif
