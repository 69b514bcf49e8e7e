/* Feature arrangement (paper, section on FA): pixel shuffle, and the step from the plan's precision to f32.
 * out[n][p][y*r+i][x*r+j] = F[n][y][x][p*r*r + i*r + j]; a plane is one n of the result. */
#include "nn/layer.h"

typedef struct shuffle {
    nn_type type;
    size_t h, w, c, r;
} shuffle;

/* One sample; planes: c/r^2 x hr x wr. */
static void arrange_forward_one(const shuffle *s, const void *features, size_t at, float *planes)
{
    size_t r = s->r, width = s->w * r, plane = s->h * r * width;
    for (size_t y = 0; y < s->h; y++)
        for (size_t x = 0; x < s->w; x++, at += s->c)
            for (size_t k = 0; k < s->c; k++) {
                size_t p = k / (r * r), i = k / r % r, j = k % r;
                float v = s->type == NN_F32 ? ((const float *)features)[at + k]
                                            : nn_from_bf16(((const uint16_t *)features)[at + k]);
                planes[p * plane + (y * r + i) * width + x * r + j] = v;
            }
}

static void arrange_backward_one(const shuffle *s, const float *planes, void *features, size_t at)
{
    size_t r = s->r, width = s->w * r, plane = s->h * r * width;
    for (size_t y = 0; y < s->h; y++)
        for (size_t x = 0; x < s->w; x++, at += s->c)
            for (size_t k = 0; k < s->c; k++) {
                size_t p = k / (r * r), i = k / r % r, j = k % r;
                float v = planes[p * plane + (y * r + i) * width + x * r + j];
                if (s->type == NN_F32)
                    ((float *)features)[at + k] = v;
                else
                    ((uint16_t *)features)[at + k] = nn_to_bf16(v);
            }
}

static amend_status arrange_forward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    const shuffle s = {layer->in[0]->type, in.h, in.w, in.c, layer->row->factor};
    size_t sample = in.h * in.w * in.c;
    float *planes = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++) arrange_forward_one(&s, layer->in[0]->data, n * sample, planes + n * sample);
    return status_ok();
}

static amend_status arrange_backward(nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape;
    const shuffle s = {layer->in[0]->type, in.h, in.w, in.c, layer->row->factor};
    size_t sample = in.h * in.w * in.c;
    const float *planes = layer->out->gradient;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < in.n; n++) arrange_backward_one(&s, planes + n * sample, layer->in_gradient[0], n * sample);
    return status_ok();
}

const nn_op nn_op_arrange = {NULL, NULL, NULL, arrange_forward, arrange_backward, NULL};
