/* oneDNN's C API behind dnn.h; what differs between its versions is in dnn_versions.h. */
#include "nn/dnn.h"

#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* The engine is immutable and shared by all jobs; each call has a stream, so that threads share none. */
static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

#include "nn/dnn_versions.h"

enum { SCRATCH = DNN_BUFFERS, SCALES, ARGUMENTS };

struct dnn_job {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    int role[ARGUMENTS];          /* DNNL_ARG_..., 0: unused */
    layout_ref layout[ARGUMENTS]; /* borrowed from the description; of scales: own */
    size_t size[ARGUMENTS];
    float *scales; /* or NULL */
    layout scales_layout;
};

struct dnn_call {
    const dnn_job *job;
    dnnl_stream_t stream;
    dnnl_memory_t memory[ARGUMENTS];
    dnnl_exec_arg_t arguments[ARGUMENTS];
    int count;
};

static void make_engine(void)
{
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
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

static dnnl_data_type_t data_type(nn_type type)
{
    static const dnnl_data_type_t types[] = {
        [NN_F32] = dnnl_f32, [NN_BF16] = dnnl_bf16, [NN_U8] = dnnl_u8, [NN_S8] = dnnl_s8};
    return types[type];
}

/* ---- making jobs ---- */

/* What a kind of job is made from, and its buffers: roles and where the description says their layouts. */
typedef struct blueprint {
    dnnl_status_t (*describe)(const void *what, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made);
    const char *action; /* for messages: "oneDNN ... while it ACTION" */
    int role[DNN_BUFFERS];
    dnnl_query_t query[DNN_BUFFERS];
    int index[DNN_BUFFERS];
} blueprint;

static amend_status note_buffer(dnn_job *job, int i, int role, layout_ref wanted)
{
    job->size[i] = wanted ? dnnl_memory_desc_get_size(wanted) : 0;
    if (!job->size[i]) return status_ok();
    job->role[i] = role;
    job->layout[i] = wanted;
    return status_ok();
}

static amend_status compile(const blueprint *r, const void *what, dnn_job *job)
{
    dnnl_primitive_attr_t attributes = NULL;
    TRY(check(dnnl_primitive_attr_create(&attributes), "made attributes"));
    dnnl_status_t status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (!status) status = r->describe(what, attributes, &job->description);
    dnnl_primitive_attr_destroy(attributes);
    TRY(check(status, r->action));
    return check(dnnl_primitive_create(&job->primitive, job->description), r->action);
}

static amend_status make_job(const blueprint *r, const void *what, dnn_job **made)
{
    dnn_job *job = NULL;
    *made = NULL;
    pthread_once(&engine_once, make_engine);
    TRY(check(engine_status, "opened the processor"));
    TRY(mem_alloc(&job, 1, sizeof *job, "oneDNN job"));
    amend_status status = compile(r, what, job);
    for (int i = 0; !status.code && i < DNN_BUFFERS; i++)
        if (r->role[i])
            status = note_buffer(job, i, r->role[i],
                                 dnnl_primitive_desc_query_md(job->description, r->query[i], r->index[i]));
    if (!status.code)
        status = note_buffer(job, SCRATCH, DNNL_ARG_SCRATCHPAD,
                             dnnl_primitive_desc_query_md(job->description, dnnl_query_scratchpad_md, 0));
    if (status.code) {
        dnn_free(job);
        return status;
    }
    *made = job;
    return status;
}

void dnn_free(dnn_job *job)
{
    if (!job) return;
    if (job->primitive) dnnl_primitive_destroy(job->primitive);
    if (job->description) dnnl_primitive_desc_destroy(job->description);
    layout_drop(&job->scales_layout);
    mem_free(job->scales);
    mem_free(job);
}

size_t dnn_buffer_size(const dnn_job *job, size_t buffer)
{
    return job->size[buffer];
}

size_t dnn_scratch_size(const dnn_job *job)
{
    return job->size[SCRATCH];
}

/* ---- convolutions ---- */

typedef struct conv_job {
    const dnn_conv *conv;
    dnn_pass pass;
    const dnn_fusion *fusion; /* inference only */
    bool free_layouts;
} conv_job;

static void fill_dims(dnnl_dim_t *dims, size_t n, size_t c, size_t h, size_t w)
{
    dims[0] = (dnnl_dim_t)n;
    dims[1] = (dnnl_dim_t)c;
    dims[2] = (dnnl_dim_t)h;
    dims[3] = (dnnl_dim_t)w;
}

static void fill_window(const dnn_conv *conv, conv_layouts *l)
{
    for (int i = 0; i < 2; i++) {
        l->strides[i] = (dnnl_dim_t)conv->stride;
        l->gaps[i] = (dnnl_dim_t)conv->dilation;
        l->before[i] = (dnnl_dim_t)conv->pad[i];
        l->after[i] = (dnnl_dim_t)(conv->pad[i] + conv->pad_more);
    }
}

static void drop_layouts(conv_layouts *l)
{
    layout_drop(&l->in);
    layout_drop(&l->weights);
    layout_drop(&l->bias);
    layout_drop(&l->out);
}

/* Groups are a dimension of their own, in front. */
static dnnl_status_t make_weights_layout(const dnn_conv *conv, nn_type type, layout *made)
{
    dnnl_dims_t dims;
    size_t groups = conv->groups ? conv->groups : 1;
    if (groups > 1) {
        fill_dims(dims + 1, conv->out.c / groups, conv->in.c / groups, conv->kernel[0], conv->kernel[1]);
        dims[0] = (dnnl_dim_t)groups;
        return layout_make(made, 5, dims, data_type(type), dnnl_format_tag_any);
    }
    fill_dims(dims, conv->out.c, conv->in.c, conv->kernel[0], conv->kernel[1]);
    return layout_make(made, 4, dims, data_type(type), dnnl_format_tag_any);
}

static dnnl_status_t make_layouts(const conv_job *j, conv_layouts *l)
{
    const dnn_conv *conv = j->conv;
    bool bytes = conv->type == NN_U8 || conv->type == NN_S8;
    nn_type weights = j->pass == DNN_BACKWARD_WEIGHTS ? NN_F32 : bytes ? NN_S8 : conv->type;
    dnnl_format_tag_t tag = j->free_layouts ? dnnl_format_tag_any : dnnl_nhwc;
    dnnl_dims_t dims;
    memset(l, 0, sizeof *l);
    fill_window(conv, l);
    fill_dims(dims, conv->in.n, conv->in.c, conv->in.h, conv->in.w);
    dnnl_status_t status = layout_make(&l->in, 4, dims, data_type(conv->type), tag);
    if (!status) status = make_weights_layout(conv, weights, &l->weights);
    fill_dims(dims, conv->out.n, conv->out.c, conv->out.h, conv->out.w);
    if (!status) status = layout_make(&l->out, 4, dims, data_type(j->fusion ? j->fusion->out : conv->type), tag);
    dims[0] = dims[1];
    if (!status && conv->bias && j->pass != DNN_BACKWARD_DATA)
        status = layout_make(&l->bias, 1, dims, dnnl_f32, dnnl_x);
    return status;
}

static dnnl_alg_kind_t algorithm_of(nn_function function)
{
    static const dnnl_alg_kind_t algorithms[NN_FUNCTIONS] = {
        [NN_RECTIFY] = dnnl_eltwise_relu, [NN_LEAKY] = dnnl_eltwise_relu,
        [NN_CLIP] = dnnl_eltwise_clip,    [NN_SIGMOID] = dnnl_eltwise_logistic,
        [NN_SWISH] = dnnl_eltwise_swish,  [NN_HARD_SWISH] = dnnl_eltwise_hardswish};
    return algorithms[function];
}

static dnnl_status_t set_fusion(const conv_job *j, dnnl_primitive_attr_t attributes)
{
    dnnl_post_ops_t operations = NULL;
    dnnl_status_t status = dnnl_post_ops_create(&operations);
    if (!status && j->fusion->sum) status = append_sum(operations, j->fusion->sum_scale, data_type(j->fusion->held));
    if (!status && j->fusion->function)
        status = append_function(operations, algorithm_of(j->fusion->function), j->fusion->alpha, j->fusion->beta);
    if (!status && j->fusion->factor) status = append_function(operations, dnnl_eltwise_linear, j->fusion->factor, 0);
    if (!status) status = dnnl_primitive_attr_set_post_ops(attributes, operations);
    if (!status && j->fusion->scale)
        status = announce_scales(attributes, j->fusion->scale, j->conv->out.c, j->conv->groups > 1);
    if (operations) dnnl_post_ops_destroy(operations);
    return status;
}

/* Convolutions of each channel by itself in f32 are faster by oneDNN 2.6's older way than by its first one: 0.65 to 1
 * of the time on an Intel Xeon with AVX-512, for 16 to 960 channels, 3x3 and 5x5. */
static const char *preferred_way(const conv_job *j)
{
    const dnn_conv *conv = j->conv;
    bool forward = j->pass == DNN_INFERENCE || j->pass == DNN_FORWARD;
    bool apart = conv->groups > 1 && conv->groups == conv->in.c && conv->groups == conv->out.c;
    return forward && apart && conv->type == NN_F32 ? "jit_dw" : NULL;
}

static dnnl_status_t describe_conv_job(const void *what, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made)
{
    const conv_job *j = what;
    conv_layouts l;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = make_layouts(j, &l);
    if (!status && j->fusion) status = set_fusion(j, attributes);
    if (!status && (j->pass == DNN_BACKWARD_DATA || j->pass == DNN_BACKWARD_WEIGHTS)) {
        const conv_job forward = {j->conv, DNN_FORWARD, NULL, j->free_layouts};
        status = describe_conv_job(&forward, attributes, &hint);
    }
    if (!status) status = describe_conv(j->pass, &l, preferred_way(j), attributes, hint, made);
    if (hint) dnnl_primitive_desc_destroy(hint);
    drop_layouts(&l);
    return status;
}

/* oneDNN's backward passes are planned for as many threads as may be, and wait for each of them, for ever for one that
 * does not come: OMP_DYNAMIC and OMP_THREAD_LIMIT keep some away. */
static void settle_threads(void)
{
    omp_set_dynamic(0);
    if (omp_get_thread_limit() < omp_get_max_threads()) omp_set_num_threads(omp_get_thread_limit());
}

amend_status dnn_conv_create(const dnn_conv *conv, dnn_pass pass, bool free_layouts, dnn_job **job)
{
    if (pass == DNN_BACKWARD_DATA || pass == DNN_BACKWARD_WEIGHTS) settle_threads();
    blueprint r = {describe_conv_job,
                   "planned a convolution",
                   {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, conv->bias ? DNNL_ARG_BIAS : 0},
                   {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md, dnnl_query_weights_md},
                   {0, 0, 0, 1}};
    const conv_job j = {conv, pass, NULL, free_layouts};
    if (pass == DNN_BACKWARD_DATA) {
        r.role[0] = DNNL_ARG_DIFF_SRC;
        r.query[0] = dnnl_query_diff_src_md;
        r.role[3] = 0;
    }
    if (pass == DNN_BACKWARD_WEIGHTS) {
        r.role[1] = DNNL_ARG_DIFF_WEIGHTS;
        r.query[1] = r.query[3] = dnnl_query_diff_weights_md;
        if (conv->bias) r.role[3] = DNNL_ARG_DIFF_BIAS;
    }
    if (pass == DNN_BACKWARD_DATA || pass == DNN_BACKWARD_WEIGHTS) {
        r.role[2] = DNNL_ARG_DIFF_DST;
        r.query[2] = dnnl_query_diff_dst_md;
    }
    return make_job(&r, &j, job);
}

/* Keeps the scales with the job, in the form that its runs take them. */
static amend_status keep_scales(const float *scales, size_t count, dnn_job *job)
{
    dnnl_dims_t dims = {(dnnl_dim_t)count};
    TRY(mem_alloc(&job->scales, count, sizeof *scales, "scales"));
    memcpy(job->scales, scales, count * sizeof *scales);
    if (!scales_role) return status_ok();
    TRY(check(layout_make(&job->scales_layout, 1, dims, dnnl_f32, dnnl_x), "described scales"));
    return note_buffer(job, SCALES, scales_role, layout_of(&job->scales_layout));
}

amend_status dnn_fused_conv_create(const dnn_conv *conv, const dnn_fusion *fusion, bool free_layouts, dnn_job **job)
{
    const blueprint r = {describe_conv_job,
                         "planned a convolution",
                         {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, conv->bias ? DNNL_ARG_BIAS : 0},
                         {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md, dnnl_query_weights_md},
                         {0, 0, 0, 1}};
    const conv_job j = {conv, DNN_INFERENCE, fusion, free_layouts};
    TRY(make_job(&r, &j, job));
    amend_status status = fusion->scale ? keep_scales(fusion->scale, conv->out.c, *job) : status_ok();
    if (!status.code) return status;
    dnn_free(*job);
    *job = NULL;
    return status;
}

void dnn_fit_bias(const dnn_job *job, const float *bias, size_t count, float *fitted)
{
    for (size_t i = 0; i < count; i++) fitted[i] = job->scales ? bias[i] / bias_unit(job->scales[i]) : bias[i];
}

/* ---- reorders and pools ---- */

typedef struct pack_job {
    layout_ref packed;
    nn_type plain;
    bool unpack;
} pack_job;

static dnnl_status_t describe_pack_job(const void *what, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made)
{
    const pack_job *j = what;
    layout plain = {0};
    dnnl_dims_t dims;
    int count = 0;
    dnnl_status_t status = layout_dims(j->packed, &count, dims);
    if (!status) status = layout_make(&plain, count, dims, data_type(j->plain), count == 5 ? dnnl_goihw : dnnl_oihw);
    if (!status)
        status = j->unpack ? describe_reorder(j->packed, layout_of(&plain), attributes, made)
                           : describe_reorder(layout_of(&plain), j->packed, attributes, made);
    layout_drop(&plain);
    return status;
}

amend_status dnn_pack_create(const dnn_job *conv, nn_type plain, bool unpack, dnn_job **job)
{
    static const blueprint r = {describe_pack_job,
                                "planned a reorder",
                                {DNNL_ARG_FROM, DNNL_ARG_TO},
                                {dnnl_query_src_md, dnnl_query_dst_md},
                                {0}};
    const pack_job j = {conv->layout[1], plain, unpack};
    return make_job(&r, &j, job);
}

typedef struct pool_job {
    const dnn_conv *pool;
    dnnl_alg_kind_t algorithm;
    dnn_pass pass;
} pool_job;

static dnnl_status_t describe_pool_job(const void *what, dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *made)
{
    const pool_job *j = what;
    const dnn_conv *pool = j->pool;
    const dnnl_dims_t kernel = {(dnnl_dim_t)pool->kernel[0], (dnnl_dim_t)pool->kernel[1]};
    conv_layouts l = {0};
    dnnl_dims_t dims;
    dnnl_primitive_desc_t hint = NULL;
    fill_window(pool, &l);
    fill_dims(dims, pool->in.n, pool->in.c, pool->in.h, pool->in.w);
    dnnl_status_t status = layout_make(&l.in, 4, dims, data_type(pool->type), dnnl_nhwc);
    fill_dims(dims, pool->out.n, pool->out.c, pool->out.h, pool->out.w);
    if (!status) status = layout_make(&l.out, 4, dims, data_type(pool->type), dnnl_nhwc);
    if (!status && j->pass == DNN_BACKWARD_DATA) {
        const pool_job forward = {pool, j->algorithm, DNN_FORWARD};
        status = describe_pool_job(&forward, attributes, &hint);
    }
    if (!status) status = describe_pool(j->pass, j->algorithm, &l, kernel, attributes, hint, made);
    if (hint) dnnl_primitive_desc_destroy(hint);
    drop_layouts(&l);
    return status;
}

amend_status dnn_pool_create(const dnn_conv *pool, dnn_pooling pooling, dnn_pass pass, dnn_job **job)
{
    static const dnnl_alg_kind_t algorithms[] = {[DNN_MAXIMUM] = dnnl_pooling_max,
                                                 [DNN_AVERAGE] = dnnl_pooling_avg_exclude_padding,
                                                 [DNN_AVERAGE_PADDED] = dnnl_pooling_avg_include_padding};
    bool backward = pass == DNN_BACKWARD_DATA;
    const blueprint r = {
        describe_pool_job,
        "planned a pooling",
        {backward ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, backward ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, DNNL_ARG_WORKSPACE},
        {backward ? dnnl_query_diff_src_md : dnnl_query_src_md, backward ? dnnl_query_diff_dst_md : dnnl_query_dst_md,
         dnnl_query_workspace_md},
        {0}};
    const pool_job j = {pool, algorithms[pooling], pass};
    return make_job(&r, &j, job);
}

/* ---- running ---- */

static amend_status add_argument(dnn_call *call, int i, void *buffer)
{
    dnnl_memory_t *memory = &call->memory[i];
    TRY(check(dnnl_memory_create(memory, call->job->layout[i], engine, buffer), "bound a buffer"));
    call->arguments[call->count++] = (dnnl_exec_arg_t){call->job->role[i], *memory};
    return status_ok();
}

amend_status dnn_bind(const dnn_job *job, void *const buffers[DNN_BUFFERS], void *scratch, dnn_call **made)
{
    dnn_call *call = NULL;
    *made = NULL;
    TRY(mem_alloc(&call, 1, sizeof *call, "oneDNN call"));
    call->job = job;
    amend_status status = check(dnnl_stream_create(&call->stream, engine, dnnl_stream_in_order), "made a stream");
    for (int i = 0; !status.code && i < ARGUMENTS; i++)
        if (job->role[i])
            status = add_argument(call, i, i == SCRATCH ? scratch : i == SCALES ? job->scales : buffers[i]);
    if (status.code) {
        dnn_unbind(call);
        return status;
    }
    *made = call;
    return status;
}

void dnn_unbind(dnn_call *call)
{
    if (!call) return;
    for (int i = 0; i < ARGUMENTS; i++)
        if (call->memory[i]) dnnl_memory_destroy(call->memory[i]);
    if (call->stream) dnnl_stream_destroy(call->stream);
    mem_free(call);
}

amend_status dnn_run(const dnn_call *call)
{
    return check(dnnl_primitive_execute(call->job->primitive, call->stream, call->count, call->arguments), "ran");
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

bool dnn_has(nn_type type)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return type != NN_BF16 || (isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

static bool has_isa(dnnl_cpu_isa_t wanted)
{
    return (dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

bool dnn_has_fast(nn_type type)
{
    if (type == NN_BF16) return has_isa(dnnl_cpu_isa_avx512_core_bf16);
    if (type == NN_U8) return has_isa(dnnl_cpu_isa_avx2);
    return true;
}

bool dnn_has_tiles(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_amx);
}

bool dnn_adds_bytes_in_pairs(void)
{
    return !has_isa(dnnl_cpu_isa_avx512_core_vnni) && !has_isa(dnnl_cpu_isa_avx2_vnni);
}
