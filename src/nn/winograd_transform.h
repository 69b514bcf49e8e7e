/* The transforms around Winograd's products, F(4x4, 3x3) on the points 0, a, -a, b, -b and infinity with a = sqrt(1/2)
 * and b = sqrt(2): of nearby choices the one that rounds least. */
#ifndef NN_WINOGRAD_TRANSFORM_H
#define NN_WINOGRAD_TRANSFORM_H

#include "nn/type.h"

enum {
    WINOGRAD_TILE = 4,  /* results a side */
    WINOGRAD_PATCH = 6, /* inputs a side */
    WINOGRAD_POINTS = 36,
    WINOGRAD_CHANNELS = 16
};

/* What a result gets beside the products. */
typedef struct winograd_finish {
    const float *bias; /* or NULL */
    float low, high;   /* range of the results: 0 to infinity for a relu. f32 only */
    bool sum;          /* adds what the result holds. f32 only */
} winograd_finish;

/* Those of one type of maps, for all channels of a place, a multiple of WINOGRAD_CHANNELS. Factors of the products are
 * words, as winograd_product has them; `stride` words lie between two points. */
typedef struct winograd_transforms {
    /* B' d B of the patch with pixels[6 * row + column], for sums over channels. */
    void (*from_patch)(const void *const *pixels, size_t channels, float *out, size_t stride);

    /* The same for sums over patches, of those that make a word: one of f32, two of bf16 with the pixels of the second
     * behind those of the first. */
    void (*from_patches)(const void *const *pixels, size_t channels, float *out, size_t stride);

    /* A y A' of tiles of gradients with pixels[4 * row + column], for sums over tiles. */
    void (*from_tiles)(const void *const *pixels, size_t channels, float *out, size_t stride);

    /* A' m A of sums, finished, into the tile's pixels; NULL: outside the map. */
    void (*to_tile)(const float *in, size_t stride, size_t channels, const winograd_finish *finish,
                    void *const pixels[WINOGRAD_TILE * WINOGRAD_TILE]);

    /* G g G' of WINOGRAD_CHANNELS kernels of 3x3 side by side, for one channel of the sum or the two of a word. */
    void (*from_kernels)(const float g[][9][WINOGRAD_CHANNELS], float *out, size_t stride);
} winograd_transforms;

extern const winograd_transforms winograd_transforms_f32;
#if defined(__x86_64__)
extern const winograd_transforms winograd_transforms_bf16; /* for AVX-512 with bf16 */
#endif

/* G' u G, the gradient of G g G'. */
void winograd_to_kernel(const float *in, size_t stride, float g[9][WINOGRAD_CHANNELS]);

#endif
