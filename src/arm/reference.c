/* The ARM head, step by step: arrangement, de-albino, batch normalisation, sharing affinity, classifier, loss; each
 * step's backward stands under its forward. */
#include "arm/reference.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

amend_status arm_reference_create(const arm_geometry *g, size_t batch, size_t classes, nn_affinity affinity,
                                  arm_reference **reference)
{
    const size_t outputs = arm_geometry_outputs(g), features = arm_geometry_features(g);
    arm_reference *a = NULL;
    *reference = NULL;
    TRY(mem_alloc(&a, 1, sizeof *a, "ARM reference"));
    *a = (arm_reference){.geometry = *g, .batch = batch, .classes = classes, .affinity = affinity};
    const struct {
        double **values;
        size_t rows, columns;
    } arrays[] = {
        {&a->planes, batch, features},
        {&a->de_albino, batch, g->planes * outputs},
        {&a->mean, 1, g->planes},
        {&a->inverse, 1, g->planes},
        {&a->normal, batch, g->planes * outputs},
        {&a->unique, batch, outputs},
        {&a->generic, 1, outputs},
        {&a->expression, batch, outputs},
        {&a->logits, batch, classes},
        {&a->probabilities, batch, classes},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        amend_status st =
            mem_alloc(arrays[i].values, arrays[i].rows, arrays[i].columns * sizeof(double), "ARM reference");
        if (st.code) {
            arm_reference_free(a);
            return st;
        }
    }
    *reference = a;
    return status_ok();
}

void arm_reference_free(arm_reference *a)
{
    if (!a) return;
    mem_free(a->planes);
    mem_free(a->de_albino);
    mem_free(a->mean);
    mem_free(a->inverse);
    mem_free(a->normal);
    mem_free(a->unique);
    mem_free(a->generic);
    mem_free(a->expression);
    mem_free(a->logits);
    mem_free(a->probabilities);
    mem_free(a);
}

/* Where feature map value (n, c, y, x), c = p r^2 + i r + j, stands in the planes: (n, p, y r + i, x r + j). */
static size_t arranged(const arm_geometry *g, size_t n, size_t c, size_t y, size_t x)
{
    size_t r = g->arrangement, p = c / (r * r), i = c / r % r, j = c % r;
    return ((n * g->planes + p) * g->arranged_height + y * r + i) * g->arranged_width + x * r + j;
}

/* planes [N][P][hr][wr] from x [N][C][h][w] */
static void arrange(const arm_geometry *g, size_t batch, const double *x, double *planes)
{
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < g->channels; c++)
            for (size_t y = 0; y < g->height; y++)
                for (size_t v = 0; v < g->width; v++) planes[arranged(g, n, c, y, v)] = *x++;
}

static void arrange_backward(const arm_geometry *g, size_t batch, const double *d_planes, double *d_x)
{
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < g->channels; c++)
            for (size_t y = 0; y < g->height; y++)
                for (size_t v = 0; v < g->width; v++) *d_x++ = d_planes[arranged(g, n, c, y, v)];
}

/* First weight of plane m's kernel. */
static size_t kernel_of(const arm_geometry *g, size_t m)
{
    return m % g->kernels * g->kernel * g->kernel;
}

/* out [count][D]: each of the planes [count][hr][wr] convolved with its kernel, mostly the one of all */
static void de_albino(const arm_geometry *g, size_t count, const double *planes, const double *kernels, double *out)
{
    if (!g->kernels) memcpy(out, planes, count * arm_geometry_outputs(g) * sizeof *out);
    if (!g->kernels) return;
    for (size_t m = 0; m < count; m++, planes += g->arranged_height * g->arranged_width)
        for (size_t oy = 0; oy < g->out_height; oy++)
            for (size_t ox = 0; ox < g->out_width; ox++, out++) {
                const double *kernel = kernels + kernel_of(g, m);
                const double *window = planes + oy * g->stride * g->arranged_width + ox * g->stride;
                *out = 0;
                for (size_t u = 0; u < g->kernel; u++)
                    for (size_t v = 0; v < g->kernel; v++)
                        *out += kernel[u * g->kernel + v] * window[u * g->arranged_width + v];
            }
}

