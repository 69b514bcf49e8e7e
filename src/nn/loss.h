/* Softmax and cross entropy with soft targets. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include <stddef.h>

typedef struct loss_options {
    double smoothing;           /* share of each target spread evenly over the classes, 0..1 */
    const float *class_weights; /* classes values, or NULL */
} loss_options;

/* Mean loss over the batch, as torch.nn.functional.cross_entropy with soft targets:
 * -sum_k w_k t_k log softmax(z)_k / batch. logits, targets, gradient: batch x classes; gradient may be NULL. */
double nn_cross_entropy(const float *logits, const float *targets, size_t batch, size_t classes,
                        const loss_options *options, float *gradient);

/* probabilities may be logits. */
void nn_softmax(const float *logits, size_t batch, size_t classes, float *probabilities);

size_t nn_largest(const float *values, size_t count); /* index of the largest, of equal ones the first */

#endif
