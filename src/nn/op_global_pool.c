/* Global average pooling: mean over the map, and the step from the plan's precision to f32. */
#include "nn/convert.h"
#include "nn/layer.h"

/* Channels at .. at + part - 1 of one sample. */
static void sample_forward(nn_layer *layer, size_t sample, size_t at, size_t part)
{
    const nn_tensor *in = layer->in[0];
    size_t c = in->shape.c, pixels = in->shape.h * in->shape.w;
    float sum[NN_PART] = {0}, given[NN_PART];
    for (size_t i = 0; i < pixels; i++) {
        const float *values = nn_load(in->type, in->data, (sample * pixels + i) * c + at, part, given);
        for (size_t k = 0; k < part; k++) sum[k] += values[k];
    }
    for (size_t k = 0; k < part; k++) ((float *)layer->out->data)[sample * c + at + k] = sum[k] / (float)pixels;
}

static void sample_backward(nn_layer *layer, size_t sample, size_t at, size_t part)
{
    const nn_tensor *in = layer->in[0];
    size_t c = in->shape.c, pixels = in->shape.h * in->shape.w;
    const float *gradient = (const float *)layer->out->gradient + sample * c + at;
    float share[NN_PART];
    for (size_t k = 0; k < part; k++) share[k] = gradient[k] / (float)pixels;
    for (size_t i = 0; i < pixels; i++)
        nn_store(in->type, layer->in_gradient[0], (sample * pixels + i) * c + at, part, share);
}

static void each_part(nn_layer *layer, void (*run)(nn_layer *, size_t, size_t, size_t))
{
    size_t c = layer->out->shape.c, parts = (c + NN_PART - 1) / NN_PART;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < layer->out->shape.n * parts; i++) {
        size_t at = i % parts * NN_PART;
        run(layer, i / parts, at, nn_part_at(c, at));
    }
}

static amend_status global_forward(nn_layer *layer)
{
    each_part(layer, sample_forward);
    return status_ok();
}

static amend_status global_backward(nn_layer *layer)
{
    if (layer->in_gradient[0]) each_part(layer, sample_backward);
    return status_ok();
}

const nn_op nn_op_global_pool = {NULL, NULL, NULL, global_forward, global_backward, NULL};
