/* Two maps of one shape, value by value: y = a + b, a - b, a b. */
#include "nn/convert.h"
#include "nn/layer.h"

static nn_operation operation_of(const nn_layer *layer)
{
    return layer->row->kind == NN_ADD ? NN_PLUS : layer->row->operation;
}

static amend_status pair_create(nn_layer *layer)
{
    if (operation_of(layer) != NN_OVER) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "combine %s: a quotient cannot be trained", layer->row->name);
}

NN_VECTOR static void operate(nn_operation operation, const float *a, const float *b, float *y, size_t count)
{
    if (operation == NN_PLUS)
        for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
    else if (operation == NN_MINUS)
        for (size_t i = 0; i < count; i++) y[i] = a[i] - b[i];
    else
        for (size_t i = 0; i < count; i++) y[i] = a[i] * b[i];
}

static amend_status pair_forward(nn_layer *layer)
{
    const nn_tensor *a = layer->in[0], *b = layer->in[1], *y = layer->out;
    size_t count = nn_shape_count(y->shape);
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += NN_PART) {
        float left[NN_PART], right[NN_PART], result[NN_PART];
        size_t part = nn_part_at(count, at);
        operate(operation_of(layer), nn_load(a->type, a->data, at, part, left),
                nn_load(b->type, b->data, at, part, right), result, part);
        nn_store(y->type, y->data, at, part, result);
    }
    return status_ok();
}

/* The gradient of input k over a run: dy, -dy, or dy times the other input. */
static void part_backward(const nn_layer *layer, size_t k, const float *dy, size_t at, size_t part)
{
    const nn_tensor *other = layer->in[!k], *y = layer->out;
    const nn_operation operation = operation_of(layer);
    float given[NN_PART], result[NN_PART];
    if (operation == NN_TIMES) {
        operate(NN_TIMES, dy, nn_load(other->type, other->data, at, part, given), result, part);
        dy = result;
    } else if (operation == NN_MINUS && k) {
        for (size_t i = 0; i < part; i++) result[i] = -dy[i];
        dy = result;
    }
    nn_store(y->type, layer->in_gradient[k], at, part, dy);
}

static amend_status pair_backward(nn_layer *layer)
{
    const nn_tensor *y = layer->out;
    size_t count = nn_shape_count(y->shape);
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += NN_PART) {
        float gradient[NN_PART];
        size_t part = nn_part_at(count, at);
        const float *dy = nn_load(y->type, y->gradient, at, part, gradient);
        for (size_t k = 0; k < 2; k++)
            if (layer->in_gradient[k]) part_backward(layer, k, dy, at, part);
    }
    return status_ok();
}

const nn_op nn_op_pair = {pair_create, NULL, NULL, pair_forward, pair_backward, NULL};
