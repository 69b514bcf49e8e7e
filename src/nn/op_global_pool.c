/* Global average pooling: mean over the map, and the step from the plan's precision to f32. */
#include "nn/layer.h"

static float value_at(nn_type type, const void *data, size_t at)
{
    return type == NN_F32 ? ((const float *)data)[at] : nn_from_bf16(((const uint16_t *)data)[at]);
}

static amend_status global_forward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    size_t pixels = in.h * in.w;
    float *out = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++)
        for (size_t k = 0; k < in.c; k++) {
            float sum = 0;
            for (size_t p = 0; p < pixels; p++)
                sum += value_at(layer->in[0]->type, layer->in[0]->data, (n * pixels + p) * in.c + k);
            out[n * in.c + k] = sum / (float)pixels;
        }
    return status_ok();
}

static amend_status global_backward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    size_t pixels = in.h * in.w;
    const float *gradient = layer->out->gradient;
    void *to = layer->in_gradient[0];
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++)
        for (size_t i = 0; i < pixels * in.c; i++) {
            float v = gradient[n * in.c + i % in.c] / (float)pixels;
            if (layer->in[0]->type == NN_F32)
                ((float *)to)[n * pixels * in.c + i] = v;
            else
                ((uint16_t *)to)[n * pixels * in.c + i] = nn_to_bf16(v);
        }
    return status_ok();
}

const nn_op nn_op_global_pool = {NULL, NULL, NULL, global_forward, global_backward, NULL};