/* adds to d_kernels [kernels][kernel][kernel] and d_planes [count][hr][wr] */
static void de_albino_backward(const arm_geometry *g, size_t count, const double *planes, const double *kernels,
                               const double *d_out, double *d_kernels, double *d_planes)
{
    if (!g->kernels) memcpy(d_planes, d_out, count * arm_geometry_outputs(g) * sizeof *d_planes);
    if (!g->kernels) return;
    for (size_t m = 0; m < count; m++)
        for (size_t oy = 0; oy < g->out_height; oy++)
            for (size_t ox = 0; ox < g->out_width; ox++, d_out++) {
                const double *kernel = kernels + kernel_of(g, m);
                double *d_kernel = d_kernels + kernel_of(g, m);
                size_t corner = (m * g->arranged_height + oy * g->stride) * g->arranged_width + ox * g->stride;
                for (size_t u = 0; u < g->kernel; u++)
                    for (size_t v = 0; v < g->kernel; v++) {
                        size_t at = corner + u * g->arranged_width + v;
                        d_kernel[u * g->kernel + v] += *d_out * planes[at];
                        d_planes[at] += *d_out * kernel[u * g->kernel + v];
                    }
            }
}

/* Mean and biased variance of plane p over batch and positions. */
static void plane_statistics(const arm_reference *a, size_t p, double *mean, double *variance)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry), stride = a->geometry.planes * outputs;
    const double count = (double)(a->batch * outputs), *z = a->de_albino + p * outputs;
    *mean = *variance = 0;
    for (size_t n = 0; n < a->batch; n++)
        for (size_t o = 0; o < outputs; o++) *mean += z[n * stride + o] / count;
    for (size_t n = 0; n < a->batch; n++)
        for (size_t o = 0; o < outputs; o++) *variance += pow(z[n * stride + o] - *mean, 2) / count;
}

static void move(double *running, double current)
{
    *running = (1 - ARM_MOMENTUM) * *running + ARM_MOMENTUM * current;
}

static void batch_statistics(arm_reference *a, arm_reference_state *state)
{
    const double count = (double)(a->batch * arm_geometry_outputs(&a->geometry));
    for (size_t p = 0; p < a->geometry.planes; p++) {
        double variance;
        plane_statistics(a, p, &a->mean[p], &variance);
        a->inverse[p] = 1 / sqrt(variance + ARM_EPSILON);
        move(&state->running_mean[p], a->mean[p]);
        move(&state->running_var[p], variance * count / (count - 1));
    }
}

static void running_statistics(arm_reference *a, const arm_reference_state *state)
{
    for (size_t p = 0; p < a->geometry.planes; p++) {
        a->mean[p] = state->running_mean[p];
        a->inverse[p] = 1 / sqrt(state->running_var[p] + ARM_EPSILON);
    }
}

/* normal = (z - mean_p) inverse_p; unique[n] = mean over p of (bn_weight_p normal + bn_bias_p) */
static void normalise(arm_reference *a, const arm_reference_weights *w)
{
    const size_t planes = a->geometry.planes, outputs = arm_geometry_outputs(&a->geometry);
    memset(a->unique, 0, a->batch * outputs * sizeof *a->unique);
    for (size_t n = 0; n < a->batch; n++)
        for (size_t p = 0; p < planes; p++)
            for (size_t o = 0; o < outputs; o++) {
                size_t at = (n * planes + p) * outputs + o;
                a->normal[at] = (a->de_albino[at] - a->mean[p]) * a->inverse[p];
                a->unique[n * outputs + o] += (w->bn_weight[p] * a->normal[at] + w->bn_bias[p]) / (double)planes;
            }
}

/* From d_unique [N][D]: with d_y = d_unique / P for every plane,
 *   d_bn_weight_p = sum d_y normal,  d_bn_bias_p = sum d_y,
 *   d_z = bn_weight_p inverse_p (d_y - mean(d_y) - normal mean(d_y normal)),  means over batch and positions,
 * which pass through the batch's statistics and so are left out when the running ones were used. */
