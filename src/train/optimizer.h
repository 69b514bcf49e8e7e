/* Optimisers over the parameters of a network: the formulas of torch.optim. */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum optimizer_kind {
    OPTIMIZER_ADAM,  /* weight decay is added to the gradient (L2) */
    OPTIMIZER_ADAMW, /* weight decay shrinks the weights beside the step */
    OPTIMIZER_SGD    /* with momentum; weight decay is added to the gradient */
} optimizer_kind;

typedef struct optimizer_options {
    optimizer_kind kind;
    double beta1, beta2, epsilon; /* Adam: 0.9, 0.999, 1e-8 */
    double momentum;              /* SGD: 0..1 */
    bool nesterov;                /* SGD */
    double weight_decay;
} optimizer_options;

/* One array of parameters. moment1 (Adam, SGD) and moment2 (Adam) start as zeros, the average as the values. */
typedef struct optimizer_array {
    float *value, *gradient, *moment1, *moment2;
    float *average;    /* over the steps; NULL: none is kept */
    uint16_t *rounded; /* the values in bf16; NULL: none are kept */
    size_t count;
    bool decay;  /* weight decay applies */
    double rate; /* factor on the learning rate, > 0 */
} optimizer_array;

typedef struct optimizer_update {
    size_t number;  /* of the step: 1, 2, ... */
    double rate;    /* learning rate */
    double scale;   /* factor on the gradients: optimizer_scale */
    double average; /* decay of the averages */
} optimizer_update;

/* Values, moments, averages and copies in bf16 in one pass over memory. The same threads give the same bits. */
void optimizer_step(const optimizer_options *options, const optimizer_array *arrays, size_t count,
                    const optimizer_update *now);

/* Of all gradients together. NaN or infinity in a gradient gives NaN or infinity. */
double optimizer_norm(const optimizer_array *arrays, size_t count);

/* What brings gradients of that norm to at most `limit` (0: no limit), as torch's clip_grad_norm_. */
double optimizer_scale(double norm, double limit);

/* average += (1 - decay) * (value - average), for what no optimiser moves. */
void optimizer_average(float *average, const float *value, size_t count, double decay);

#endif
