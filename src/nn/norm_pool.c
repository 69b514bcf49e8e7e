/* Each window, and in the last pass each pixel, is one loop of vectors over the channels, whose values stay in
 * registers: the usual sizes of windows are constants in their copies of the loops. (Winners have 16 bits, as with 8 a
 * vector would have more lanes than a narrow map has channels.) */
#include "nn/convert.h"
#include "nn/norm.h"

norm_pool norm_pool_of(const nn_row *pool, nn_shape in, nn_shape out)
{
    return (norm_pool){.in = in, .out = out, .kernel = pool->kernel, .stride = pool->stride, .pad = pool->pad};
}

size_t norm_pool_bytes(const norm_pool *pool)
{
    return nn_shape_count(pool->out) * sizeof *pool->winners;
}

/* The pixels of a window along one axis: where their values begin, and their taps. */
typedef struct pixels {
    size_t at[NORM_POOL_KERNEL], tap[NORM_POOL_KERNEL];
} pixels;

/* The map has `length` pixels there, `step` values apart; `begin`: of the first. A pixel outside is replaced by the
 * nearest inside, which is another of the window's: no maximum changes by that. */
NN_INLINE pixels pixels_of(const norm_pool *p, size_t kernel, size_t window, size_t length, size_t step, size_t begin)
{
    pixels px;
    size_t from = window * p->stride;
    for (size_t k = 0; k < kernel; k++) {
        size_t at = from + k < p->pad ? 0 : from + k - p->pad;
        if (at >= length) at = length - 1;
        px.at[k] = begin + at * step;
        px.tap[k] = at + p->pad - from;
    }
    return px;
}

/* The windows first .. end - 1 along one axis that a pixel is in; its tap of the first is `tap`, of each further one
 * less by the stride. */
typedef struct windows {
    size_t first, end, tap;
} windows;

/* From those of a pixel before this one, or from zeros; the result has `length` windows there. */
NN_INLINE void move_windows(const norm_pool *p, size_t pixel, size_t length, windows *w)
{
    size_t at = pixel + p->pad;
    while (w->end < length && w->end * p->stride <= at) w->end++;
    while (w->first < w->end && w->first * p->stride + p->kernel <= at) w->first++;
    w->tap = at - w->first * p->stride;
}

/* rows, columns: of the window's pixels; at: where its result stands. */
NN_INLINE void pool_window(const norm_maps *m, size_t kernel, nn_type type, const pixels *rows, const pixels *columns,
                           size_t at)
{
    const float *scale = m->scale, *shift = m->shift;
    const void *x = m->x;
    void *out = m->out;
    uint16_t *winners = m->pool->winners + at;
#pragma omp simd
    for (size_t i = 0; i < m->c; i++) {
        float best = 0;
        int32_t winner = NORM_POOL_NONE;
        for (size_t k = 0; k < kernel * kernel; k++) {
            size_t ky = k / kernel, kx = k % kernel;
            float value = scale[i] * nn_get(type, x, rows->at[ky] + columns->at[kx] + i) + shift[i];
            bool larger = (value > best) | (value != value); /* NaN wins, and stays */
            best = larger ? value : best;
            winner = larger ? (int32_t)(rows->tap[ky] * kernel + columns->tap[kx]) : winner;
        }
        winners[i] = (uint16_t)winner;
        nn_put(type, out, at + i, best);
    }
}

/* part: sums of g, then of g * (x - mean) */
NN_INLINE void sum_window(const norm_maps *m, size_t kernel, nn_type type, const pixels *rows, const pixels *columns,
                          size_t at, float *part)
{
    const float *mean = m->mean;
    const void *x = m->x, *dy = m->dy;
    const uint16_t *winners = m->pool->winners + at;
    float *product = part + m->c;
#pragma omp simd
    for (size_t i = 0; i < m->c; i++) {
        int32_t winner = winners[i];
        float passed = nn_get(type, dy, at + i), g = winner == NORM_POOL_NONE ? 0 : passed, value = 0;
        for (size_t k = 0; k < kernel * kernel; k++) {
            size_t ky = k / kernel, kx = k % kernel;
            float candidate = nn_get(type, x, rows->at[ky] + columns->at[kx] + i);
            value = winner == (int32_t)(rows->tap[ky] * kernel + columns->tap[kx]) ? candidate : value;
        }
        part[i] += g;
        product[i] += g * (value - mean[i]);
    }
}

