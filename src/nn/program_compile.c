/* Jobs of the steps and their weights, packed as those want them. 8 bits: weights are symmetric, one scale an output
 * channel; the first convolution reads raw pixels, so the normalisation goes into its weights and bias. */
#include "base/mem.h"
#include "nn/dnn_row.h"
#include "nn/job.h"
#include "nn/program_internal.h"
#include "nn/quantize.h"

/* Plain weights of one convolution on their way into a job. */
typedef struct plain {
    size_t outputs, taps; /* taps: values an output channel */
    float *weights, *bias;
    int8_t *codes; /* 8 bits */
    float *scale;  /* 8 bits: result codes per product of codes */
} plain;

static void plain_free(plain *w)
{
    mem_free(w->weights);
    mem_free(w->bias);
    mem_free(w->codes);
    mem_free(w->scale);
}

static amend_status plain_read(const nn_row *row, const nn_params *params, plain *w)
{
    const nn_param *weight = nn_params_find(params, row->name, "weight"),
                   *bias = nn_params_find(params, row->name, "bias");
    if (!weight || (row->bias && !bias))
        return status_error(AMEND_INTERNAL, "%s: weights or bias are missing", row->name);
    w->outputs = weight->shape[0];
    w->taps = weight->count / w->outputs;
    TRY(mem_alloc(&w->weights, weight->count, sizeof(float), row->name));
    TRY(mem_alloc(&w->bias, w->outputs, sizeof(float), row->name));
    memcpy(w->weights, weight->value, weight->count * sizeof(float));
    if (bias) memcpy(w->bias, bias->value, w->outputs * sizeof(float));
    return status_ok();
}

/* w (pixel / 255 - mean) / deviation + b = w' pixel + b'. An output sees the channels of its group. */
static void take_normalisation(const nn_program_options *o, size_t channels, size_t groups, plain *w)
{
    size_t seen = channels / groups, area = w->taps / seen;
    for (size_t i = 0; i < w->outputs; i++) {
        size_t first = i / (w->outputs / groups) * seen;
        for (size_t c = 0; c < seen; c++)
            for (size_t k = 0; k < area; k++) {
                float *value = &w->weights[i * w->taps + c * area + k];
                w->bias[i] -= *value * o->mean[first + c] / o->deviation[first + c];
                *value /= 255 * o->deviation[first + c];
            }
    }
}

/* What a convolution's sum of products and bias is counted in: codes of its result, so that only a function that is
 * curved needs real values and a division behind it. */
static float unit_of(const program_step *s)
{
    bool curved = s->function == NN_SIGMOID || s->function == NN_SWISH || s->function == NN_HARD_SWISH;
    return curved ? 1 : s->step;
}

/* `from` has codes of `channels` channels a group. */
static amend_status quantize(plain *w, const program_step *from, size_t channels, float unit)
{
    bool pairs = from->type == NN_U8 && dnn_adds_bytes_in_pairs();
    TRY(mem_alloc(&w->codes, w->outputs * w->taps, 1, "8-bit weights"));
    TRY(mem_alloc(&w->scale, w->outputs, sizeof(float), "scales"));
    for (size_t i = 0; i < w->outputs; i++) {
        const float *weights = w->weights + i * w->taps;
        int8_t *codes = w->codes + i * w->taps;
        float step = pairs ? nn_quantize_pairs(weights, channels, w->taps / channels, codes)
                           : nn_quantize_weights(weights, w->taps, codes);
        w->scale[i] = step * from->step / unit;
        w->bias[i] /= unit;
    }
    return status_ok();
}

static dnn_fusion fusion_of(const nn_program *p, const program_step *s, const plain *w)
{
    float unit = unit_of(s);
    dnn_fusion f = {.out = s->type, .function = s->function, .alpha = s->alpha, .beta = s->beta, .scale = w->scale};
    if (s->function == NN_CLIP) f.alpha /= unit, f.beta /= unit;
    if (s->step != unit) f.factor = 1 / s->step;
    if (s->function == NN_HARD_SWISH) f.alpha = 1.0f / 6, f.beta = 0.5f; /* as oneDNN 3 wants to be told */
    if (s->function == NN_SWISH) f.alpha = 1;                            /* oneDNN's is x sigmoid(alpha x) */
    if (s->held == PROGRAM_NONE) return f;
    f.sum = true;
    f.held = p->steps[s->held].type;
    f.sum_scale = p->steps[s->held].step / unit;
    return f;
}

static amend_status pack(program_step *s, const plain *w)
{
    nn_job *packing = NULL;
    nn_call *call = NULL;
    void *scratch = NULL;
    size_t bytes = nn_job_weight_bytes(s->job);
    TRY(mem_alloc(&s->weights, bytes, 1, "packed weights"));
    TRY(mem_alloc(&s->bias, w->outputs, sizeof(float), "bias"));
    nn_job_fit_bias(s->job, w->bias, w->outputs, s->bias);
    TRY(nn_job_pack(s->job, w->codes ? NN_S8 : NN_F32, false, &packing));
    amend_status status = mem_alloc(&scratch, nn_job_scratch_bytes(packing), 1, "scratchpad");
    void *const buffers[DNN_BUFFERS] = {w->codes ? (void *)w->codes : (void *)w->weights, s->weights};
    if (!status.code) status = nn_job_bind(packing, buffers, scratch, &call);
    if (!status.code) status = nn_call_run(call);
    nn_call_free(call);
    nn_job_free(packing);
    mem_free(scratch);
    return status;
}

