/* Softmax and cross entropy. */
#include "nn/loss.h"

#include <math.h>

void nn_softmax(const float *logits, size_t batch, size_t classes, float *probabilities)
{
    for (size_t n = 0; n < batch; n++) {
        const float *z = logits + n * classes;
        float *p = probabilities + n * classes;
        float top = z[0], sum = 0;
        for (size_t k = 1; k < classes; k++) top = z[k] > top ? z[k] : top;
        for (size_t k = 0; k < classes; k++) sum += p[k] = expf(z[k] - top);
        for (size_t k = 0; k < classes; k++) p[k] /= sum;
    }
}

/* Loss of one sample; gradient (may be NULL) of that loss / batch. */
static double sample_loss(const float *z, const float *targets, size_t classes, const loss_options *options,
                          double batch, float *gradient)
{
    double top = (double)z[0], sum = 0, loss = 0, mass = 0;
    for (size_t k = 1; k < classes; k++) top = (double)z[k] > top ? (double)z[k] : top;
    for (size_t k = 0; k < classes; k++) sum += exp((double)z[k] - top);
    double log_sum = top + log(sum);
    for (size_t k = 0; k < classes; k++) {
        double weight = options->class_weights ? (double)options->class_weights[k] : 1;
        double t = weight * ((1 - options->smoothing) * (double)targets[k] + options->smoothing / (double)classes);
        loss -= t * ((double)z[k] - log_sum);
        mass += t;
        if (gradient) gradient[k] = (float)(-t / batch);
    }
    for (size_t k = 0; gradient && k < classes; k++) gradient[k] += (float)(mass * exp((double)z[k] - log_sum) / batch);
    return loss;
}

double nn_cross_entropy(const float *logits, const float *targets, size_t batch, size_t classes,
                        const loss_options *options, float *gradient)
{
    double sum = 0;
    for (size_t n = 0; n < batch; n++)
        sum += sample_loss(logits + n * classes, targets + n * classes, classes, options, (double)batch,
                           gradient ? gradient + n * classes : NULL);
    return sum / (double)batch;
}

size_t nn_largest(const float *values, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best]) best = i;
    return best;
}
