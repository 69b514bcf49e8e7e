/* Linear layer, f32: y = x W' + b. Classifiers are tiny (121 x 8), so plain loops. */
#include "nn/layer.h"

NN_VECTOR static float dot(const float *a, const float *b, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

NN_VECTOR static void add_scaled(float *to, const float *from, float factor, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] += factor * from[i];
}

static amend_status linear_forward(nn_layer *layer)
{
    size_t batch = layer->out->shape.n, outputs = layer->out->shape.c;
    size_t inputs = nn_shape_count(layer->in[0]->shape) / batch;
    const float *x = layer->in[0]->data, *weight = layer->params[0]->value, *bias = layer->params[1]->value;
    float *y = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < batch; n++)
        for (size_t k = 0; k < outputs; k++)
            y[n * outputs + k] = bias[k] + dot(x + n * inputs, weight + k * inputs, inputs);
    return status_ok();
}

static amend_status linear_backward(nn_layer *layer)
{
    size_t batch = layer->out->shape.n, outputs = layer->out->shape.c;
    size_t inputs = nn_shape_count(layer->in[0]->shape) / batch;
    const float *x = layer->in[0]->data, *weight = layer->params[0]->value, *g = layer->out->gradient;
    float *d_weight = layer->params[0]->gradient, *d_bias = layer->params[1]->gradient, *dx = layer->in_gradient[0];
    memset(d_weight, 0, outputs * inputs * sizeof *d_weight);
    memset(d_bias, 0, outputs * sizeof *d_bias);
    for (size_t n = 0; n < batch && nn_layer_learns(layer); n++)
        for (size_t k = 0; k < outputs; k++) {
            add_scaled(d_weight + k * inputs, x + n * inputs, g[n * outputs + k], inputs);
            d_bias[k] += g[n * outputs + k];
        }
    if (!dx) return status_ok();
    memset(dx, 0, batch * inputs * sizeof *dx);
    for (size_t n = 0; n < batch; n++)
        for (size_t k = 0; k < outputs; k++)
            add_scaled(dx + n * inputs, weight + k * inputs, g[n * outputs + k], inputs);
    return status_ok();
}

const nn_op nn_op_linear = {NULL, NULL, NULL, linear_forward, linear_backward, NULL};
