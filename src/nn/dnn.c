/* oneDNN's C API behind dnn.h. 3.x made memory descriptors opaque and dropped operation descriptors: the functions up to
 * "both versions" are the whole difference. */
#include "nn/dnn.h"

#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* The engine is immutable, the stream runs in the caller's thread: both are made once and shared. */
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

struct dnn_job {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[DNN_BUFFERS + 1]; /* the last is the scratchpad */
    int role[DNN_BUFFERS + 1];             /* DNNL_ARG_..., 0: unused */
    size_t size[DNN_BUFFERS + 1];
    dnnl_exec_arg_t arguments[DNN_BUFFERS + 1];
    int count;
};

#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t layout_ref;
typedef dnnl_memory_desc_t layout;

static dnnl_status_t layout_make(layout *made, const dnnl_dims_t dims, nn_type type, dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(made, 4, dims, type == NN_F32 ? dnnl_f32 : dnnl_bf16, tag);
}

static layout_ref layout_of(const layout *made)
{
    return *made;
}

static void layout_drop(layout *made)
{
    if (*made) dnnl_memory_desc_destroy(*made);
}

static dnnl_status_t describe_conv(dnn_pass pass, layout in, layout weights, layout out, const dnnl_dims_t strides,
                                   const dnnl_dims_t pads, const_dnnl_primitive_attr_t attributes,
                                   const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *made)
{
    const dnnl_dims_t dense = {0, 0};
    if (pass == DNN_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(made, engine, dnnl_forward_training,
                                                              dnnl_convolution_direct, in, weights, NULL, out, strides,
                                                              dense, pads, pads, attributes);
    if (pass == DNN_BACKWARD_DATA)
        return dnnl_convolution_backward_data_primitive_desc_create(
            made, engine, dnnl_convolution_direct, in, weights, out, strides, dense, pads, pads, hint, attributes);
    return dnnl_convolution_backward_weights_primitive_desc_create(
        made, engine, dnnl_convolution_direct, in, weights, NULL, out, strides, dense, pads, pads, hint, attributes);
}

static dnnl_status_t describe_pool(bool backward, dnnl_alg_kind_t algorithm, layout in, layout out,
                                   const dnnl_dims_t strides, const dnnl_dims_t kernel, const dnnl_dims_t pads,
                                   const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint,
                                   dnnl_primitive_desc_t *made)
{
    const dnnl_dims_t dense = {0, 0};
    if (!backward)
        return dnnl_pooling_forward_primitive_desc_create(made, engine, dnnl_forward_training, algorithm, in, out,
                                                          strides, kernel, dense, pads, pads, attributes);
    return dnnl_pooling_backward_primitive_desc_create(made, engine, algorithm, in, out, strides, kernel, dense, pads,
                                                       pads, hint, attributes);
}

static dnnl_status_t describe_reorder(layout_ref from, layout_ref to, const_dnnl_primitive_attr_t attributes,
                                      dnnl_primitive_desc_t *made)
{
    return dnnl_reorder_primitive_desc_create(made, from, engine, to, engine, attributes);
}

#else

typedef const dnnl_memory_desc_t *layout_ref;
typedef dnnl_memory_desc_t layout;

static dnnl_status_t layout_make(layout *made, const dnnl_dims_t dims, nn_type type, dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(made, 4, dims, type == NN_F32 ? dnnl_f32 : dnnl_bf16, tag);
}

static layout_ref layout_of(const layout *made)
{
    return made;
}

static void layout_drop(layout *made)
{
    (void)made;
}

static dnnl_status_t describe_conv(dnn_pass pass, layout in, layout weights, layout out, const dnnl_dims_t strides,
                                   const dnnl_dims_t pads, const_dnnl_primitive_attr_t attributes,
                                   const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *made)
{
    dnnl_convolution_desc_t operation;
    dnnl_status_t status;
    if (pass == DNN_FORWARD)
        status = dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, dnnl_convolution_direct, &in,
                                                    &weights, NULL, &out, strides, pads, pads);
    else if (pass == DNN_BACKWARD_DATA)
        status = dnnl_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &in, &weights, &out,
                                                          strides, pads, pads);
    else
        status = dnnl_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &in, &weights, NULL,
                                                             &out, strides, pads, pads);
    if (status) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, hint);
}

