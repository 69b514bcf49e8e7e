/* Each pixel is one loop of vectors over the channels. */
#include "nn/convert.h"
#include "nn/norm.h"

enum { BLOCK = 32 }; /* pixels summed in f32 before the sum goes to f64 */

NN_INLINE void sum_pixel(nn_type type, const void *x, size_t at, size_t c, float *part, float *square)
{
#pragma omp simd
    for (size_t i = 0; i < c; i++) {
        float v = nn_get(type, x, at + i);
        part[i] += v;
        square[i] += v * v;
    }
}

NN_VECTOR void norm_pixels_statistics(nn_type type, const void *x, size_t c, size_t first, size_t last, double *sums,
                                      float *buffer)
{
    float *part = buffer, *square = buffer + c;
    norm_begin_sums(sums, buffer, c);
    for (size_t pixel = first; pixel < last; pixel++) {
        if (type == NN_F32)
            sum_pixel(NN_F32, x, pixel * c, c, part, square);
        else
            sum_pixel(NN_BF16, x, pixel * c, c, part, square);
        if ((pixel - first) % BLOCK == BLOCK - 1) norm_flush_sums(sums, part, 2 * c);
    }
    norm_flush_sums(sums, part, 2 * c);
}

static inline float rectify(float value, float ceiling) /* lets NaN through */
{
    float raised = value < 0 ? 0 : value;
    return raised > ceiling ? ceiling : raised;
}

/* y = relu(scale * x + shift + residual) of one pixel. With `residual` and `relu` constant it is one loop of vectors.
 */
NN_INLINE void apply_relu(nn_type type, const norm_maps *m, bool residual, bool relu, size_t at)
{
    const float *scale = m->scale, *shift = m->shift, ceiling = m->ceiling;
    const void *x = m->x, *other = m->residual;
    void *out = m->out;
#pragma omp simd
    for (size_t i = 0; i < m->c; i++) {
        float y = scale[i] * nn_get(type, x, at + i) + shift[i];
        if (residual) y += nn_get(type, other, at + i);
        nn_put(type, out, at + i, relu ? rectify(y, ceiling) : y);
    }
}

/* buffer: c floats */
NN_INLINE void apply_curve(nn_type type, const norm_maps *m, size_t at, float *buffer)
{
    for (size_t i = 0; i < m->c; i++) buffer[i] = m->scale[i] * nn_get(type, m->x, at + i) + m->shift[i];
    nn_curve_apply(&m->curve, buffer, buffer, m->c);
    nn_store(type, m->out, at, m->c, buffer);
}

NN_INLINE void apply_pixels(nn_type type, const norm_maps *m, size_t first, size_t last, float *buffer)
{
    for (size_t pixel = last; pixel-- > first;) {
        size_t at = pixel * m->c;
        if (m->curve.function)
            apply_curve(type, m, at, buffer);
        else if (m->residual && m->relu)
            apply_relu(type, m, true, true, at);
        else if (m->relu)
            apply_relu(type, m, false, true, at);
        else
            apply_relu(type, m, m->residual != NULL, false, at);
    }
}

NN_VECTOR void norm_pixels_forward(const norm_maps *m, size_t first, size_t last, float *buffer)
{
    if (m->type == NN_F32)
        apply_pixels(NN_F32, m, first, last, buffer);
    else
        apply_pixels(NN_BF16, m, first, last, buffer);
}

/* Where the gradient g at a pixel comes from. */
typedef enum gradient_kind {
    PASSED,   /* dy */
    MASKED,   /* dy where 0 < scale * x + shift < ceiling: worked out again, which costs less than reading y */
    MASKED_Y, /* dy where 0 < y < ceiling, as a residual was added */
    WHOLE     /* c floats made before: f'(bn(x)) dy */
} gradient_kind;

static gradient_kind kind_of(const norm_maps *m)
{
    if (m->curve.function) return WHOLE;
    return !m->relu ? PASSED : m->residual ? MASKED_Y : MASKED;
}

/* For WHOLE; buffer: 3 x c. */
NN_INLINE const float *whole_gradient(nn_type type, const norm_maps *m, size_t pixel, float *buffer)
{
    size_t c = m->c;
    float *g = buffer, *y = buffer + c;
    const float *dy = nn_load(type, m->dy, pixel * c, c, buffer + 2 * c);
    for (size_t i = 0; i < c; i++) y[i] = m->scale[i] * nn_get(type, m->x, pixel * c + i) + m->shift[i];
    nn_curve_slope(&m->curve, y, dy, g, c);
    return g;
}

