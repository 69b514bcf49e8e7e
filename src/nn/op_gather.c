/* Values moved, of one map or of two (concatenation, split, shuffle of channels). Neighbours mostly stay neighbours, so
 * runs of them are copied; backward, each value's gradient goes back to where the value came from. */
#include "nn/convert.h"
#include "nn/layer.h"

typedef struct gather_run {
    size_t input, at, count; /* of in[input], values at .. at + count - 1 of a sample */
} gather_run;

static size_t sample_size(const nn_tensor *t)
{
    return t ? nn_shape_count(t->shape) / t->shape.n : 0;
}

static amend_status gather_create(nn_layer *layer)
{
    const uint32_t *source = layer->row->source;
    size_t count = sample_size(layer->out), given = sample_size(layer->in[0]) + sample_size(layer->in[1]);
    if (!source && count != given)
        return status_error(AMEND_BAD_ARGUMENT, "gather %s: %zu values of %zu", layer->row->name, count, given);
    for (size_t i = 0; source && i < count; i++)
        if (source[i] >= given)
            return status_error(AMEND_UNSUPPORTED, "gather %s: values that come from no row cannot be trained",
                                layer->row->name);
    return status_ok();
}

/* The longest run of results from `at` on that lie one behind the other in an input. */
static gather_run run_at(const nn_layer *layer, size_t at, size_t end)
{
    const uint32_t *source = layer->row->source;
    size_t first = sample_size(layer->in[0]), from = source ? source[at] : at, count = 1;
    size_t most = from < first ? first - from : SIZE_MAX;
    if (most > end - at) most = end - at;
    while (count < most && (!source || source[at + count] == from + count)) count++;
    return from < first ? (gather_run){0, from, count} : (gather_run){1, from - first, count};
}

static void sample_forward(nn_layer *layer, size_t n)
{
    size_t count = sample_size(layer->out), size = nn_type_size(layer->out->type);
    char *to = (char *)layer->out->data + n * count * size;
    for (size_t at = 0; at < count;) {
        const gather_run run = run_at(layer, at, count);
        const nn_tensor *in = layer->in[run.input];
        memcpy(to + at * size, (const char *)in->data + (n * sample_size(in) + run.at) * size, run.count * size);
        at += run.count;
    }
}

NN_VECTOR static void add(const float *a, const float *b, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] = a[i] + b[i];
}

/* dx[at ..] += dy[from ..] */
static void add_run(nn_type type, void *dx, size_t at, const void *dy, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i += NN_PART) {
        float held[NN_PART], more[NN_PART], sum[NN_PART];
        size_t part = nn_part_at(count, i);
        add(nn_load(type, dx, at + i, part, held), nn_load(type, dy, from + i, part, more), sum, part);
        nn_store(type, dx, at + i, part, sum);
    }
}

static void sample_backward(nn_layer *layer, size_t n)
{
    const nn_tensor *out = layer->out;
    size_t count = sample_size(out), size = nn_type_size(out->type);
    for (size_t k = 0; k < 2; k++) {
        size_t bytes = sample_size(layer->in[k]) * size;
        if (layer->in_gradient[k]) memset((char *)layer->in_gradient[k] + n * bytes, 0, bytes);
    }
    for (size_t at = 0; at < count;) {
        const gather_run run = run_at(layer, at, count);
        void *dx = layer->in_gradient[run.input];
        if (dx)
            add_run(out->type, dx, n * sample_size(layer->in[run.input]) + run.at, out->gradient, n * count + at,
                    run.count);
        at += run.count;
    }
}

static amend_status gather_forward(nn_layer *layer)
{
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < layer->out->shape.n; n++) sample_forward(layer, n);
    return status_ok();
}

static amend_status gather_backward(nn_layer *layer)
{
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < layer->out->shape.n; n++) sample_backward(layer, n);
    return status_ok();
}

const nn_op nn_op_gather = {gather_create, NULL, NULL, gather_forward, gather_backward, NULL};