static dnnl_status_t describe_pool(bool backward, dnnl_alg_kind_t algorithm, layout in, layout out,
                                   const dnnl_dims_t strides, const dnnl_dims_t kernel, const dnnl_dims_t pads,
                                   const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint,
                                   dnnl_primitive_desc_t *made)
{
    dnnl_pooling_desc_t operation;
    dnnl_status_t status;
    if (!backward)
        status = dnnl_pooling_forward_desc_init(&operation, dnnl_forward_training, algorithm, &in, &out, strides, kernel,
                                                pads, pads);
    else
        status = dnnl_pooling_backward_desc_init(&operation, algorithm, &in, &out, strides, kernel, pads, pads);
    if (status) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, hint);
}

static dnnl_status_t describe_reorder(layout_ref from, layout_ref to, const_dnnl_primitive_attr_t attributes,
                                      dnnl_primitive_desc_t *made)
{
    return dnnl_reorder_primitive_desc_create(made, from, engine, to, engine, attributes);
}

#endif

/* ---- both versions ---- */

static void make_engine(void)
{
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (!engine_status) engine_status = dnnl_stream_create(&stream, engine, dnnl_stream_in_order);
}

static amend_status check(dnnl_status_t status, const char *action)
{
    if (!status) return status_ok();
    if (status == dnnl_out_of_memory) return status_error(AMEND_NO_MEMORY, "oneDNN: out of memory while it %s", action);
    if (status == dnnl_unimplemented)
        return status_error(AMEND_UNSUPPORTED,
                            "oneDNN %s has no way to do this on this processor (it %s); try precision f32",
                            dnn_version(), action);
    return status_error(AMEND_INTERNAL, "oneDNN %s: error %d while it %s", dnn_version(), (int)status, action);
}

static amend_status job_begin(dnn_job **job, dnnl_primitive_attr_t *attributes)
{
    pthread_once(&engine_once, make_engine);
    TRY(check(engine_status, "opened the processor"));
    TRY(mem_alloc(job, 1, sizeof **job, "oneDNN job"));
    amend_status status = check(dnnl_primitive_attr_create(attributes), "made attributes");
    if (!status.code)
        status = check(dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user), "set attributes");
    return status;
}

/* Makes the primitive of job->description and learns its buffers' sizes. */
static amend_status job_finish(dnn_job *job, const dnnl_query_t layouts[DNN_BUFFERS], const int roles[DNN_BUFFERS])
{
    TRY(check(dnnl_primitive_create(&job->primitive, job->description), "compiled a primitive"));
    for (int i = 0; i <= DNN_BUFFERS; i++) {
        bool scratch = i == DNN_BUFFERS;
        job->role[i] = scratch ? DNNL_ARG_SCRATCHPAD : roles[i];
        if (!job->role[i]) continue;
        layout_ref wanted =
            dnnl_primitive_desc_query_md(job->description, scratch ? dnnl_query_scratchpad_md : layouts[i], 0);
        job->size[i] = wanted ? dnnl_memory_desc_get_size(wanted) : 0;
        if (!job->size[i]) {
            job->role[i] = 0;
            continue;
        }
        TRY(check(dnnl_memory_create(&job->memory[i], wanted, engine, DNNL_MEMORY_NONE), "described a buffer"));
        job->arguments[job->count].arg = job->role[i];
        job->arguments[job->count++].memory = job->memory[i];
    }
    return status_ok();
}

static void fill_dims(const dnn_conv *conv, dnnl_dims_t in, dnnl_dims_t weights, dnnl_dims_t out)
{
    const dnnl_dim_t values[3][4] = {
        {(dnnl_dim_t)conv->in.n, (dnnl_dim_t)conv->in.c, (dnnl_dim_t)conv->in.h, (dnnl_dim_t)conv->in.w},
        {(dnnl_dim_t)conv->out.c, (dnnl_dim_t)conv->in.c, (dnnl_dim_t)conv->kernel, (dnnl_dim_t)conv->kernel},
        {(dnnl_dim_t)conv->out.n, (dnnl_dim_t)conv->out.c, (dnnl_dim_t)conv->out.h, (dnnl_dim_t)conv->out.w}};
    for (int i = 0; i < 4; i++) {
        in[i] = values[0][i];
        weights[i] = values[1][i];
        out[i] = values[2][i];
    }
}