static amend_status compile_conv(nn_program *p, program_step *s, const nn_params *params)
{
    const program_step *from = &p->steps[s->in];
    bool first_of_bytes = s->in == 0 && p->options.type == NN_U8;
    size_t groups = s->row->groups ? s->row->groups : 1;
    dnn_conv conv = dnn_row_window(s->row, from->shape, s->shape, from->type);
    conv.bias = true;
    if (first_of_bytes) conv.pad[0] = conv.pad[1] = 0; /* the input carries its border */
    plain w = {0};
    amend_status status = plain_read(s->row, params, &w);
    if (!status.code && first_of_bytes) take_normalisation(&p->options, from->shape.c, groups, &w);
    if (!status.code && program_is_coded(from)) status = quantize(&w, from, from->shape.c / groups, unit_of(s));
    if (!status.code) {
        const dnn_fusion fusion = fusion_of(p, s, &w);
        status = nn_job_fused_conv(&conv, &fusion, &s->job);
    }
    if (!status.code) status = pack(s, &w);
    plain_free(&w);
    p->weight_bytes += status.code ? 0 : nn_job_weight_bytes(s->job);
    return status_prefix(status, "%s", s->row->name);
}

static size_t count_each(const program_step *s)
{
    return nn_shape_count(s->shape) / s->shape.n;
}

static amend_status compile_linear(nn_program *p, program_step *s, const nn_params *params)
{
    plain w = {0};
    amend_status status = plain_read(s->row, params, &w);
    if (!status.code && w.taps != count_each(&p->steps[s->in]))
        status = status_error(AMEND_INTERNAL, "linear %s: does not fit its input", s->row->name);
    s->weights = w.weights;
    s->bias = w.bias;
    p->weight_bytes += w.outputs * w.taps * sizeof(float);
    return status;
}

/* The step's own copies of one tensor. */
static amend_status copy_values(program_step *s, const nn_params *params, const char *suffix, size_t copies)
{
    const nn_param *from = nn_params_find(params, s->row->name, suffix);
    if (!from) return status_error(AMEND_INTERNAL, "no tensor '%s.%s'", s->row->name, suffix);
    TRY(mem_alloc(&s->weights, from->count * copies, sizeof(float), s->row->name));
    for (size_t i = 0; i < copies; i++)
        memcpy((float *)s->weights + i * from->count, from->value, from->count * sizeof(float));
    return status_ok();
}

static amend_status copy_source(const nn_program *p, program_step *s)
{
    size_t count = count_each(s), known = count_each(&p->steps[s->in]);
    if (s->other != PROGRAM_NONE) known += count_each(&p->steps[s->other]);
    if (!s->row->source && count != known)
        return status_error(AMEND_INTERNAL, "gather %s: %zu values as %zu", s->row->name, known, count);
    if (!s->row->source) return status_ok();
    TRY(mem_alloc(&s->source, count, sizeof *s->source, s->row->name));
    for (size_t i = 0; i < count; i++) {
        s->source[i] = s->row->source[i];
        if (s->source[i] != NN_FILL && s->source[i] >= known)
            return status_error(AMEND_INTERNAL, "gather %s: value %u of %zu", s->row->name, s->source[i], known);
    }
    return status_ok();
}

static amend_status compile_pool(nn_program *p, program_step *s)
{
    const dnn_conv pool = dnn_row_window(s->row, p->steps[s->in].shape, s->shape, s->type);
    return status_prefix(nn_job_pool(&pool, dnn_row_pooling(s->row), &s->job), "%s", s->row->name);
}

static amend_status compile_step(nn_program *p, program_step *s, const nn_params *params)
{
    switch (s->row->kind) {
    case NN_CONV:
        return compile_conv(p, s, params);
    case NN_LINEAR:
        return compile_linear(p, s, params);
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        return compile_pool(p, s);
    case NN_CONSTANT:
        return copy_values(s, params, "value", s->shape.n);
    case NN_ACTIVATION:
        return s->function == NN_SLOPES ? copy_values(s, params, "weight", 1) : status_ok();
    case NN_GATHER:
        return copy_source(p, s);
    default:
        return status_ok();
    }
}

amend_status program_compile(nn_program *p, const nn_params *params)
{
    for (size_t i = 1; i < p->count; i++) {
        program_step *s = &p->steps[i];
        TRY(compile_step(p, s, params));
        if (s->job && nn_job_scratch_bytes(s->job) > p->scratch_bytes) p->scratch_bytes = nn_job_scratch_bytes(s->job);
    }
    return status_ok();
}
