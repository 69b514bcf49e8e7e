/* The transforms in f32, and that of gradients of kernels, which is always in f32. */
#include "nn/winograd_lines.h"

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

static NN_VECTOR void from_patch(const void *const *pixels, size_t channels, float *out, size_t stride)
{
    for (size_t c = 0; c < channels; c += LANES) patch_values(NN_F32, pixels, c, out + c, stride);
}

static NN_VECTOR void from_tiles(const void *const *pixels, size_t channels, float *out, size_t stride)
{
    for (size_t c = 0; c < channels; c += LANES) spread_values(NN_F32, pixels, c, out + c, stride);
}

static NN_VECTOR void to_tile(const float *in, size_t stride, size_t channels, const winograd_finish *finish,
                              void *const pixels[TILE * TILE])
{
    for (size_t c = 0; c < channels; c += LANES) {
        float tile[TILE * TILE][LANES];
        tile_values(in + c, stride, tile);
        for (size_t i = 0; i < TILE * TILE; i++)
            if (pixels[i])
                finish_pixel(tile[i], finish, finish->bias ? finish->bias + c : NULL, (float *)pixels[i] + c);
    }
}

static NN_VECTOR void from_kernels(const float g[][9][LANES], float *out, size_t stride)
{
    kernel_values(g[0], out, stride);
}

NN_VECTOR void winograd_to_kernel(const float *in, size_t stride, float g[9][LANES])
{
    float half[3][SIDE][LANES];
    for (size_t x = 0; x < SIDE; x++) gather_line(in + x * stride, SIDE * stride, half[0][x], SIDE * LANES);
    for (size_t y = 0; y < 3; y++) gather_line(half[y][0], LANES, g[3 * y], LANES);
}

const winograd_transforms winograd_transforms_f32 = {from_patch, from_patch, from_tiles, to_tile, from_kernels};
