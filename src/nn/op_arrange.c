/* Feature arrangement (paper, section on FA): pixel shuffle, and the step from the plan's precision to f32.
 * out[n][p][y*r+i][x*r+j] = F[n][y][x][p*r*r + i*r + j]; a plane is one n of the result. */
#include "nn/convert.h"
#include "nn/layer.h"

typedef struct shuffle {
    nn_type type;
    size_t h, w, c, r;
} shuffle;

/* One sample; planes: c/r^2 x hr x wr. The r channels of a line of a small square are neighbours on both sides. */
NN_INLINE void arrange_forward_one(nn_type type, const shuffle *s, const void *features, size_t at, float *planes)
{
    size_t r = s->r, width = s->w * r, plane = s->h * r * width;
    for (size_t y = 0; y < s->h; y++)
        for (size_t x = 0; x < s->w; x++)
            for (size_t line = 0; line < s->c / r; line++, at += r) {
                float *to = planes + line / r * plane + (y * r + line % r) * width + x * r;
                for (size_t j = 0; j < r; j++) to[j] = nn_get(type, features, at + j);
            }
}

NN_INLINE void arrange_backward_one(nn_type type, const shuffle *s, const float *planes, void *features, size_t at)
{
    size_t r = s->r, width = s->w * r, plane = s->h * r * width;
    for (size_t y = 0; y < s->h; y++)
        for (size_t x = 0; x < s->w; x++)
            for (size_t line = 0; line < s->c / r; line++, at += r) {
                const float *from = planes + line / r * plane + (y * r + line % r) * width + x * r;
                for (size_t j = 0; j < r; j++) nn_put(type, features, at + j, from[j]);
            }
}

static amend_status arrange_forward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    const shuffle s = {layer->in[0]->type, in.h, in.w, in.c, layer->row->factor};
    size_t sample = in.h * in.w * in.c;
    float *planes = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++) {
        if (s.type == NN_F32)
            arrange_forward_one(NN_F32, &s, layer->in[0]->data, n * sample, planes + n * sample);
        else
            arrange_forward_one(NN_BF16, &s, layer->in[0]->data, n * sample, planes + n * sample);
    }
    return status_ok();
}

static amend_status arrange_backward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    const shuffle s = {layer->in[0]->type, in.h, in.w, in.c, layer->row->factor};
    size_t sample = in.h * in.w * in.c;
    const float *planes = layer->out->gradient;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++) {
        if (s.type == NN_F32)
            arrange_backward_one(NN_F32, &s, planes + n * sample, layer->in_gradient[0], n * sample);
        else
            arrange_backward_one(NN_BF16, &s, planes + n * sample, layer->in_gradient[0], n * sample);
    }
    return status_ok();
}

const nn_op nn_op_arrange = {NULL, NULL, NULL, arrange_forward, arrange_backward, NULL};
