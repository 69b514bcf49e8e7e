/* Steps that oneDNN does not run: activations that no convolution took, arithmetic, moved values, means, softmax.
 * Computed in f32, line by line; a line is the channels of one pixel. */
#include <math.h>

#include "nn/convert.h"
#include "nn/program_internal.h"

enum { ENOUGH = 16384 /* values that are worth waking the other threads */ };

static void apply_function(const program_step *s, const float *x, float *y, size_t count, size_t channel)
{
    const nn_curve curve = {s->function, s->alpha, s->beta};
    const float *slopes = s->weights;
    if (s->function != NN_SLOPES) {
        nn_curve_apply(&curve, x, y, count);
        return;
    }
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slopes[channel + i] * x[i];
}

/* A map that is read, and the step that made it. */
typedef struct operand {
    const program_step *step;
    const void *data;
} operand;

static const float *load(const operand *o, size_t at, size_t count, float *buffer)
{
    return program_load(o->step, o->data, at, count, buffer);
}

static void activate(const program_step *s, const operand *x, void *out)
{
    size_t c = s->shape.c, lines = nn_shape_count(s->shape) / c;
#pragma omp parallel for schedule(static) if (lines * c > ENOUGH)
    for (size_t line = 0; line < lines; line++)
        for (size_t at = 0; at < c; at += NN_PART) {
            float given[NN_PART], result[NN_PART];
            size_t count = nn_part_at(c, at);
            apply_function(s, load(x, line * c + at, count, given), result, count, at);
            program_store(s, out, line * c + at, count, result);
        }
}

NN_VECTOR static void operate(nn_operation operation, const float *a, const float *b, float *y, size_t count)
{
    switch (operation) {
    case NN_PLUS:
        for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
        break;
    case NN_MINUS:
        for (size_t i = 0; i < count; i++) y[i] = a[i] - b[i];
        break;
    case NN_TIMES:
        for (size_t i = 0; i < count; i++) y[i] = a[i] * b[i];
        break;
    case NN_OVER:
        for (size_t i = 0; i < count; i++) y[i] = a[i] / b[i];
        break;
    }
}

/* `count` channels from `at` on of one pixel of the result; sides of 1 are repeated. */
static const float *operand_part(const operand *o, size_t n, size_t y, size_t x, size_t at, size_t count, float *buffer)
{
    const nn_shape *s = &o->step->shape;
    size_t pixel = ((s->n == 1 ? 0 : n) * s->h + (s->h == 1 ? 0 : y)) * s->w + (s->w == 1 ? 0 : x);
    if (s->c > 1) return load(o, pixel * s->c + at, count, buffer);
    float value, one;
    value = *load(o, pixel, 1, &one);
    for (size_t i = 0; i < count; i++) buffer[i] = value;
    return buffer;
}

static void combine(const program_step *s, const operand *a, const operand *b, void *out)
{
    size_t c = s->shape.c, w = s->shape.w, h = s->shape.h, lines = nn_shape_count(s->shape) / c;
    nn_operation operation = s->row->kind == NN_ADD ? NN_PLUS : s->row->operation;
#pragma omp parallel for schedule(static) if (lines * c > ENOUGH)
    for (size_t line = 0; line < lines; line++)
        for (size_t at = 0; at < c; at += NN_PART) {
            float left[NN_PART], right[NN_PART], result[NN_PART];
            size_t count = nn_part_at(c, at), n = line / (w * h), y = line / w % h, x = line % w;
            operate(operation, operand_part(a, n, y, x, at, count, left), operand_part(b, n, y, x, at, count, right),
                    result, count);
            program_store(s, out, line * c + at, count, result);
        }
}

static size_t each(const operand *o)
{
    return nn_shape_count(o->step->shape) / o->step->shape.n;
}

NN_VECTOR static void pick(const float *from, const uint32_t *source, float filling, float *result, size_t count)
{
    for (size_t i = 0; i < count; i++) result[i] = source[i] == NN_FILL ? filling : from[source[i]];
}

