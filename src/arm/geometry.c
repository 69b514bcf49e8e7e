/* Checks and arithmetic of the ARM head's shapes. */
#include "arm/geometry.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

static bool divides(size_t r, size_t channels)
{
    return r <= SIZE_MAX / r && channels % (r * r) == 0;
}

/* "2, 4, 8": the arrangement factors these channels allow, as many as fit in `text`. */
static void list_factors(size_t channels, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t r = 2; r <= channels / r && used + 24 < size; r += 2)
        if (divides(r, channels)) used += (size_t)snprintf(text + used, size - used, "%s%zu", used ? ", " : "", r);
}

static amend_status wrong_factor(size_t channels, size_t r)
{
    char factors[160];
    list_factors(channels, factors, sizeof factors);
    if (!factors[0])
        return status_error(AMEND_BAD_ARGUMENT,
                            "a feature map of %zu channels cannot be arranged: ARM needs a multiple of 4; "
                            "choose another backbone or width",
                            channels);
    return status_error(
        AMEND_BAD_ARGUMENT,
        "arrangement factor %zu does not fit %zu channels: its square must divide them; choose one of %s", r, channels,
        factors);
}

amend_status arm_geometry_make(size_t channels, size_t height, size_t width, size_t r, arm_geometry *geometry)
{
    size_t area = 0, features = 0;
    if (r < 2 || r % 2)
        return status_error(AMEND_BAD_ARGUMENT,
                            "arrangement factor %zu: it must be even and at least 2 (the paper's is 16)", r);
    if (!mem_multiply(height, width, &area) || !mem_multiply(area, channels, &features))
        return status_error(AMEND_BAD_ARGUMENT, "a feature map of %zu x %zu x %zu is too large", channels, height,
                            width);
    if (!channels || !divides(r, channels)) return wrong_factor(channels, r);
    if (height < 2 || width < 2)
        return status_error(AMEND_BAD_ARGUMENT,
                            "a feature map of %zu x %zu is too small: the de-albino kernel spans 2 x 2 positions; "
                            "choose a larger input size or a backbone with fewer strides",
                            height, width);
    *geometry = (arm_geometry){
        .channels = channels,
        .height = height,
        .width = width,
        .arrangement = r,
        .planes = channels / (r * r),
        .arranged_height = height * r,
        .arranged_width = width * r,
        .kernel = 2 * r,
        .stride = r / 2,
        .out_height = (height * r - 2 * r) / (r / 2) + 1,
        .out_width = (width * r - 2 * r) / (r / 2) + 1,
    };
    return status_ok();
}

size_t arm_geometry_features(const arm_geometry *g)
{
    return g->channels * g->height * g->width;
}

size_t arm_geometry_outputs(const arm_geometry *g)
{
    return g->out_height * g->out_width;
}

/* Windows o in 0 .. windows - 1 with o stride <= at < o stride + kernel. */
static size_t covering(const arm_geometry *g, size_t windows, size_t at)
{
    size_t last = at / g->stride < windows ? at / g->stride : windows - 1;
    size_t first = at < g->kernel ? 0 : (at - g->kernel) / g->stride + 1;
    return last - first + 1;
}

size_t arm_geometry_coverage(const arm_geometry *g, size_t y, size_t x)
{
    return covering(g, g->out_height, y) * covering(g, g->out_width, x);
}