static void normalise_backward(const arm_reference *a, const arm_reference_weights *w, const double *d_unique,
                               arm_reference_weights *d, double *d_z)
{
    const size_t planes = a->geometry.planes, outputs = arm_geometry_outputs(&a->geometry);
    const double count = a->training ? (double)(a->batch * outputs) : INFINITY;
    for (size_t p = 0; p < planes; p++) {
        d->bn_weight[p] = d->bn_bias[p] = 0;
        for (size_t n = 0; n < a->batch; n++)
            for (size_t o = 0; o < outputs; o++) {
                double d_y = d_unique[n * outputs + o] / (double)planes;
                d->bn_weight[p] += d_y * a->normal[(n * planes + p) * outputs + o];
                d->bn_bias[p] += d_y;
            }
        for (size_t n = 0; n < a->batch; n++)
            for (size_t o = 0; o < outputs; o++) {
                size_t at = (n * planes + p) * outputs + o;
                double d_y = d_unique[n * outputs + o] / (double)planes;
                d_z[at] = w->bn_weight[p] * a->inverse[p] *
                          (d_y - d->bn_bias[p] / count - a->normal[at] * d->bn_weight[p] / count);
            }
    }
}

/* The mean of f_unique over the batch at position o */
static double batch_mean(const arm_reference *a, size_t o)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    double mean = 0;
    for (size_t n = 0; n < a->batch; n++) mean += a->unique[n * outputs + o] / (double)a->batch;
    return mean;
}

/* f_generic in training; moves the running one */
static void training_generic(arm_reference *a, arm_reference_state *state)
{
    const bool running = a->affinity == NN_AFFINITY_EMA && a->mode == NN_GENERIC_RUNNING;
    for (size_t o = 0; o < arm_geometry_outputs(&a->geometry); o++) {
        double mean = batch_mean(a, o);
        a->generic[o] = running ? state->generic[o] : mean;
        if (a->affinity == NN_AFFINITY_EMA) move(&state->generic[o], mean);
    }
}

/* f_expression = f_unique + alpha f_generic */
static void share(arm_reference *a, double alpha)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    for (size_t n = 0; n < a->batch; n++)
        for (size_t o = 0; o < outputs; o++)
            a->expression[n * outputs + o] = a->unique[n * outputs + o] + alpha * a->generic[o];
}

/* Turns d_expression [N][D] into d_unique in its place: a mean over the batch hands alpha / N of the sum to everyone.
 */
static void share_backward(const arm_reference *a, double alpha, double *d_features, double *d_alpha)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    const bool of_batch = a->affinity == NN_AFFINITY_BATCH || (a->affinity == NN_AFFINITY_EMA && a->training);
    const bool through_batch = of_batch && !(a->training && a->mode != NN_GENERIC_GRADIENT);
    *d_alpha = 0;
    for (size_t o = 0; o < outputs; o++) {
        double sum = 0;
        for (size_t n = 0; n < a->batch; n++) sum += d_features[n * outputs + o];
        *d_alpha += sum * a->generic[o];
        if (!through_batch) continue;
        for (size_t n = 0; n < a->batch; n++) d_features[n * outputs + o] += alpha * sum / (double)a->batch;
    }
}

/* logits [N][K] = expression fc_weight^T + fc_bias */
static void classify(arm_reference *a, const arm_reference_weights *w)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    for (size_t n = 0; n < a->batch; n++)
        for (size_t k = 0; k < a->classes; k++) {
            double logit = w->fc_bias[k];
            for (size_t o = 0; o < outputs; o++)
                logit += w->fc_weight[k * outputs + o] * a->expression[n * outputs + o];
            a->logits[n * a->classes + k] = logit;
        }
}

/* d_expression [N][D] and the gradients of fc from d_logits = (probabilities - target) / N */
static void classify_backward(const arm_reference *a, const arm_reference_weights *w, const double *target,
                              arm_reference_weights *d, double *d_expression)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    memset(d->fc_weight, 0, a->classes * outputs * sizeof(double));
    memset(d->fc_bias, 0, a->classes * sizeof(double));
    memset(d_expression, 0, a->batch * outputs * sizeof(double));
    for (size_t n = 0; n < a->batch; n++)
        for (size_t k = 0; k < a->classes; k++) {
            double d_logit = (a->probabilities[n * a->classes + k] - target[n * a->classes + k]) / (double)a->batch;
            d->fc_bias[k] += d_logit;
            for (size_t o = 0; o < outputs; o++) {
                d->fc_weight[k * outputs + o] += d_logit * a->expression[n * outputs + o];
                d_expression[n * outputs + o] += d_logit * w->fc_weight[k * outputs + o];
            }
        }
}

