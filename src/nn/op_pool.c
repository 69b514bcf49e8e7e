/* Max and average pooling by oneDNN. */
#include "base/mem.h"
#include "nn/dnn_row.h"
#include "nn/layer.h"

typedef struct pool_state {
    dnn_job *forward, *backward;
    dnn_call *run_forward, *run_backward;
} pool_state;

static amend_status pool_create(nn_layer *layer)
{
    const nn_row *row = layer->row;
    dnn_conv pool = dnn_row_window(row, layer->in[0]->shape, layer->out->shape, layer->in[0]->type);
    dnn_pooling pooling = dnn_row_pooling(row);
    TRY(mem_alloc(&layer->state, 1, sizeof(pool_state), row->name));
    pool_state *state = layer->state;
    TRY(dnn_pool_create(&pool, pooling, DNN_FORWARD, &state->forward));
    layer->own_bytes = dnn_buffer_size(state->forward, 2);
    layer->scratch_bytes = dnn_scratch_size(state->forward);
    if (!layer->in[0]->wants_gradient) return status_ok();
    TRY(dnn_pool_create(&pool, pooling, DNN_BACKWARD_DATA, &state->backward));
    if (dnn_scratch_size(state->backward) > layer->scratch_bytes)
        layer->scratch_bytes = dnn_scratch_size(state->backward);
    return status_ok();
}

static amend_status pool_bind(nn_layer *layer)
{
    pool_state *state = layer->state;
    if (state->backward)
        TRY(dnn_bind(state->backward, (void *[DNN_BUFFERS]){layer->in_gradient[0], layer->out->gradient, layer->own},
                     layer->scratch, &state->run_backward));
    return dnn_bind(state->forward, (void *[DNN_BUFFERS]){layer->in[0]->data, layer->out->data, layer->own},
                    layer->scratch, &state->run_forward);
}

static amend_status pool_forward(nn_layer *layer)
{
    return dnn_run(((pool_state *)layer->state)->run_forward);
}

static amend_status pool_backward(nn_layer *layer)
{
    return dnn_run(((pool_state *)layer->state)->run_backward);
}

static void pool_destroy(nn_layer *layer)
{
    pool_state *state = layer->state;
    if (!state) return;
    dnn_unbind(state->run_forward);
    dnn_unbind(state->run_backward);
    dnn_free(state->forward);
    dnn_free(state->backward);
    mem_free(state);
}

const nn_op nn_op_pool = {pool_create, pool_bind, NULL, pool_forward, pool_backward, pool_destroy};