static dnnl_status_t describe_conv_pass(const dnn_conv *conv, dnn_pass pass, bool free_layouts,
                                        dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made)
{
    dnnl_dims_t in, weights, out;
    const dnnl_dims_t strides = {(dnnl_dim_t)conv->stride, (dnnl_dim_t)conv->stride};
    const dnnl_dims_t pads = {(dnnl_dim_t)conv->pad, (dnnl_dim_t)conv->pad};
    dnnl_format_tag_t tag = free_layouts ? dnnl_format_tag_any : dnnl_nhwc;
    layout in_layout = {0}, weight_layout = {0}, out_layout = {0};
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status;
    fill_dims(conv, in, weights, out);
    status = layout_make(&in_layout, in, conv->type, tag);
    if (!status)
        status = layout_make(&weight_layout, weights, pass == DNN_BACKWARD_WEIGHTS ? NN_F32 : conv->type,
                             dnnl_format_tag_any);
    if (!status) status = layout_make(&out_layout, out, conv->type, tag);
    if (!status && pass != DNN_FORWARD) status = describe_conv_pass(conv, DNN_FORWARD, free_layouts, attributes, &hint);
    if (!status)
        status = describe_conv(pass, in_layout, weight_layout, out_layout, strides, pads, attributes, hint, made);
    if (hint) dnnl_primitive_desc_destroy(hint);
    layout_drop(&in_layout);
    layout_drop(&weight_layout);
    layout_drop(&out_layout);
    return status;
}

