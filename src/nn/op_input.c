/* The input: f32 pixels in layer->own to the plan's precision. */
#include "nn/convert.h"
#include "nn/layer.h"

static amend_status input_create(nn_layer *layer)
{
    layer->own_bytes = nn_shape_count(layer->out->shape) * sizeof(float);
    return status_ok();
}

static amend_status input_forward(nn_layer *layer)
{
    nn_shape s = layer->out->shape;
    size_t sample = s.h * s.w * s.c;
    const float *from = layer->own;
    char *to = layer->out->data;
    nn_type type = layer->out->type;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s.n; n++) nn_convert(type, from + n * sample, sample, to + n * sample * nn_type_size(type));
    return status_ok();
}

static amend_status input_backward(nn_layer *layer)
{
    (void)layer;
    return status_ok();
}

const nn_op nn_op_input = {input_create, NULL, NULL, input_forward, input_backward, NULL};
