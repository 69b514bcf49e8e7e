/* Sharing affinity (paper, section on SA): f_expression = mean over planes + alpha * generic (f32). */
#include "nn/layer.h"

static const float momentum = 0.1f; /* of the running generic, as of batch normalisation's statistics */

/* Mean over planes of one sample; x: d x e x planes, unique: d*e. */
static void mean_over_planes(const float *x, size_t features, size_t planes, float *unique)
{
    for (size_t i = 0; i < features; i++) {
        float sum = 0;
        for (size_t p = 0; p < planes; p++) sum += x[i * planes + p];
        unique[i] = sum / (float)planes;
    }
}

static amend_status affinity_create(nn_layer *layer)
{
    layer->own_bytes = 2 * layer->out->shape.c * sizeof(float); /* the generic part in use, the mean of the batch */
    return status_ok();
}

static void batch_mean(const float *unique, size_t count, size_t features, float *mean)
{
    memset(mean, 0, features * sizeof *mean);
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < features; i++) mean[i] += unique[n * features + i];
    for (size_t i = 0; i < features; i++) mean[i] /= (float)count;
}

/* A frozen running mean is used as it is, as at test time. */
static bool is_frozen(const nn_layer *layer)
{
    return layer->row->affinity == NN_AFFINITY_EMA && layer->params[1]->rate == 0;
}

/* The generic part of this pass, and the running mean moved by it. */
static void find_generic(nn_layer *layer, const float *unique, size_t features, float *generic)
{
    const nn_row *row = layer->row;
    bool ema = row->affinity == NN_AFFINITY_EMA, training = layer->run->training && !is_frozen(layer);
    bool running_in_use = ema && (!training || row->generic == NN_GENERIC_RUNNING);
    float *running = ema ? layer->params[1]->value : NULL;
    if (running_in_use) memcpy(generic, running, features * sizeof *generic);
    if (running_in_use && !training) return;
    float *mean = running_in_use ? generic + features : generic;
    batch_mean(unique, layer->run->count, features, mean);
    for (size_t i = 0; running && i < features; i++) running[i] += momentum * (mean[i] - running[i]);
}

static amend_status affinity_forward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    size_t features = layer->out->shape.c;
    const float *x = layer->in[0]->data;
    float *out = layer->out->data, *generic = layer->own;
    for (size_t n = 0; n < in.n; n++) mean_over_planes(x + n * features * in.c, features, in.c, out + n * features);
    if (layer->row->affinity == NN_AFFINITY_NONE) return status_ok();
    float alpha = layer->params[0]->value[0];
    find_generic(layer, out, features, generic);
    for (size_t n = 0; n < in.n; n++)
        for (size_t i = 0; i < features; i++) out[n * features + i] += alpha * generic[i];
    return status_ok();
}

/* dx = (g + alpha * mean over the batch of g) / planes, the second only where the mean of the batch is no constant;
 * dalpha = sum g * generic. */
static amend_status affinity_backward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    size_t features = layer->out->shape.c;
    bool shares = layer->row->affinity != NN_AFFINITY_NONE;
    bool through_mean = shares && layer->row->generic == NN_GENERIC_GRADIENT && !is_frozen(layer);
    const float *gradient = layer->out->gradient, *generic = layer->own;
    float *dx = layer->in_gradient[0];
    double d_alpha = 0;
    for (size_t i = 0; i < features; i++) {
        float sum = 0;
        for (size_t n = 0; n < in.n; n++) sum += gradient[n * features + i];
        if (shares) d_alpha += (double)sum * (double)generic[i];
        float shared = through_mean ? layer->params[0]->value[0] * sum / (float)in.n : 0;
        for (size_t n = 0; n < in.n; n++)
            for (size_t p = 0; p < in.c && dx; p++)
                dx[(n * features + i) * in.c + p] = (gradient[n * features + i] + shared) / (float)in.c;
    }
    if (shares) layer->params[0]->gradient[0] = (float)d_alpha;
    return status_ok();
}

const nn_op nn_op_affinity = {affinity_create, NULL, NULL, affinity_forward, affinity_backward, NULL};