amend_status dnn_conv_create(const dnn_conv *conv, dnn_pass pass, bool free_layouts, dnn_job **job)
{
    static const dnnl_query_t layouts[3][DNN_BUFFERS] = {
        {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
        {dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md},
        {dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md}};
    static const int roles[3][DNN_BUFFERS] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                              {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
                                              {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
    dnnl_primitive_attr_t attributes = NULL;
    *job = NULL;
    amend_status status = job_begin(job, &attributes);
    if (status.code) goto fail;
    status = check(describe_conv_pass(conv, pass, free_layouts, attributes, &(*job)->description),
                   "planned a convolution");
    if (status.code) goto fail;
    status = job_finish(*job, layouts[pass], roles[pass]);
    if (status.code) goto fail;
    dnnl_primitive_attr_destroy(attributes);
    return status;
fail:
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    dnn_free(*job);
    *job = NULL;
    return status;
}

amend_status dnn_pack_create(const dnn_job *conv, bool unpack, dnn_job **job)
{
    static const dnnl_query_t layouts[DNN_BUFFERS] = {dnnl_query_src_md, dnnl_query_dst_md, dnnl_query_undef};
    static const int roles[DNN_BUFFERS] = {DNNL_ARG_FROM, DNNL_ARG_TO, 0};
    layout_ref packed = dnnl_primitive_desc_query_md(
        conv->description, unpack ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    layout plain = {0};
    dnnl_dims_t dims;
    dnnl_primitive_attr_t attributes = NULL;
    *job = NULL;
    amend_status status = job_begin(job, &attributes);
    if (status.code) goto fail;
#if DNNL_VERSION_MAJOR >= 3
    dnnl_dims_t *known = NULL;
    status = check(dnnl_memory_desc_query(packed, dnnl_query_dims, &known), "read a layout");
    if (status.code) goto fail;
    memcpy(dims, *known, sizeof dims);
#else
    memcpy(dims, packed->dims, sizeof dims);
#endif
    status = check(layout_make(&plain, dims, NN_F32, dnnl_oihw), "described weights");
    if (status.code) goto fail;
    status = check(unpack ? describe_reorder(packed, layout_of(&plain), attributes, &(*job)->description)
                          : describe_reorder(layout_of(&plain), packed, attributes, &(*job)->description),
                   "planned a reorder");
    if (status.code) goto fail;
    status = job_finish(*job, layouts, roles);
    if (status.code) goto fail;
    layout_drop(&plain);
    dnnl_primitive_attr_destroy(attributes);
    return status;
fail:
    layout_drop(&plain);
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    dnn_free(*job);
    *job = NULL;
    return status;
}

static dnnl_status_t describe_pool_pass(const dnn_conv *pool, dnnl_alg_kind_t algorithm, bool backward,
                                        dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made)
{
    dnnl_dims_t in, unused, out;
    const dnnl_dims_t strides = {(dnnl_dim_t)pool->stride, (dnnl_dim_t)pool->stride};
    const dnnl_dims_t kernel = {(dnnl_dim_t)pool->kernel, (dnnl_dim_t)pool->kernel};
    const dnnl_dims_t pads = {(dnnl_dim_t)pool->pad, (dnnl_dim_t)pool->pad};
    layout in_layout = {0}, out_layout = {0};
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status;
    fill_dims(pool, in, unused, out);
    status = layout_make(&in_layout, in, pool->type, dnnl_nhwc);
    if (!status) status = layout_make(&out_layout, out, pool->type, dnnl_nhwc);
    if (!status && backward) status = describe_pool_pass(pool, algorithm, false, attributes, &hint);
    if (!status)
        status = describe_pool(backward, algorithm, in_layout, out_layout, strides, kernel, pads, attributes, hint, made);
    if (hint) dnnl_primitive_desc_destroy(hint);
    layout_drop(&in_layout);
    layout_drop(&out_layout);
    return status;
}

amend_status dnn_pool_create(const dnn_conv *pool, bool maximum, bool backward, dnn_job **job)
{
    static const dnnl_query_t layouts[2][DNN_BUFFERS] = {
        {dnnl_query_src_md, dnnl_query_dst_md, dnnl_query_workspace_md},
        {dnnl_query_diff_src_md, dnnl_query_diff_dst_md, dnnl_query_workspace_md}};
    static const int roles[2][DNN_BUFFERS] = {{DNNL_ARG_SRC, DNNL_ARG_DST, DNNL_ARG_WORKSPACE},
                                              {DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_WORKSPACE}};
    dnnl_alg_kind_t algorithm = maximum ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding;
    dnnl_primitive_attr_t attributes = NULL;
    *job = NULL;
    amend_status status = job_begin(job, &attributes);
    if (status.code) goto fail;
    status = check(describe_pool_pass(pool, algorithm, backward, attributes, &(*job)->description), "planned a pooling");
    if (status.code) goto fail;
    status = job_finish(*job, layouts[backward], roles[backward]);
    if (status.code) goto fail;
    dnnl_primitive_attr_destroy(attributes);
    return status;
fail:
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    dnn_free(*job);
    *job = NULL;
    return status;
}

void dnn_free(dnn_job *job)
{
    if (!job) return;
    for (int i = 0; i <= DNN_BUFFERS; i++)
        if (job->memory[i]) dnnl_memory_destroy(job->memory[i]);
    if (job->primitive) dnnl_primitive_destroy(job->primitive);
    if (job->description) dnnl_primitive_desc_destroy(job->description);
    mem_free(job);
}

size_t dnn_buffer_size(const dnn_job *job, size_t buffer)
{
    return job->size[buffer];
}

size_t dnn_scratch_size(const dnn_job *job)
{
    return job->size[DNN_BUFFERS];
}

amend_status dnn_bind(dnn_job *job, void *const buffers[DNN_BUFFERS], void *scratch)
{
    for (int i = 0; i <= DNN_BUFFERS; i++) {
        if (!job->role[i]) continue;
        TRY(check(dnnl_memory_set_data_handle(job->memory[i], i == DNN_BUFFERS ? scratch : buffers[i]), "bound a buffer"));
    }
    return status_ok();
}

amend_status dnn_run(const dnn_job *job)
{
    return check(dnnl_primitive_execute(job->primitive, stream, job->count, job->arguments), "ran");
}

static char version_text[32];

static void write_version(void)
{
    const dnnl_version_t *v = dnnl_version();
    snprintf(version_text, sizeof version_text, "%d.%d.%d", v->major, v->minor, v->patch);
}

const char *dnn_version(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, write_version);
    return version_text;
}
