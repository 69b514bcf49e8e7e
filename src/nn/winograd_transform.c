/* Each transform is one of lines, done down the columns and then along the rows; channels are the vector. */
#include "nn/winograd_transform.h"

#include "nn/type.h"

enum { LANES = WINOGRAD_CHANNELS, SIDE = WINOGRAD_PATCH, TILE = WINOGRAD_TILE };

static const float A = 0.70710678118654752f, B = 1.41421356237309505f;

/* B' d */
NN_INLINE void patch_line(const float *const in[SIDE], float *restrict out, size_t step)
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
NN_INLINE void spread_line(const float *const in[TILE], float *restrict out, size_t step)
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

/* G' u */
NN_INLINE void gather_line(const float *in, size_t stride, float *restrict out, size_t step)
{
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float u1 = in[stride + i], u2 = in[2 * stride + i], u3 = in[3 * stride + i], u4 = in[4 * stride + i];
        float sum_a = (u1 + u2) / -1.5f, less_a = A * (u1 - u2) / -1.5f, sum_b = (u3 + u4) / 6,
              less_b = B * (u3 - u4) / 6;
        out[i] = in[i] + sum_a + sum_b;
        out[step + i] = less_a + less_b;
        out[2 * step + i] = 0.5f * sum_a + 2 * sum_b + in[5 * stride + i];
    }
}

NN_VECTOR void winograd_from_patch(const float *const pixels[WINOGRAD_POINTS], size_t channels, float *out,
                                   size_t stride)
{
    for (size_t c = 0; c < channels; c += LANES) {
        float half[SIDE][SIDE][LANES];
        const float *in[SIDE];
        for (size_t x = 0; x < SIDE; x++) {
            for (size_t y = 0; y < SIDE; y++) in[y] = pixels[y * SIDE + x] + c;
            patch_line(in, half[0][x], SIDE * LANES);
        }
        for (size_t y = 0; y < SIDE; y++) {
            for (size_t x = 0; x < SIDE; x++) in[x] = half[y][x];
            patch_line(in, out + y * SIDE * stride + c, stride);
        }
    }
}

NN_VECTOR void winograd_from_tile(const float *const pixels[TILE * TILE], size_t channels, float *out, size_t stride)
{
    for (size_t c = 0; c < channels; c += LANES) {
        float half[SIDE][TILE][LANES];
        const float *in[TILE];
        for (size_t x = 0; x < TILE; x++) {
            for (size_t y = 0; y < TILE; y++) in[y] = pixels[y * TILE + x] + c;
            spread_line(in, half[0][x], TILE * LANES);
        }
        for (size_t y = 0; y < SIDE; y++) {
            for (size_t x = 0; x < TILE; x++) in[x] = half[y][x];
            spread_line(in, out + y * SIDE * stride + c, stride);
        }
    }
}

/* values: one result a channel; bias: of these channels, or NULL. */
NN_INLINE void finish_pixel(const float *values, const winograd_finish *finish, const float *bias,
                            float *restrict pixel)
{
    float low = finish->low, high = finish->high;
#pragma omp simd
    for (size_t i = 0; i < LANES; i++) {
        float value = values[i];
        if (bias) value += bias[i];
        if (finish->sum) value += pixel[i];
        value = value < low ? low : value; /* NaN stays NaN */
        pixel[i] = value > high ? high : value;
    }
}

NN_VECTOR void winograd_to_tile(const float *in, size_t stride, size_t channels, const winograd_finish *finish,
                                float *const pixels[TILE * TILE])
{
    for (size_t c = 0; c < channels; c += LANES) {
        float half[TILE][SIDE][LANES], tile[TILE][TILE][LANES];
        for (size_t x = 0; x < SIDE; x++) tile_line(in + x * stride + c, SIDE * stride, half[0][x], SIDE * LANES);
        for (size_t y = 0; y < TILE; y++) {
            tile_line(half[y][0], LANES, tile[y][0], LANES);
            for (size_t x = 0; x < TILE; x++)
                if (pixels[y * TILE + x])
                    finish_pixel(tile[y][x], finish, finish->bias ? finish->bias + c : NULL, pixels[y * TILE + x] + c);
        }
    }
}

NN_VECTOR void winograd_from_kernel(const float g[9][LANES], float *out, size_t stride)
{
    float half[SIDE][3][LANES];
    for (size_t x = 0; x < 3; x++) kernel_line(g[x], 3 * LANES, half[0][x], 3 * LANES);
    for (size_t y = 0; y < SIDE; y++) kernel_line(half[y][0], LANES, out + y * SIDE * stride, stride);
}

NN_VECTOR void winograd_to_kernel(const float *in, size_t stride, float g[9][LANES])
{
    float half[3][SIDE][LANES];
    for (size_t x = 0; x < SIDE; x++) gather_line(in + x * stride, SIDE * stride, half[0][x], SIDE * LANES);
    for (size_t y = 0; y < 3; y++) gather_line(half[y][0], LANES, g[3 * y], LANES);
}
