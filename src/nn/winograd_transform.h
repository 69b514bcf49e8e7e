/* The transforms around Winograd's products, F(4x4, 3x3) on the points 0, a, -a, b, -b and infinity with a = sqrt(1/2)
 * and b = sqrt(2): of nearby choices the one that rounds least. Each works on one tile and all its channels, a multiple
 * of WINOGRAD_CHANNELS; `stride` floats lie between two of a tile's transformed values. */
#ifndef NN_WINOGRAD_TRANSFORM_H
#define NN_WINOGRAD_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>

enum {
    WINOGRAD_TILE = 4,  /* results a side */
    WINOGRAD_PATCH = 6, /* inputs a side */
    WINOGRAD_POINTS = 36,
    WINOGRAD_CHANNELS = 16
};

/* B' d B of the patch whose pixels are at pixels[6 * row + column]. */
void winograd_from_patch(const float *const pixels[WINOGRAD_POINTS], size_t channels, float *out, size_t stride);

/* A y A' of a tile of gradients, pixels[4 * row + column]. */
void winograd_from_tile(const float *const pixels[WINOGRAD_TILE * WINOGRAD_TILE], size_t channels, float *out,
                        size_t stride);

/* What a result gets beside the products. */
typedef struct winograd_finish {
    const float *bias; /* or NULL */
    float low, high;   /* range of the results: 0 to infinity for a relu */
    bool sum;          /* adds what the result holds */
} winograd_finish;

/* A' m A, finished, into the tile's pixels; NULL: outside the map. */
void winograd_to_tile(const float *in, size_t stride, size_t channels, const winograd_finish *finish,
                      float *const pixels[WINOGRAD_TILE * WINOGRAD_TILE]);

/* G g G' of WINOGRAD_CHANNELS kernels of 3x3 side by side. */
void winograd_from_kernel(const float g[9][WINOGRAD_CHANNELS], float *out, size_t stride);

/* G' u G, the gradient of the above. */
void winograd_to_kernel(const float *in, size_t stride, float g[9][WINOGRAD_CHANNELS]);

#endif
