/* Adam (Kingma and Ba, 2015), AdamW (Loshchilov and Hutter, 2019), SGD with momentum. */
#include "train/optimizer.h"

#include <math.h>

#include "nn/type.h"

enum { PARTS = 16 }; /* of a gradient, for its norm */
enum {
    CHUNK = 16384
}; /* values a thread takes at a time; sums are made chunk by chunk, so they do not depend on threads */

typedef struct adam_numbers {
    float beta1, beta2, rest1, rest2; /* rest: 1 - beta, rounded once */
    float epsilon, rate, correction2, l2, shrink;
} adam_numbers;

NN_VECTOR static void adam_chunk(const adam_numbers *a, float *value, const float *gradient, float *m, float *v,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float w = value[i] * a->shrink, g = gradient[i] + a->l2 * value[i];
        m[i] = a->beta1 * m[i] + a->rest1 * g;
        v[i] = a->beta2 * v[i] + a->rest2 * g * g;
        value[i] = w - a->rate * m[i] / (sqrtf(v[i]) / a->correction2 + a->epsilon);
    }
}

NN_VECTOR static void sgd_chunk(float rate, float momentum, bool nesterov, bool first, float l2, float *value,
                                const float *gradient, float *m, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] + l2 * value[i];
        m[i] = first ? g : momentum * m[i] + g;
        value[i] -= rate * (nesterov ? g + momentum * m[i] : m[i]);
    }
}

static adam_numbers adam_of(const optimizer_options *o, const optimizer_array *array, size_t step, double rate)
{
    double decay = array->decay ? o->weight_decay : 0;
    adam_numbers a = {.beta1 = (float)o->beta1,
                      .beta2 = (float)o->beta2,
                      .rest1 = (float)(1 - o->beta1),
                      .rest2 = (float)(1 - o->beta2),
                      .epsilon = (float)o->epsilon,
                      .shrink = 1};
    a.rate = (float)(rate / (1 - pow(o->beta1, (double)step)));
    a.correction2 = (float)sqrt(1 - pow(o->beta2, (double)step));
    if (o->kind == OPTIMIZER_ADAM) a.l2 = (float)decay;
    if (o->kind == OPTIMIZER_ADAMW) a.shrink = (float)(1 - rate * decay);
    return a;
}

static void step_array(const optimizer_options *o, const optimizer_array *array, size_t step, double rate)
{
    const adam_numbers adam = adam_of(o, array, step, rate);
    float l2 = array->decay ? (float)o->weight_decay : 0;
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < array->count; at += CHUNK) {
        size_t n = array->count - at < CHUNK ? array->count - at : CHUNK;
        if (o->kind == OPTIMIZER_SGD)
            sgd_chunk((float)rate, (float)o->momentum, o->nesterov, step == 1, l2, array->value + at,
                      array->gradient + at, array->moment1 + at, n);
        else
            adam_chunk(&adam, array->value + at, array->gradient + at, array->moment1 + at, array->moment2 + at, n);
    }
}

void optimizer_step(const optimizer_options *options, const optimizer_array *arrays, size_t count, size_t step,
                    double rate)
{
    for (size_t i = 0; i < count; i++) step_array(options, &arrays[i], step, rate * arrays[i].rate);
}

NN_VECTOR static double square_sum(const float *values, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return sum;
}

/* In a fixed number of parts, added in their order: the same sum with any number of threads. */
static double array_square_sum(const optimizer_array *array)
{
    double sums[PARTS], sum = 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < PARTS; i++) {
        size_t first = array->count * i / PARTS, last = array->count * (i + 1) / PARTS;
        sums[i] = square_sum(array->gradient + first, last - first);
    }
    for (size_t i = 0; i < PARTS; i++) sum += sums[i];
    return sum;
}

static void scale_gradient(const optimizer_array *array, float factor)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < array->count; i++) array->gradient[i] *= factor;
}

double optimizer_clip(const optimizer_array *arrays, size_t count, double limit)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += array_square_sum(&arrays[i]);
    double norm = sqrt(sum), factor = limit / (norm + 1e-6);
    for (size_t i = 0; limit > 0 && factor < 1 && i < count; i++) scale_gradient(&arrays[i], (float)factor);
    return norm;
}

void optimizer_average(float *average, const float *value, size_t count, double decay)
{
    float share = (float)(1 - decay);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++) average[i] += share * (value[i] - average[i]);
}
