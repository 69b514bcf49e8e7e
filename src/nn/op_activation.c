/* A function of each value, where no batch normalisation before it could take it along. */
#include "nn/convert.h"
#include "nn/layer.h"

static amend_status activation_forward(nn_layer *layer)
{
    const nn_tensor *in = layer->in[0], *out = layer->out;
    size_t count = nn_shape_count(out->shape);
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += NN_PART) {
        float given[NN_PART], result[NN_PART];
        size_t part = nn_part_at(count, at);
        nn_curve_apply(&layer->curve, nn_load(in->type, in->data, at, part, given), result, part);
        nn_store(out->type, out->data, at, part, result);
    }
    return status_ok();
}

static amend_status activation_backward(nn_layer *layer)
{
    const nn_tensor *in = layer->in[0], *out = layer->out;
    size_t count = nn_shape_count(out->shape);
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += NN_PART) {
        float given[NN_PART], gradient[NN_PART], result[NN_PART];
        size_t part = nn_part_at(count, at);
        nn_curve_slope(&layer->curve, nn_load(in->type, in->data, at, part, given),
                       nn_load(out->type, out->gradient, at, part, gradient), result, part);
        nn_store(in->type, layer->in_gradient[0], at, part, result);
    }
    return status_ok();
}

const nn_op nn_op_activation = {NULL, NULL, NULL, activation_forward, activation_backward, NULL};
