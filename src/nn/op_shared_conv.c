/* De-albino's convolution: ONE kernel for every plane (or one each), stride s, no padding, no bias (f32). oneDNN has no
 * good way for a single channel; rows of the kernel are contiguous, so plain loops run at vector speed. */
#include <omp.h>

#include "base/mem.h"
#include "nn/layer.h"

typedef struct shared {
    size_t h, w, planes, kernels, kernel, stride, out_h, out_w;
} shared;

static shared shared_of(const nn_layer *layer)
{
    nn_shape in = layer->in[0]->shape, out = layer->out->shape;
    size_t kernels = layer->row->groups ? layer->row->groups : 1;
    return (shared){in.h, in.w, out.c, kernels, layer->row->kernel, layer->row->stride, out.h, out.w};
}

/* First weight of the kernel of plane q of the batch. */
static size_t kernel_of(const shared *s, size_t q)
{
    return q % s->kernels * s->kernel * s->kernel;
}

/* plane: h x w; out: out_h x out_w values, `planes` apart. */
NN_VECTOR static void slide(const shared *s, const float *plane, const float *kernel, float *out)
{
    for (size_t u = 0; u < s->out_h; u++)
        for (size_t v = 0; v < s->out_w; v++) {
            const float *window = plane + u * s->stride * s->w + v * s->stride;
            float sum = 0;
            for (size_t i = 0; i < s->kernel; i++) {
#pragma omp simd reduction(+ : sum)
                for (size_t j = 0; j < s->kernel; j++) sum += window[i * s->w + j] * kernel[i * s->kernel + j];
            }
            out[(u * s->out_w + v) * s->planes] = sum;
        }
}

/* d_kernel += gradient * window; d_plane (NULL: not wanted) += gradient * kernel. */
NN_VECTOR static void slide_back(const shared *s, const float *plane, const float *kernel, const float *gradient,
                                 float *d_kernel, float *d_plane)
{
    size_t k = s->kernel;
    if (d_plane) memset(d_plane, 0, s->h * s->w * sizeof *d_plane);
    for (size_t u = 0; u < s->out_h; u++)
        for (size_t v = 0; v < s->out_w; v++) {
            size_t at = u * s->stride * s->w + v * s->stride;
            float g = gradient[(u * s->out_w + v) * s->planes];
            for (size_t i = 0; i < k; i++) {
                const float *row = plane + at + i * s->w;
                float *d_row = d_plane ? d_plane + at + i * s->w : NULL, *d_weight = d_kernel + i * k;
                for (size_t j = 0; j < k; j++) d_weight[j] += g * row[j];
                for (size_t j = 0; j < k && d_row; j++) d_row[j] += g * kernel[i * k + j];
            }
        }
}

static amend_status shared_create(nn_layer *layer)
{
    layer->own_bytes = (size_t)omp_get_max_threads() * layer->params[0]->count * sizeof(float);
    return status_ok();
}

static amend_status shared_forward(nn_layer *layer)
{
    const shared s = shared_of(layer);
    size_t count = layer->in[0]->shape.n, map = s.out_h * s.out_w;
    const float *planes = layer->in[0]->data, *kernel = layer->params[0]->value;
    float *out = layer->out->data;
#pragma omp parallel for schedule(static)
    for (size_t q = 0; q < count; q++)
        slide(&s, planes + q * s.h * s.w, kernel + kernel_of(&s, q),
              out + q / s.planes * map * s.planes + q % s.planes);
    return status_ok();
}

static amend_status shared_backward(nn_layer *layer)
{
    const shared s = shared_of(layer);
    size_t count = layer->in[0]->shape.n, map = s.out_h * s.out_w, weights = layer->params[0]->count;
    size_t threads = layer->own_bytes / (weights * sizeof(float));
    const float *planes = layer->in[0]->data, *gradient = layer->out->gradient, *kernel = layer->params[0]->value;
    float *parts = layer->own, *sum = layer->params[0]->gradient, *d_planes = layer->in_gradient[0];
    memset(parts, 0, layer->own_bytes);
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < threads; t++)
        for (size_t q = count * t / threads; q < count * (t + 1) / threads; q++)
            slide_back(&s, planes + q * s.h * s.w, kernel + kernel_of(&s, q),
                       gradient + q / s.planes * map * s.planes + q % s.planes, parts + t * weights + kernel_of(&s, q),
                       d_planes ? d_planes + q * s.h * s.w : NULL);
    memset(sum, 0, weights * sizeof *sum);
    for (size_t t = 0; t < threads; t++)
        for (size_t i = 0; i < weights; i++) sum[i] += parts[t * weights + i];
    return status_ok();
}

const nn_op nn_op_shared_conv = {shared_create, NULL, NULL, shared_forward, shared_backward, NULL};