/* Values `at` .. of sample n. */
static void gather_part(const program_step *s, const operand *a, const operand *b, size_t n, size_t at, size_t count,
                        float *result)
{
    size_t first = each(a), second = b->data ? each(b) : 0;
    size_t in_a = a->step->shape.n == 1 ? 0 : n * first, in_b = second && b->step->shape.n == 1 ? 0 : n * second;
    if (s->source && !second && a->step->type == NN_F32) {
        pick((const float *)a->data + in_a, s->source + at, s->row->alpha, result, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float one;
        size_t from = s->source ? s->source[at + i] : at + i;
        if (from == NN_FILL)
            result[i] = s->row->alpha;
        else if (from < first)
            result[i] = *load(a, in_a + from, 1, &one);
        else
            result[i] = *load(b, in_b + from - first, 1, &one);
    }
}

static void gather(const program_step *s, const operand *a, const operand *b, void *out)
{
    size_t count = nn_shape_count(s->shape) / s->shape.n;
#pragma omp parallel for schedule(static) collapse(2) if (s->shape.n * count > ENOUGH)
    for (size_t n = 0; n < s->shape.n; n++)
        for (size_t at = 0; at < count; at += NN_PART) {
            float result[NN_PART];
            size_t part = nn_part_at(count, at);
            gather_part(s, a, b, n, at, part, result);
            program_store(s, out, n * count + at, part, result);
        }
}

static void pool_all(const program_step *s, const operand *a, void *out)
{
    size_t c = s->shape.c, pixels = a->step->shape.h * a->step->shape.w;
#pragma omp parallel for schedule(static) collapse(2) if (s->shape.n * pixels * c > ENOUGH)
    for (size_t n = 0; n < s->shape.n; n++)
        for (size_t at = 0; at < c; at += NN_PART) {
            float sum[NN_PART] = {0}, given[NN_PART];
            size_t count = nn_part_at(c, at);
            for (size_t i = 0; i < pixels; i++) {
                const float *values = load(a, (n * pixels + i) * c + at, count, given);
                for (size_t k = 0; k < count; k++) sum[k] += values[k];
            }
            for (size_t k = 0; k < count; k++) sum[k] /= (float)pixels;
            program_store(s, out, n * c + at, count, sum);
        }
}

/* Three passes over a line: its largest value, the sum of exponentials, the shares. */
static void softmax(const program_step *s, const operand *a, void *out)
{
    size_t c = s->shape.c, lines = nn_shape_count(s->shape) / c;
    for (size_t line = 0; line < lines; line++) {
        float largest = -HUGE_VALF, sum = 0, one;
        for (size_t i = 0; i < c; i++) largest = fmaxf(largest, *load(a, line * c + i, 1, &one));
        for (size_t i = 0; i < c; i++) sum += expf(*load(a, line * c + i, 1, &one) - largest);
        for (size_t i = 0; i < c; i++) {
            float share = expf(*load(a, line * c + i, 1, &one) - largest) / sum;
            program_store(s, out, line * c + i, 1, &share);
        }
    }
}

void program_plain(const nn_program *p, const program_step *s, const void *a, const void *b, void *out)
{
    const program_step *in = &p->steps[s->in], *other = b ? &p->steps[s->other] : in;
    const operand left = {in, a}, right = {other, b};
    switch (s->row->kind) {
    case NN_RELU:
    case NN_ACTIVATION:
        activate(s, &left, out);
        break;
    case NN_ADD:
    case NN_COMBINE:
        combine(s, &left, &right, out);
        break;
    case NN_GATHER:
        gather(s, &left, &right, out);
        break;
    case NN_GLOBAL_POOL:
        pool_all(s, &left, out);
        break;
    case NN_SOFTMAX:
        softmax(s, &left, out);
        break;
    case NN_RESIZE:
        program_resize(s, in, a, out);
        break;
    case NN_LINEAR:
        program_linear(p, s, a, out);
        break;
    default: /* a constant is there already */
        break;
    }
}
