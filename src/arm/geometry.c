/* Checks and arithmetic of the ARM head's shapes. */
#include "arm/geometry.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

/* Both sides of a feature map, in pixels of the arranged planes. */
static amend_status check_kernel(const arm_geometry *g)
{
    if (!g->kernel || g->kernel > g->arranged_height || g->kernel > g->arranged_width)
        return status_error(AMEND_BAD_ARGUMENT,
                            "a feature map of %zu x %zu is too small: the de-albino kernel of %zu x %zu spans "
                            "%.3g x %.3g positions; choose a larger input size, a smaller kernel or a backbone with "
                            "fewer strides",
                            g->height, g->width, g->kernel, g->kernel, (double)g->kernel / (double)g->arrangement,
                            (double)g->kernel / (double)g->arrangement);
    return status_ok();
}

static bool divides(size_t r, size_t channels)
{
    return r <= SIZE_MAX / r && channels % (r * r) == 0;
}

void arm_geometry_factors(size_t channels, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t r = 2; r <= channels / r && used + 24 < size; r += 2)
        if (divides(r, channels)) used += (size_t)snprintf(text + used, size - used, "%s%zu", used ? ", " : "", r);
}

/* The multiple of r^2 that is nearest to the channels. */
static size_t projection_for(size_t channels, size_t r)
{
    size_t square = r <= 64 ? r * r : 4;
    size_t nearest = channels > SIZE_MAX - square ? 0 : (channels + square / 2) / square * square;
    return nearest ? nearest : square;
}

static amend_status wrong_factor(size_t channels, size_t r)
{
    char factors[160];
    arm_geometry_factors(channels, factors, sizeof factors);
    if (!factors[0])
        return status_error(AMEND_BAD_ARGUMENT,
                            "a feature map of %zu channels cannot be arranged: ARM needs a multiple of 4; "
                            "choose another backbone or width, or project the channels to %zu (model.project)",
                            channels, projection_for(channels, r));
    return status_error(AMEND_BAD_ARGUMENT,
                        "arrangement factor %zu does not fit %zu channels: its square must divide them; choose one of "
                        "%s, or project the channels to %zu (model.project)",
                        r, channels, factors, projection_for(channels, r));
}

/* Kernel and stride as the variant has them, and how often they fit. */
static amend_status lay_windows(const arm_variant *v, arm_geometry *g)
{
    size_t r = g->arrangement;
    g->kernels = v->de_albino == ARM_ONE_KERNEL ? 1 : g->planes;
    g->kernel = v->kernel ? v->kernel : 2 * r;
    g->stride = v->stride ? v->stride : (r + 1) / 2;
    if (v->de_albino == ARM_NO_KERNEL) {
        if (v->kernel || v->stride)
            return status_error(AMEND_BAD_ARGUMENT, "a head without de-albino has no kernel and no stride");
        g->kernels = 0;
        g->kernel = g->stride = 1;
    }
    TRY(check_kernel(g));
    g->out_height = (g->arranged_height - g->kernel) / g->stride + 1;
    g->out_width = (g->arranged_width - g->kernel) / g->stride + 1;
    return status_ok();
}

amend_status arm_geometry_make(size_t channels, size_t height, size_t width, size_t r, const arm_variant *variant,
                               arm_geometry *geometry)
{
    static const arm_variant paper = {0};
    size_t area = 0, features = 0;
    if (variant && variant->project) channels = variant->project;
    if (!r || (r > 1 && r % 2))
        return status_error(AMEND_BAD_ARGUMENT,
                            "arrangement factor %zu: it must be even (the paper's is 16), or 1 for no arrangement", r);
    if (!mem_multiply(height, width, &area) || !mem_multiply(area, channels, &features))
        return status_error(AMEND_BAD_ARGUMENT, "a feature map of %zu x %zu x %zu is too large", channels, height,
                            width);
    if (!channels || !divides(r, channels)) return wrong_factor(channels, r);
    *geometry = (arm_geometry){
        .channels = channels,
        .height = height,
        .width = width,
        .arrangement = r,
        .planes = channels / (r * r),
        .arranged_height = height * r,
        .arranged_width = width * r,
    };
    return lay_windows(variant ? variant : &paper, geometry);
}

size_t arm_geometry_features(const arm_geometry *g)
{
    return g->channels * g->height * g->width;
}

size_t arm_geometry_outputs(const arm_geometry *g)
{
    return g->out_height * g->out_width;
}

size_t arm_geometry_taps(const arm_geometry *g)
{
    return g->kernels * g->kernel * g->kernel;
}

/* Windows o in 0 .. windows - 1 with o stride <= at < o stride + kernel. */
static size_t covering(const arm_geometry *g, size_t windows, size_t at)
{
    size_t last = at / g->stride < windows ? at / g->stride : windows - 1;
    size_t first = at < g->kernel ? 0 : (at - g->kernel) / g->stride + 1;
    return last >= first ? last - first + 1 : 0; /* 0: between windows, or beyond the last */
}

size_t arm_geometry_coverage(const arm_geometry *g, size_t y, size_t x)
{
    return covering(g, g->out_height, y) * covering(g, g->out_width, x);
}
