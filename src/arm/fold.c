/* Folding the ARM head. With s_p = bn_weight_p / sqrt(var_p + eps) and t_p = bn_bias_p - s_p mean_p:
 *
 *   f_expression[o] = 1/P sum_p (s_p DA(plane_p)[o] + t_p) + alpha generic[o]
 *   logit[k]        = sum_o fc[k][o] f_expression[o] + fc_bias[k]
 *
 * so a class's weight on arranged pixel (p, y, x) is s_p / P times spread[y][x], the de-albino convolution transposed
 * and applied to fc[k]: one map for all planes where they share the kernel. */
#include "arm/fold.h"

#include <math.h>
#include <string.h>

#include "arm/constants.h"
#include "base/mem.h"

/* scale[p] = s_p / P; *shift = 1/P sum_p t_p */
static amend_status fold_norm(const arm_geometry *g, const arm_fold_source *head, double *scale, double *shift)
{
    *shift = 0;
    for (size_t p = 0; p < g->planes; p++) {
        double variance = head->running_var[p];
        if (!(variance >= 0))
            return status_error(
                AMEND_BAD_DATA,
                "arm.bn.running_var[%zu] is %g, not a variance: take weights from an earlier checkpoint", p, variance);
        scale[p] = head->bn_weight[p] / sqrt(variance + ARM_EPSILON) / (double)g->planes;
        *shift += head->bn_bias[p] / (double)g->planes - scale[p] * head->running_mean[p];
    }
    return status_ok();
}

/* spread [hr][wr] += value kernel, laid at window (oy, ox) */
static void lay_kernel(const arm_geometry *g, const float *kernel, double value, size_t oy, size_t ox, double *spread)
{
    for (size_t u = 0; u < g->kernel; u++) {
        double *row = spread + (oy * g->stride + u) * g->arranged_width + ox * g->stride;
        for (size_t v = 0; v < g->kernel; v++) row[v] += value * kernel[u * g->kernel + v];
    }
}

/* spread [hr][wr]: the weight that one class's fc row [out_height][out_width] puts on each arranged pixel */
static void spread_class(const arm_geometry *g, const float *kernel, const float *fc, double *spread)
{
    memset(spread, 0, g->arranged_height * g->arranged_width * sizeof *spread);
    for (size_t oy = 0; oy < g->out_height; oy++)
        for (size_t ox = 0; ox < g->out_width; ox++) lay_kernel(g, kernel, fc[oy * g->out_width + ox], oy, ox, spread);
}

/* Plane p of weight [h][w][C]: channel p r^2 + i r + j at (y, x) is arranged pixel (p, y r + i, x r + j) */
static void gather_plane(const arm_geometry *g, size_t p, double scale, const double *spread, float *weight)
{
    size_t r = g->arrangement;
    for (size_t y = 0; y < g->height; y++)
        for (size_t x = 0; x < g->width; x++) {
            float *pixel = weight + (y * g->width + x) * g->channels + p * r * r;
            for (size_t i = 0; i < r; i++)
                for (size_t j = 0; j < r; j++)
                    *pixel++ = (float)(scale * spread[(y * r + i) * g->arranged_width + x * r + j]);
        }
}

/* weight [h][w][C] of one class */
static void fold_class(const arm_geometry *g, const arm_fold_source *head, const float *fc, const double *scale,
                       double *spread, float *weight)
{
    static const float one = 1;
    for (size_t p = 0; p < g->planes; p++) {
        const float *kernel = g->kernels ? head->de_albino + p % g->kernels * g->kernel * g->kernel : &one;
        if (!p || g->kernels > 1) spread_class(g, kernel, fc, spread);
        gather_plane(g, p, scale[p], spread, weight);
    }
}

/* fc_bias[k] + sum_o fc[k][o] (shift + alpha generic[o]) */
static double fold_bias(const arm_geometry *g, const arm_fold_source *head, size_t k, double shift)
{
    size_t outputs = arm_geometry_outputs(g);
    double sum = head->fc_bias[k];
    for (size_t o = 0; o < outputs; o++) {
        double affinity = head->generic ? (double)head->alpha * head->generic[o] : 0;
        sum += head->fc_weight[k * outputs + o] * (shift + affinity);
    }
    return sum;
}

amend_status arm_fold(const arm_geometry *g, size_t classes, const arm_fold_source *head, float *weight, float *bias)
{
    size_t outputs = arm_geometry_outputs(g), features = arm_geometry_features(g);
    double *scale = NULL, *spread = NULL, shift = 0;
    amend_status st = mem_alloc(&scale, g->planes, sizeof *scale, "fold scales");
    if (st.code) goto done;
    st = mem_alloc(&spread, g->arranged_height * g->arranged_width, sizeof *spread, "fold map");
    if (st.code) goto done;
    st = fold_norm(g, head, scale, &shift);
    if (st.code) goto done;
    for (size_t k = 0; k < classes; k++) {
        fold_class(g, head, head->fc_weight + k * outputs, scale, spread, weight + k * features);
        bias[k] = (float)fold_bias(g, head, k, shift);
    }
done:
    mem_free(spread);
    mem_free(scale);
    return st;
}
