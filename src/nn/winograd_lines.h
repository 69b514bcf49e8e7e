/* The arithmetic of Winograd's transforms, in f32 on WINOGRAD_CHANNELS channels side by side, which are the vector.
 * Each transform is one of lines, done down the columns and then along the rows. For the files that compile it for
 * their processors and types. */
#ifndef NN_WINOGRAD_LINES_H
#define NN_WINOGRAD_LINES_H

#include "nn/convert.h"
#include "nn/winograd_transform.h"

enum { LANES = WINOGRAD_CHANNELS, SIDE = WINOGRAD_PATCH, TILE = WINOGRAD_TILE, POINTS = WINOGRAD_POINTS };

static const float A = 0.70710678118654752f, B = 1.41421356237309505f;

/* B' d */
NN_INLINE void patch_line(const float *const *in, float *restrict out, size_t step)
{
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float d0 = in[0][i], d1 = in[1][i], d2 = in[2][i], d3 = in[3][i], d4 = in[4][i], d5 = in[5][i];
        float even_a = d4 - 2 * d2, odd_a = A * d3 - B * d1, even_b = d4 - 0.5f * d2, odd_b = B * d3 - A * d1;
        out[i] = d0 + d4 - 2.5f * d2;
        out[step + i] = even_a + odd_a;
        out[2 * step + i] = even_a - odd_a;
        out[3 * step + i] = even_b + odd_b;
        out[4 * step + i] = even_b - odd_b;
        out[5 * step + i] = d1 + d5 - 2.5f * d3;
    }
}

/* A y */
NN_INLINE void spread_line(const float *const *in, float *restrict out, size_t step)
{
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float y0 = in[0][i], y1 = in[1][i], y2 = in[2][i], y3 = in[3][i];
        float even_a = y0 + 0.5f * y2, odd_a = A * (y1 + 0.5f * y3), even_b = y0 + 2 * y2, odd_b = B * (y1 + 2 * y3);
        out[i] = y0;
        out[step + i] = even_a + odd_a;
        out[2 * step + i] = even_a - odd_a;
        out[3 * step + i] = even_b + odd_b;
        out[4 * step + i] = even_b - odd_b;
        out[5 * step + i] = y3;
    }
}

/* A' m */
NN_INLINE void tile_line(const float *in, size_t stride, float *restrict out, size_t step)
{
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float m1 = in[stride + i], m2 = in[2 * stride + i], m3 = in[3 * stride + i], m4 = in[4 * stride + i];
        float sum_a = m1 + m2, less_a = A * (m1 - m2), sum_b = m3 + m4, less_b = B * (m3 - m4);
        out[i] = in[i] + sum_a + sum_b;
        out[step + i] = less_a + less_b;
        out[2 * step + i] = 0.5f * sum_a + 2 * sum_b;
        out[3 * step + i] = 0.5f * less_a + 2 * less_b + in[5 * stride + i];
    }
}

/* G g */
NN_INLINE void kernel_line(const float *in, size_t step_in, float *restrict out, size_t step)
{
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float g0 = in[i], g1 = in[step_in + i], g2 = in[2 * step_in + i];
        float even_a = (g0 + 0.5f * g2) / -1.5f, odd_a = A * g1 / -1.5f, even_b = (g0 + 2 * g2) / 6, odd_b = B * g1 / 6;
        out[i] = g0;
        out[step + i] = even_a + odd_a;
        out[2 * step + i] = even_a - odd_a;
        out[3 * step + i] = even_b + odd_b;
        out[4 * step + i] = even_b - odd_b;
        out[5 * step + i] = g2;
    }
}

typedef void line_transform(const float *const *in, float *restrict out, size_t step);

/* Of side x side pixels of `type`, channels c .. c + LANES, to SIDE x SIDE results, `step` floats between two. */
NN_INLINE void square_values(line_transform *line, size_t side, nn_type type, const void *const *pixels, size_t c,
                             float *out, size_t step)
{
    float half[SIDE][SIDE][LANES], loaded[SIDE][LANES];
    const float *in[SIDE];
    for (size_t x = 0; x < side; x++) {
        for (size_t y = 0; y < side; y++) in[y] = nn_load(type, pixels[y * side + x], c, LANES, loaded[y]);
        line(in, half[0][x], SIDE * LANES);
    }
    for (size_t y = 0; y < SIDE; y++) {
        for (size_t x = 0; x < side; x++) in[x] = half[y][x];
        line(in, out + y * SIDE * step, step);
    }
}

NN_INLINE void patch_values(nn_type type, const void *const pixels[POINTS], size_t c, float *out, size_t step)
{
    square_values(patch_line, SIDE, type, pixels, c, out, step);
}

NN_INLINE void spread_values(nn_type type, const void *const pixels[TILE * TILE], size_t c, float *out, size_t step)
{
    square_values(spread_line, TILE, type, pixels, c, out, step);
}

NN_INLINE void tile_values(const float *in, size_t step, float tile[TILE * TILE][LANES])
{
    float half[TILE][SIDE][LANES];
    for (size_t x = 0; x < SIDE; x++) tile_line(in + x * step, SIDE * step, half[0][x], SIDE * LANES);
    for (size_t y = 0; y < TILE; y++) tile_line(half[y][0], LANES, tile[y * TILE], LANES);
}

NN_INLINE void kernel_values(const float g[9][LANES], float *out, size_t step)
{
    float half[SIDE][3][LANES];
    for (size_t x = 0; x < 3; x++) kernel_line(g[x], 3 * LANES, half[0][x], 3 * LANES);
    for (size_t y = 0; y < SIDE; y++) kernel_line(half[y][0], LANES, out + y * SIDE * step, step);
}

#endif
