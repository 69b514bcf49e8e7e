/* Adam (Kingma and Ba, 2015), AdamW (Loshchilov and Hutter, 2019), SGD with momentum. */
#include "train/optimizer.h"

#include <math.h>

#include "nn/convert.h"

enum { PARTS = 16 }; /* of a gradient, for its norm */
enum {
    CHUNK = 16384
}; /* values a thread takes at a time; sums are made chunk by chunk, so they do not depend on threads */

typedef struct adam_numbers {
    float beta1, beta2, rest1, rest2; /* rest: 1 - beta, rounded once */
    float epsilon, rate, correction2, l2, shrink, scale;
} adam_numbers;

NN_VECTOR static void adam_chunk(const adam_numbers *a, float *value, const float *gradient, float *m, float *v,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float w = value[i] * a->shrink, g = a->scale * gradient[i] + a->l2 * value[i];
        m[i] = a->beta1 * m[i] + a->rest1 * g;
        v[i] = a->beta2 * v[i] + a->rest2 * g * g;
        value[i] = w - a->rate * m[i] / (sqrtf(v[i]) / a->correction2 + a->epsilon);
    }
}

typedef struct sgd_numbers {
    float rate, momentum, l2, scale;
    bool nesterov, first;
} sgd_numbers;

NN_VECTOR static void sgd_chunk(const sgd_numbers *s, float *value, const float *gradient, float *m, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float g = s->scale * gradient[i] + s->l2 * value[i];
        m[i] = s->first ? g : s->momentum * m[i] + g;
        value[i] -= s->rate * (s->nesterov ? g + s->momentum * m[i] : m[i]);
    }
}

NN_VECTOR static void average_chunk(float share, float *average, const float *value, size_t count)
{
    for (size_t i = 0; i < count; i++) average[i] += share * (value[i] - average[i]);
}

static adam_numbers adam_of(const optimizer_options *o, const optimizer_array *array, const optimizer_update *now)
{
    double rate = now->rate * array->rate, step = (double)now->number;
    double decay = array->decay ? o->weight_decay : 0;
    adam_numbers a = {.beta1 = (float)o->beta1,
                      .beta2 = (float)o->beta2,
                      .rest1 = (float)(1 - o->beta1),
                      .rest2 = (float)(1 - o->beta2),
                      .epsilon = (float)o->epsilon,
                      .shrink = 1,
                      .scale = (float)now->scale};
    a.rate = (float)(rate / (1 - pow(o->beta1, step)));
    a.correction2 = (float)sqrt(1 - pow(o->beta2, step));
    if (o->kind == OPTIMIZER_ADAM) a.l2 = (float)decay;
    if (o->kind == OPTIMIZER_ADAMW) a.shrink = (float)(1 - rate * decay);
    return a;
}

static sgd_numbers sgd_of(const optimizer_options *o, const optimizer_array *array, const optimizer_update *now)
{
    return (sgd_numbers){.rate = (float)(now->rate * array->rate),
                         .momentum = (float)o->momentum,
                         .l2 = array->decay ? (float)o->weight_decay : 0,
                         .scale = (float)now->scale,
                         .nesterov = o->nesterov,
                         .first = now->number == 1};
}

static void step_array(const optimizer_options *o, const optimizer_array *array, const optimizer_update *now)
{
    const adam_numbers adam = adam_of(o, array, now);
    const sgd_numbers sgd = sgd_of(o, array, now);
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < array->count; at += CHUNK) {
        size_t n = array->count - at < CHUNK ? array->count - at : CHUNK;
        float *value = array->value + at, *gradient = array->gradient + at, *moment1 = array->moment1 + at;
        if (o->kind == OPTIMIZER_SGD)
            sgd_chunk(&sgd, value, gradient, moment1, n);
        else
            adam_chunk(&adam, value, gradient, moment1, array->moment2 + at, n);
        if (array->average) average_chunk((float)(1 - now->average), array->average + at, value, n);
        if (array->rounded) nn_convert(NN_BF16, value, n, array->rounded + at);
    }
}

void optimizer_step(const optimizer_options *options, const optimizer_array *arrays, size_t count,
                    const optimizer_update *now)
{
    for (size_t i = 0; i < count; i++) step_array(options, &arrays[i], now);
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

double optimizer_norm(const optimizer_array *arrays, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += array_square_sum(&arrays[i]);
    return sqrt(sum);
}

double optimizer_scale(double norm, double limit)
{
    double scale = limit / (norm + 1e-6);
    return limit > 0 && scale < 1 ? scale : 1;
}

void optimizer_average(float *average, const float *value, size_t count, double decay)
{
    average_chunk((float)(1 - decay), average, value, count);
}
