/* The transforms for maps and factors of bf16; all between is f32. */
#include "nn/winograd_transform.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "nn/winograd_lines.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))

/* LANES values side by side. */
TARGET static inline void store(const float *values, void *out)
{
    _mm256_storeu_si256(out, (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(values)));
}

/* Words of a first and a second value each. */
TARGET static inline void store_pairs(const float *first, const float *second, void *out)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(second), _mm512_loadu_ps(first));
    _mm512_storeu_si512(out, _mm512_permutexvar_epi16(order, (__m512i)both));
}

TARGET static void from_patch(const void *const *pixels, size_t channels, float *out, size_t stride)
{
    float values[POINTS][LANES];
    for (size_t c = 0; c < channels; c += LANES) {
        patch_values(NN_BF16, pixels, c, values[0], LANES);
        for (size_t i = 0; i < POINTS; i++) store(values[i], out + i * stride + c / 2);
    }
}

TARGET static void from_patches(const void *const *pixels, size_t channels, float *out, size_t stride)
{
    float first[POINTS][LANES], second[POINTS][LANES];
    for (size_t c = 0; c < channels; c += LANES) {
        patch_values(NN_BF16, pixels, c, first[0], LANES);
        patch_values(NN_BF16, pixels + POINTS, c, second[0], LANES);
        for (size_t i = 0; i < POINTS; i++) store_pairs(first[i], second[i], out + i * stride + c);
    }
}

TARGET static void from_tiles(const void *const *pixels, size_t channels, float *out, size_t stride)
{
    float first[POINTS][LANES], second[POINTS][LANES];
    for (size_t c = 0; c < channels; c += LANES) {
        spread_values(NN_BF16, pixels, c, first[0], LANES);
        spread_values(NN_BF16, pixels + TILE * TILE, c, second[0], LANES);
        for (size_t i = 0; i < POINTS; i++) store_pairs(first[i], second[i], out + i * stride + c);
    }
}

TARGET static void to_tile(const float *in, size_t stride, size_t channels, const winograd_finish *finish,
                           void *const pixels[TILE * TILE])
{
    for (size_t c = 0; c < channels; c += LANES) {
        float tile[TILE * TILE][LANES];
        tile_values(in + c, stride, tile);
        for (size_t i = 0; i < TILE * TILE; i++) {
            if (!pixels[i]) continue;
            for (size_t k = 0; finish->bias && k < LANES; k++) tile[i][k] += finish->bias[c + k];
            store(tile[i], (uint16_t *)pixels[i] + c);
        }
    }
}

TARGET static void from_kernels(const float g[][9][LANES], float *out, size_t stride)
{
    float first[POINTS][LANES], second[POINTS][LANES];
    kernel_values(g[0], first[0], LANES);
    kernel_values(g[1], second[0], LANES);
    for (size_t i = 0; i < POINTS; i++) store_pairs(first[i], second[i], out + i * stride);
}

const winograd_transforms winograd_transforms_bf16 = {from_patch, from_patches, from_tiles, to_tile, from_kernels};
#endif