/* value or 0 by its bits: compilers make a branch of ?: here, and with it no vectors. */
NN_INLINE float keep_if(bool condition, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= -(uint32_t)condition;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* dx of one pixel, at index `at`: down x across windows have it, the first one at `window` by `tap`. */
NN_INLINE void pass_pixel(const norm_maps *m, nn_type type, size_t window, size_t tap, size_t down, size_t across,
                          size_t at)
{
    const norm_pool *p = m->pool;
    size_t c = m->c, length = p->out.w * c, kernel = p->kernel, stride = p->stride;
    const float *from_g = m->from_g, *from_x = m->from_x, *constant = m->constant;
    const void *x = m->x, *dy = m->dy;
    void *dx = m->dx;
    const uint16_t *winners = p->winners;
#pragma omp simd
    for (size_t i = 0; i < c; i++) {
        float g = 0;
        for (size_t k = 0; k < down * across; k++) {
            size_t v = k / across, u = k % across, from = window + v * length + u * c + i;
            int32_t won = winners[from];
            g += keep_if(won == (int32_t)(tap - (v * kernel + u) * stride), nn_get(type, dy, from));
        }
        nn_put(type, dx, at + i, from_g[i] * g + from_x[i] * nn_get(type, x, at + i) + constant[i]);
    }
}

/* The rows of pixels under a row of windows, counted over the batch. */
NN_INLINE pixels rows_of(const norm_pool *p, size_t kernel, size_t row)
{
    size_t length = p->in.w * p->in.c;
    return pixels_of(p, kernel, row % p->out.h, p->in.h, length, row / p->out.h * p->in.h * length);
}

NN_INLINE void pool_row(const norm_maps *m, size_t kernel, nn_type type, size_t row)
{
    const norm_pool *p = m->pool;
    const pixels rows = rows_of(p, kernel, row);
    for (size_t u = 0; u < p->out.w; u++) {
        const pixels columns = pixels_of(p, kernel, u, p->in.w, m->c, 0);
        pool_window(m, kernel, type, &rows, &columns, (row * p->out.w + u) * m->c);
    }
}

NN_INLINE void sum_row(const norm_maps *m, size_t kernel, nn_type type, size_t row, float *part)
{
    const norm_pool *p = m->pool;
    const pixels rows = rows_of(p, kernel, row);
    for (size_t u = 0; u < p->out.w; u++) {
        const pixels columns = pixels_of(p, kernel, u, p->in.w, m->c, 0);
        sum_window(m, kernel, type, &rows, &columns, (row * p->out.w + u) * m->c, part);
    }
}

NN_INLINE void pass_row(const norm_maps *m, nn_type type, size_t row)
{
    const norm_pool *p = m->pool;
    size_t image = row / p->in.h;
    windows rows = {0}, columns = {0};
    move_windows(p, row % p->in.h, p->out.h, &rows);
    for (size_t pixel = 0; pixel < p->in.w; pixel++) {
        move_windows(p, pixel, p->out.w, &columns);
        size_t down = rows.end - rows.first, across = columns.end - columns.first;
        size_t window = ((image * p->out.h + rows.first) * p->out.w + columns.first) * m->c;
        size_t tap = rows.tap * p->kernel + columns.tap, at = (row * p->in.w + pixel) * m->c;
        if (down == 1 && across == 1)
            pass_pixel(m, type, window, tap, 1, 1, at);
        else if (down == 1 && across == 2)
            pass_pixel(m, type, window, tap, 1, 2, at);
        else if (down == 2 && across == 1)
            pass_pixel(m, type, window, tap, 2, 1, at);
        else if (down == 2 && across == 2)
            pass_pixel(m, type, window, tap, 2, 2, at);
        else
            pass_pixel(m, type, window, tap, down, across, at);
    }
}

/* Calls WORK(maps, kernel, type, ...) with both known to the compiler where the kernel is a usual one. */
#define WITH_KERNEL(work, m, type, ...)                                                                                \
    switch ((m)->pool->kernel) {                                                                                       \
    case 2:                                                                                                            \
        work(m, 2, type, __VA_ARGS__);                                                                                 \
        break;                                                                                                         \
    case 3:                                                                                                            \
        work(m, 3, type, __VA_ARGS__);                                                                                 \
        break;                                                                                                         \
    default:                                                                                                           \
        work(m, (m)->pool->kernel, type, __VA_ARGS__);                                                                 \
    }

NN_VECTOR void norm_pool_forward(const norm_maps *m, size_t first, size_t last)
{
    for (size_t row = last; row-- > first;) {
        if (m->type == NN_F32) {
            WITH_KERNEL(pool_row, m, NN_F32, row)
        } else {
            WITH_KERNEL(pool_row, m, NN_BF16, row)
        }
    }
}

NN_VECTOR void norm_pool_sums(const norm_maps *m, size_t first, size_t last, double *sums, float *buffer)
{
    norm_begin_sums(sums, buffer, m->c);
    for (size_t row = first; row < last; row++) {
        if (m->type == NN_F32) {
            WITH_KERNEL(sum_row, m, NN_F32, row, buffer)
        } else {
            WITH_KERNEL(sum_row, m, NN_BF16, row, buffer)
        }
        norm_flush_sums(sums, buffer, 2 * m->c);
    }
}

NN_VECTOR void norm_pool_gradient(const norm_maps *m, size_t first, size_t last)
{
    for (size_t row = last; row-- > first;) {
        if (m->type == NN_F32)
            pass_row(m, NN_F32, row);
        else
            pass_row(m, NN_BF16, row);
    }
}
