/* PReLU (He et al., "Delving Deep into Rectifiers", 2015): y = x > 0 ? x : a x, with one slope a a channel.
 * dx = x > 0 ? dy : a dy; da = the sum of x dy over values that are not above 0. */
#include <omp.h>

#include "nn/convert.h"
#include "nn/layer.h"

enum { BLOCK = 32 }; /* pixels summed in f32 before the sum goes to f64 */

/* Scratch: for each thread c sums in f64, then for each c in f32. */
static amend_status slopes_create(nn_layer *layer)
{
    layer->scratch_bytes = (size_t)omp_get_max_threads() * layer->out->shape.c * (sizeof(double) + sizeof(float));
    return status_ok();
}

NN_INLINE void bend(nn_type type, const void *x, const float *slopes, size_t first, size_t last, size_t c, void *y)
{
    for (size_t pixel = first; pixel < last; pixel++)
#pragma omp simd
        for (size_t i = 0; i < c; i++) {
            float v = nn_get(type, x, pixel * c + i);
            nn_put(type, y, pixel * c + i, v > 0 ? v : slopes[i] * v);
        }
}

NN_VECTOR static void apply(nn_type type, const void *x, const float *slopes, size_t first, size_t last, size_t c,
                            void *y)
{
    if (type == NN_F32)
        bend(NN_F32, x, slopes, first, last, c, y);
    else
        bend(NN_BF16, x, slopes, first, last, c, y);
}

static amend_status slopes_forward(nn_layer *layer)
{
    const nn_tensor *x = layer->in[0], *y = layer->out;
    size_t c = y->shape.c, pixels = nn_shape_count(y->shape) / c;
    const float *slopes = layer->params[0]->value;
#pragma omp parallel
    {
        size_t t = (size_t)omp_get_thread_num(), threads = (size_t)omp_get_num_threads();
        apply(x->type, x->data, slopes, pixels * t / threads, pixels * (t + 1) / threads, c, y->data);
    }
    return status_ok();
}

/* What backward reads and writes; dx may be NULL. */
typedef struct slope_maps {
    nn_type type;
    size_t c;
    const void *x, *dy;
    const float *slopes;
    void *dx;
} slope_maps;

NN_INLINE void unbend(nn_type type, const slope_maps *maps, size_t first, size_t last, double *sums, float *part)
{
    const slope_maps m = *maps; /* a copy that no store can change */
    for (size_t pixel = first; pixel < last; pixel++) {
#pragma omp simd
        for (size_t i = 0; i < m.c; i++) {
            size_t at = pixel * m.c + i;
            float x = nn_get(type, m.x, at), dy = nn_get(type, m.dy, at);
            part[i] += x > 0 ? 0 : x * dy;
            if (m.dx) nn_put(type, m.dx, at, x > 0 ? dy : m.slopes[i] * dy);
        }
        if ((pixel - first) % BLOCK != BLOCK - 1 && pixel + 1 < last) continue;
        for (size_t i = 0; i < m.c; i++) sums[i] += (double)part[i], part[i] = 0;
    }
}

NN_VECTOR static void differentiate(const slope_maps *m, size_t first, size_t last, double *sums, float *part)
{
    memset(sums, 0, m->c * sizeof *sums);
    memset(part, 0, m->c * sizeof *part);
    if (m->type == NN_F32)
        unbend(NN_F32, m, first, last, sums, part);
    else
        unbend(NN_BF16, m, first, last, sums, part);
}

static amend_status slopes_backward(nn_layer *layer)
{
    const nn_tensor *x = layer->in[0], *y = layer->out;
    const slope_maps m = {x->type, x->shape.c, x->data, y->gradient, layer->params[0]->value, layer->in_gradient[0]};
    const size_t threads = layer->scratch_bytes / (m.c * (sizeof(double) + sizeof(float)));
    const size_t pixels = nn_shape_count(x->shape) / m.c;
    double *sums = layer->scratch;
    float *parts = (float *)(sums + threads * m.c);
#pragma omp parallel for schedule(static)
    for (size_t t = 0; t < threads; t++)
        differentiate(&m, pixels * t / threads, pixels * (t + 1) / threads, sums + t * m.c, parts + t * m.c);
    for (size_t i = 0; i < m.c; i++) {
        double sum = 0;
        for (size_t t = 0; t < threads; t++) sum += sums[t * m.c + i];
        layer->params[0]->gradient[i] = (float)sum;
    }
    return status_ok();
}

const nn_op nn_op_slopes = {slopes_create, NULL, NULL, slopes_forward, slopes_backward, NULL};
