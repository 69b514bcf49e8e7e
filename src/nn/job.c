/* Each job is oneDNN's or Winograd's; which, its shape decides, so that runs repeat bit by bit. */
#include "nn/job.h"

#include "base/mem.h"
#include "nn/winograd.h"

typedef enum duty { RUN, PACK, UNPACK } duty;

struct nn_job {
    dnn_job *dnn;             /* NULL: Winograd's */
    winograd *own;            /* freed with the job */
    const winograd *winograd; /* own, or of the convolution whose weights are packed */
    nn_type plain;            /* of those weights */
    duty duty;
};

struct nn_call {
    const nn_job *job;
    dnn_call *dnn;
    void *buffers[DNN_BUFFERS], *scratch;
};

static amend_status make(nn_job **made)
{
    *made = NULL;
    return mem_alloc(made, 1, sizeof **made, "job");
}

/* Passes the status on; a job that failed is freed. */
static amend_status finish(amend_status status, nn_job **job)
{
    if (!status.code) return status;
    nn_job_free(*job);
    *job = NULL;
    return status;
}

static amend_status make_winograd(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion, nn_job *job)
{
    TRY(winograd_create(conv, pass, fusion, &job->own));
    job->winograd = job->own;
    return status_ok();
}

amend_status nn_job_conv(const dnn_conv *conv, dnn_pass pass, nn_job **job)
{
    TRY(make(job));
    return finish(winograd_fits(conv, pass, NULL) ? make_winograd(conv, pass, NULL, *job)
                                                  : dnn_conv_create(conv, pass, false, &(*job)->dnn),
                  job);
}

amend_status nn_job_fused_conv(const dnn_conv *conv, const dnn_fusion *fusion, nn_job **job)
{
    TRY(make(job));
    return finish(winograd_fits(conv, DNN_INFERENCE, fusion) ? make_winograd(conv, DNN_INFERENCE, fusion, *job)
                                                             : dnn_fused_conv_create(conv, fusion, false, &(*job)->dnn),
                  job);
}

void nn_job_fit_bias(const nn_job *job, const float *bias, size_t count, float *fitted)
{
    if (job->dnn)
        dnn_fit_bias(job->dnn, bias, count, fitted);
    else
        memcpy(fitted, bias, count * sizeof *bias);
}

amend_status nn_job_pack(const nn_job *conv, nn_type plain, bool unpack, nn_job **job)
{
    TRY(make(job));
    (*job)->duty = unpack ? UNPACK : PACK;
    (*job)->winograd = conv->winograd;
    (*job)->plain = plain;
    return finish(conv->dnn ? dnn_pack_create(conv->dnn, plain, unpack, &(*job)->dnn) : status_ok(), job);
}

amend_status nn_job_pool(const dnn_conv *pool, dnn_pooling pooling, nn_job **job)
{
    TRY(make(job));
    return finish(dnn_pool_create(pool, pooling, DNN_INFERENCE, &(*job)->dnn), job);
}

void nn_job_free(nn_job *job)
{
    if (!job) return;
    dnn_free(job->dnn);
    winograd_free(job->own);
    mem_free(job);
}

size_t nn_job_weight_bytes(const nn_job *conv)
{
    return conv->dnn ? dnn_buffer_size(conv->dnn, 1) : winograd_weight_bytes(conv->winograd);
}

size_t nn_job_scratch_bytes(const nn_job *job)
{
    if (job->dnn) return dnn_scratch_size(job->dnn);
    return job->own ? winograd_scratch_bytes(job->own) : 0;
}

amend_status nn_job_bind(const nn_job *job, void *const buffers[DNN_BUFFERS], void *scratch, nn_call **made)
{
    nn_call *call = NULL;
    *made = NULL;
    TRY(mem_alloc(&call, 1, sizeof *call, "call"));
    call->job = job;
    for (size_t i = 0; i < DNN_BUFFERS; i++) call->buffers[i] = buffers[i];
    call->scratch = scratch;
    amend_status status = job->dnn ? dnn_bind(job->dnn, buffers, scratch, &call->dnn) : status_ok();
    if (status.code) {
        nn_call_free(call);
        return status;
    }
    *made = call;
    return status;
}

amend_status nn_call_run(const nn_call *call)
{
    const winograd *w = call->job->winograd;
    void *const *buffers = call->buffers;
    if (call->dnn) return dnn_run(call->dnn);
    if (call->job->duty == PACK)
        winograd_pack(w, call->job->plain, buffers[0], buffers[1]);
    else if (call->job->duty == UNPACK)
        winograd_unpack(w, buffers[0], buffers[1]);
    else
        winograd_run(w, buffers[0], buffers[1], buffers[2], buffers[3], call->scratch);
    return status_ok();
}

void nn_call_free(nn_call *call)
{
    if (!call) return;
    dnn_unbind(call->dnn);
    mem_free(call);
}