/* Of channel i at index `at`, given x there. Both comparisons always, so that it compiles to masks: signs are too
 * random for branches. */
NN_INLINE float gradient_at(nn_type type, gradient_kind kind, const norm_maps *m, const float *whole, size_t at,
                            size_t i, float x)
{
    if (kind == WHOLE) return whole[i];
    float dy = nn_get(type, m->dy, at);
    if (kind == PASSED) return dy;
    float y = kind == MASKED_Y ? nn_get(type, m->y, at) : m->scale[i] * x + m->shift[i];
    return ((y > 0) & (y < m->ceiling)) ? dy : 0;
}

NN_INLINE void sum_gradients(nn_type type, gradient_kind kind, const norm_maps *maps, size_t first, size_t last,
                             double *sums, float *buffer)
{
    const norm_maps m = *maps; /* a copy that no store can change */
    const float *mean = m.mean;
    const bool added = m.d_residual;
    size_t c = m.c;
    float *part = buffer, *product = buffer + c;
    for (size_t pixel = first; pixel < last; pixel++) {
        const float *whole = kind == WHOLE ? whole_gradient(type, &m, pixel, buffer + 2 * c) : NULL;
#pragma omp simd
        for (size_t i = 0; i < c; i++) {
            size_t at = pixel * c + i;
            float x = nn_get(type, m.x, at), g = gradient_at(type, kind, &m, whole, at, i, x);
            if (added) nn_put(type, m.d_residual, at, g);
            part[i] += g;
            product[i] += g * (x - mean[i]);
        }
        if ((pixel - first) % BLOCK == BLOCK - 1) norm_flush_sums(sums, part, 2 * c);
    }
    norm_flush_sums(sums, part, 2 * c);
}

NN_INLINE void pass_gradients(nn_type type, gradient_kind kind, const norm_maps *maps, size_t first, size_t last,
                              float *buffer)
{
    const norm_maps m = *maps;
    const float *from_g = m.from_g, *from_x = m.from_x, *constant = m.constant;
    const bool input = m.dx, added = m.d_residual;
    for (size_t pixel = last; pixel-- > first;) {
        const float *whole = kind == WHOLE ? whole_gradient(type, &m, pixel, buffer) : NULL;
#pragma omp simd
        for (size_t i = 0; i < m.c; i++) {
            size_t at = pixel * m.c + i;
            float x = nn_get(type, m.x, at), g = gradient_at(type, kind, &m, whole, at, i, x);
            if (added) nn_put(type, m.d_residual, at, g);
            if (input) nn_put(type, m.dx, at, from_g[i] * g + from_x[i] * x + constant[i]);
        }
    }
}

/* Calls WORK(type, kind, ...) with both known to the compiler, so that each inner loop is one of vectors. */
#define WITH_KIND(work, type, m, ...)                                                                                  \
    switch (kind_of(m)) {                                                                                              \
    case PASSED:                                                                                                       \
        work(type, PASSED, m, __VA_ARGS__);                                                                            \
        break;                                                                                                         \
    case MASKED:                                                                                                       \
        work(type, MASKED, m, __VA_ARGS__);                                                                            \
        break;                                                                                                         \
    case MASKED_Y:                                                                                                     \
        work(type, MASKED_Y, m, __VA_ARGS__);                                                                          \
        break;                                                                                                         \
    case WHOLE:                                                                                                        \
        work(type, WHOLE, m, __VA_ARGS__);                                                                             \
    }

NN_VECTOR void norm_pixels_sums(const norm_maps *m, size_t first, size_t last, double *sums, float *buffer)
{
    norm_begin_sums(sums, buffer, m->c);
    if (m->type == NN_F32) {
        WITH_KIND(sum_gradients, NN_F32, m, first, last, sums, buffer)
    } else {
        WITH_KIND(sum_gradients, NN_BF16, m, first, last, sums, buffer)
    }
}

NN_VECTOR void norm_pixels_gradient(const norm_maps *m, size_t first, size_t last, float *buffer)
{
    if (m->type == NN_F32) {
        WITH_KIND(pass_gradients, NN_F32, m, first, last, buffer)
    } else {
        WITH_KIND(pass_gradients, NN_BF16, m, first, last, buffer)
    }
}