/* log sum_k exp logits[k], without overflow */
static double log_sum(const double *logits, size_t classes)
{
    double top = logits[0], sum = 0;
    for (size_t k = 1; k < classes; k++) top = fmax(top, logits[k]);
    for (size_t k = 0; k < classes; k++) sum += exp(logits[k] - top);
    return top + log(sum);
}

static void softmax(arm_reference *a)
{
    for (size_t n = 0; n < a->batch; n++) {
        const double *logits = a->logits + n * a->classes, log_total = log_sum(logits, a->classes);
        for (size_t k = 0; k < a->classes; k++) a->probabilities[n * a->classes + k] = exp(logits[k] - log_total);
    }
}

double arm_reference_loss(const arm_reference *a, const double *target)
{
    double loss = 0;
    for (size_t n = 0; n < a->batch; n++) {
        const double *logits = a->logits + n * a->classes, log_total = log_sum(logits, a->classes);
        for (size_t k = 0; k < a->classes; k++) loss += target[n * a->classes + k] * (log_total - logits[k]);
    }
    return loss / (double)a->batch;
}

amend_status arm_reference_train(arm_reference *a, const arm_reference_weights *w, arm_reference_state *state,
                                 const double *x)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    if (a->batch * outputs < 2)
        return status_error(AMEND_BAD_ARGUMENT,
                            "one de-albino value a plane has no variance: train with a batch above 1");
    a->training = true;
    arrange(&a->geometry, a->batch, x, a->planes);
    de_albino(&a->geometry, a->batch * a->geometry.planes, a->planes, w->de_albino, a->de_albino);
    batch_statistics(a, state);
    normalise(a, w);
    if (a->affinity != NN_AFFINITY_NONE) training_generic(a, state);
    share(a, *w->alpha);
    classify(a, w);
    softmax(a);
    return status_ok();
}

void arm_reference_evaluate(arm_reference *a, const arm_reference_weights *w, const arm_reference_state *state,
                            const double *x)
{
    const size_t outputs = arm_geometry_outputs(&a->geometry);
    a->training = false;
    arrange(&a->geometry, a->batch, x, a->planes);
    de_albino(&a->geometry, a->batch * a->geometry.planes, a->planes, w->de_albino, a->de_albino);
    running_statistics(a, state);
    normalise(a, w);
    for (size_t o = 0; o < outputs && a->affinity == NN_AFFINITY_BATCH; o++) a->generic[o] = batch_mean(a, o);
    if (a->affinity == NN_AFFINITY_EMA) memcpy(a->generic, state->generic, outputs * sizeof *a->generic);
    share(a, *w->alpha);
    classify(a, w);
    softmax(a);
}

amend_status arm_reference_backward(const arm_reference *a, const arm_reference_weights *w, const double *target,
                                    arm_reference_weights *d, double *d_x)
{
    const arm_geometry *g = &a->geometry;
    const size_t outputs = arm_geometry_outputs(g), count = a->batch * g->planes;
    double *d_features = NULL, *d_z = NULL, *d_planes = NULL;
    amend_status st = mem_alloc(&d_features, a->batch, outputs * sizeof(double), "ARM gradients");
    if (st.code) goto done;
    st = mem_alloc(&d_z, count, outputs * sizeof(double), "ARM gradients");
    if (st.code) goto done;
    st = mem_alloc(&d_planes, a->batch, arm_geometry_features(g) * sizeof(double), "ARM gradients");
    if (st.code) goto done;
    classify_backward(a, w, target, d, d_features);
    share_backward(a, *w->alpha, d_features, d->alpha);
    normalise_backward(a, w, d_features, d, d_z);
    memset(d->de_albino, 0, arm_geometry_taps(g) * sizeof(double));
    de_albino_backward(g, count, a->planes, w->de_albino, d_z, d->de_albino, d_planes);
    arrange_backward(g, a->batch, d_planes, d_x);
done:
    mem_free(d_planes);
    mem_free(d_z);
    mem_free(d_features);
    return st;
}
