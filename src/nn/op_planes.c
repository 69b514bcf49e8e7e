/* Arranged planes as channels, for a head without de-albino (f32). */
#include "nn/layer.h"

static amend_status planes_forward(nn_layer *layer)
{
    nn_shape out = layer->out->shape;
    size_t map = out.h * out.w;
    const float *planes = layer->in[0]->data;
    float *channels = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < out.n; n++)
        for (size_t p = 0; p < out.c; p++)
            for (size_t i = 0; i < map; i++) channels[(n * map + i) * out.c + p] = planes[(n * out.c + p) * map + i];
    return status_ok();
}

static amend_status planes_backward(nn_layer *layer)
{
    nn_shape out = layer->out->shape;
    size_t map = out.h * out.w;
    const float *d_channels = layer->out->gradient;
    float *d_planes = layer->in_gradient[0];
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < out.n; n++)
        for (size_t p = 0; p < out.c; p++)
            for (size_t i = 0; i < map; i++)
                d_planes[(n * out.c + p) * map + i] = d_channels[(n * map + i) * out.c + p];
    return status_ok();
}

const nn_op nn_op_planes = {NULL, NULL, NULL, planes_forward, planes_backward, NULL};
