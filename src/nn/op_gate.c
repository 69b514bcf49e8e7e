/* A map times a gate, one value a sample and channel (squeeze-and-excitation, Hu et al., arXiv 1709.01507):
 * y = x g, dx = dy g, dg = the sum of dy x over the map. The gate is f32, the map what the plan has. */
#include "nn/convert.h"
#include "nn/layer.h"

static amend_status gate_create(nn_layer *layer)
{
    const nn_tensor *gate = layer->in[1];
    bool fits = layer->row->operation == NN_TIMES && gate->shape.h == 1 && gate->shape.w == 1 &&
                gate->shape.c == layer->in[0]->shape.c && gate->type == NN_F32;
    if (!fits)
        return status_error(AMEND_UNSUPPORTED,
                            "combine %s: only a map times one f32 value a channel can be trained, in this order",
                            layer->row->name);
    return status_ok();
}

NN_VECTOR static void multiply(const float *a, const float *b, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] = a[i] * b[i];
}

NN_VECTOR static void add_products(const float *a, const float *b, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] += a[i] * b[i];
}

static amend_status gate_forward(nn_layer *layer)
{
    const nn_tensor *x = layer->in[0], *y = layer->out;
    const float *gate = layer->in[1]->data;
    size_t c = y->shape.c, pixels = y->shape.h * y->shape.w, lines = y->shape.n * pixels;
#pragma omp parallel for schedule(static)
    for (size_t line = 0; line < lines; line++)
        for (size_t at = 0; at < c; at += NN_PART) {
            float given[NN_PART], result[NN_PART];
            size_t part = nn_part_at(c, at);
            multiply(nn_load(x->type, x->data, line * c + at, part, given), gate + line / pixels * c + at, result,
                     part);
            nn_store(y->type, y->data, line * c + at, part, result);
        }
    return status_ok();
}

/* Channels at .. at + part - 1 of one sample; only what is wanted of the two gradients. */
static void sample_backward(nn_layer *layer, size_t sample, size_t at, size_t part)
{
    const nn_tensor *x = layer->in[0], *y = layer->out;
    size_t c = y->shape.c, pixels = y->shape.h * y->shape.w;
    const float *gate = (const float *)layer->in[1]->data + sample * c + at;
    float *d_gate = layer->in_gradient[1] ? (float *)layer->in_gradient[1] + sample * c + at : NULL;
    if (d_gate) memset(d_gate, 0, part * sizeof *d_gate);
    for (size_t i = 0; i < pixels; i++) {
        float given[NN_PART], gradient[NN_PART], result[NN_PART];
        size_t place = (sample * pixels + i) * c + at;
        const float *dy = nn_load(y->type, y->gradient, place, part, gradient);
        if (d_gate) add_products(dy, nn_load(x->type, x->data, place, part, given), d_gate, part);
        if (!layer->in_gradient[0]) continue;
        multiply(dy, gate, result, part);
        nn_store(x->type, layer->in_gradient[0], place, part, result);
    }
}

static amend_status gate_backward(nn_layer *layer)
{
    size_t c = layer->out->shape.c, parts = (c + NN_PART - 1) / NN_PART;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < layer->out->shape.n * parts; i++) {
        size_t at = i % parts * NN_PART;
        sample_backward(layer, i / parts, at, nn_part_at(c, at));
    }
    return status_ok();
}

const nn_op nn_op_gate = {gate_create, NULL, NULL, gate_forward, gate_backward, NULL};
