/* Feature p r^2 + i r + j at (y, x) is pixel (y r + i, x r + j) of plane p. So one walk over the products fills the
 * pixels, and the positions are sums of their blocks. */
#include "arm/evidence.h"

#include <string.h>

/* Where the pixel of feature c at (y, x) lies within its plane [hr][wr]. */
static size_t pixel_of(const arm_evidence_shape *s, size_t y, size_t x, size_t c)
{
    size_t r = s->arrangement, within = c % (r * r);
    return (y * r + within / r) * s->width * r + x * r + within % r;
}

static size_t plane_size(const arm_evidence_shape *s)
{
    return s->height * s->width * s->arrangement * s->arrangement;
}

/* One class: pixels [hr][wr], positions [h][w] */
static void spread_products(const arm_evidence_shape *s, const float *weight, const float *map, double *pixels,
                            double *positions)
{
    for (size_t y = 0; y < s->height; y++)
        for (size_t x = 0; x < s->width; x++, map += s->channels, weight += s->channels, positions++)
            for (size_t c = 0; c < s->channels; c++) {
                double product = (double)weight[c] * (double)map[c];
                pixels[pixel_of(s, y, x, c)] += product;
                *positions += product;
            }
}

void arm_evidence(const arm_evidence_shape *s, const float *weight, const float *map, double *pixels, double *positions)
{
    size_t area = s->height * s->width, size = plane_size(s);
    memset(pixels, 0, s->classes * size * sizeof *pixels);
    memset(positions, 0, s->classes * area * sizeof *positions);
    for (size_t k = 0; k < s->classes; k++)
        spread_products(s, weight + k * area * s->channels, map, pixels + k * size, positions + k * area);
}

void arm_evidence_arrange(const arm_evidence_shape *s, const float *map, double *planes)
{
    size_t size = plane_size(s), plane = s->arrangement * s->arrangement;
    for (size_t y = 0; y < s->height; y++)
        for (size_t x = 0; x < s->width; x++, map += s->channels)
            for (size_t c = 0; c < s->channels; c++) planes[c / plane * size + pixel_of(s, y, x, c)] = (double)map[c];
}
