/* Convolution: three passes on channels-last maps, weights kept beside in the forms that the passes want. For bf16 they
 * come from rounded ones: oneDNN moves values of 16 bits much faster than it moves and rounds those of 32. */
#include "base/mem.h"
#include "nn/dnn_row.h"
#include "nn/job.h"
#include "nn/layer.h"

enum { FORWARD, DATA, WEIGHTS, PACK_FORWARD, PACK_DATA, UNPACK, JOBS };

typedef struct conv_state {
    nn_job *jobs[JOBS];
    nn_call *calls[JOBS];
} conv_state;

static size_t align(size_t bytes)
{
    return (bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
}

static amend_status create_backward(nn_layer *layer, const dnn_conv *conv, conv_state *state)
{
    if (nn_conv_overruns(layer->row, conv->in.c))
        return status_error(AMEND_UNSUPPORTED,
                            "conv %s: 1x1 with stride %zu from %zu to %zu channels cannot be trained; a pool of single "
                            "pixels in front must have the stride",
                            layer->row->name, layer->row->stride, conv->in.c, layer->row->channels);
    if (nn_layer_learns(layer)) {
        TRY(nn_job_conv(conv, DNN_BACKWARD_WEIGHTS, &state->jobs[WEIGHTS]));
        TRY(nn_job_pack(state->jobs[WEIGHTS], NN_F32, true, &state->jobs[UNPACK]));
    }
    if (layer->in[0]->wants_gradient) { /* the first layer's input needs none */
        TRY(nn_job_conv(conv, DNN_BACKWARD_DATA, &state->jobs[DATA]));
        TRY(nn_job_pack(state->jobs[DATA], conv->type, false, &state->jobs[PACK_DATA]));
        layer->own_bytes += align(nn_job_weight_bytes(state->jobs[DATA]));
    }
    return status_ok();
}

/* The packed weight gradient lives only until it is unpacked: in the scratchpad. */
static size_t packed_bytes(const conv_state *state)
{
    return state->jobs[WEIGHTS] ? align(nn_job_weight_bytes(state->jobs[WEIGHTS])) : 0;
}

static amend_status conv_create(nn_layer *layer)
{
    const nn_row *row = layer->row;
    dnn_conv conv = dnn_row_window(row, layer->in[0]->shape, layer->out->shape, layer->in[0]->type);
    conv_state *state = NULL;
    size_t scratch = 0;
    TRY(mem_alloc(&layer->state, 1, sizeof *state, row->name));
    state = layer->state;
    TRY(nn_job_conv(&conv, layer->training ? DNN_FORWARD : DNN_INFERENCE, &state->jobs[FORWARD]));
    TRY(nn_job_pack(state->jobs[FORWARD], conv.type, false, &state->jobs[PACK_FORWARD]));
    layer->own_bytes = align(nn_job_weight_bytes(state->jobs[FORWARD]));
    if (layer->training) TRY(create_backward(layer, &conv, state));
    for (int i = 0; i < JOBS; i++) {
        size_t bytes = state->jobs[i] ? nn_job_scratch_bytes(state->jobs[i]) : 0;
        if (bytes > scratch) scratch = bytes;
    }
    layer->scratch_bytes = align(scratch) + packed_bytes(state);
    return status_ok();
}

static amend_status bind(conv_state *state, int job, void *const buffers[DNN_BUFFERS], void *scratch)
{
    return nn_job_bind(state->jobs[job], buffers, scratch, &state->calls[job]);
}

/* Its values or their gradient; NULL: no bias. */
static float *row_bias(const nn_layer *layer, bool gradient)
{
    const nn_param *bias = layer->row->bias ? layer->params[1] : NULL;
    return !bias ? NULL : gradient ? bias->gradient : bias->value;
}

static amend_status conv_bind(nn_layer *layer)
{
    conv_state *state = layer->state;
    float *bias = row_bias(layer, false), *d_bias = row_bias(layer, true);
    char *forward = layer->own, *data = forward + align(nn_job_weight_bytes(state->jobs[FORWARD]));
    char *packed = layer->scratch, *scratch = packed + packed_bytes(state);
    void *plain = layer->in[0]->type == NN_BF16 ? (void *)layer->params[0]->rounded : layer->params[0]->value;
    TRY(bind(state, PACK_FORWARD, (void *[DNN_BUFFERS]){plain, forward}, scratch));
    if (state->jobs[WEIGHTS]) {
        TRY(bind(state, WEIGHTS, (void *[DNN_BUFFERS]){layer->in[0]->data, packed, layer->out->gradient, d_bias},
                 scratch));
        TRY(bind(state, UNPACK, (void *[DNN_BUFFERS]){packed, layer->params[0]->gradient}, scratch));
    }
    if (state->jobs[DATA]) {
        TRY(bind(state, DATA, (void *[DNN_BUFFERS]){layer->in_gradient[0], data, layer->out->gradient}, scratch));
        TRY(bind(state, PACK_DATA, (void *[DNN_BUFFERS]){plain, data}, scratch));
    }
    return bind(state, FORWARD, (void *[DNN_BUFFERS]){layer->in[0]->data, forward, layer->out->data, bias}, scratch);
}

static amend_status conv_refresh(nn_layer *layer)
{
    conv_state *state = layer->state;
    TRY(nn_call_run(state->calls[PACK_FORWARD]));
    return state->calls[PACK_DATA] ? nn_call_run(state->calls[PACK_DATA]) : status_ok();
}

static amend_status conv_forward(nn_layer *layer)
{
    return nn_call_run(((conv_state *)layer->state)->calls[FORWARD]);
}

static amend_status conv_backward(nn_layer *layer)
{
    conv_state *state = layer->state;
    if (state->calls[WEIGHTS]) {
        TRY(nn_call_run(state->calls[WEIGHTS]));
        TRY(nn_call_run(state->calls[UNPACK]));
    }
    return state->calls[DATA] ? nn_call_run(state->calls[DATA]) : status_ok();
}

static void conv_destroy(nn_layer *layer)
{
    conv_state *state = layer->state;
    for (int i = 0; state && i < JOBS; i++) {
        nn_call_free(state->calls[i]);
        nn_job_free(state->jobs[i]);
    }
    mem_free(state);
}

const nn_op nn_op_conv = {conv_create, conv_bind, conv_refresh, conv_forward, conv_backward, conv_destroy};
