/* Steps that oneDNN does not run: activations that no convolution took, arithmetic, moved values, means, softmax.
 * Computed in f32, line by line; a line is the channels of one pixel. */
#include <math.h>

#include "nn/convert.h"
#include "nn/program_internal.h"

enum { PART = 256, ENOUGH = 16384 /* values that are worth waking the other threads */ };

NN_VECTOR static void rectify(const float *x, float *y, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++) {
        float raised = x[i] < low ? low : x[i]; /* lets NaN through */
        y[i] = raised > high ? high : raised;
    }
}

NN_VECTOR static void leak(const float *x, float *y, size_t count, float slope)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

static void apply_function(const program_step *s, const float *x, float *y, size_t count, size_t channel)
{
    const float *slopes = s->weights;
    switch (s->function) {
    case NN_RECTIFY:
        rectify(x, y, count, 0, HUGE_VALF);
        break;
    case NN_CLIP:
        rectify(x, y, count, s->alpha, s->beta);
        break;
    case NN_LEAKY:
        leak(x, y, count, s->alpha);
        break;
    case NN_SLOPES:
        for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slopes[channel + i] * x[i];
        break;
    case NN_SIGMOID:
        for (size_t i = 0; i < count; i++) y[i] = sigmoid(x[i]);
        break;
    case NN_SWISH:
        for (size_t i = 0; i < count; i++) y[i] = x[i] * sigmoid(x[i]);
        break;
    case NN_HARD_SIGMOID:
        for (size_t i = 0; i < count; i++) y[i] = fminf(fmaxf(s->alpha * x[i] + s->beta, 0), 1);
        break;
    case NN_HARD_SWISH:
        for (size_t i = 0; i < count; i++) y[i] = x[i] * fminf(fmaxf(x[i] / 6 + 0.5f, 0), 1);
        break;
    case NN_TANH:
        for (size_t i = 0; i < count; i++) y[i] = tanhf(x[i]);
        break;
    default:
        memcpy(y, x, count * sizeof *y);
    }
}

static void activate(const program_step *s, nn_type from, const void *x, void *out)
{
    size_t c = s->shape.c, lines = nn_shape_count(s->shape) / c;
#pragma omp parallel for schedule(static) if (lines * c > ENOUGH)
    for (size_t line = 0; line < lines; line++)
        for (size_t at = 0; at < c; at += PART) {
            float given[PART], result[PART];
            size_t count = c - at < PART ? c - at : PART;
            const float *values = nn_load(from, x, line * c + at, count, given);
            apply_function(s, values, result, count, at);
            nn_store(s->type, out, line * c + at, count, result);
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

typedef struct operand {
    nn_type type;
    const void *data;
    nn_shape shape; /* sides of 1 are repeated */
} operand;

/* `count` channels from `at` on of one pixel of the result. */
static const float *operand_part(const operand *o, size_t n, size_t y, size_t x, size_t at, size_t count, float *buffer)
{
    const nn_shape *s = &o->shape;
    size_t pixel = ((s->n == 1 ? 0 : n) * s->h + (s->h == 1 ? 0 : y)) * s->w + (s->w == 1 ? 0 : x);
    if (s->c > 1) return nn_load(o->type, o->data, pixel * s->c + at, count, buffer);
    float value, one;
    value = *nn_load(o->type, o->data, pixel, 1, &one);
    for (size_t i = 0; i < count; i++) buffer[i] = value;
    return buffer;
}

static void combine(const program_step *s, const operand *a, const operand *b, void *out)
{
    size_t c = s->shape.c, w = s->shape.w, h = s->shape.h, lines = nn_shape_count(s->shape) / c;
    nn_operation operation = s->row->kind == NN_ADD ? NN_PLUS : s->row->operation;
#pragma omp parallel for schedule(static) if (lines * c > ENOUGH)
    for (size_t line = 0; line < lines; line++)
        for (size_t at = 0; at < c; at += PART) {
            float left[PART], right[PART], result[PART];
            size_t count = c - at < PART ? c - at : PART, n = line / (w * h), y = line / w % h, x = line % w;
            operate(operation, operand_part(a, n, y, x, at, count, left), operand_part(b, n, y, x, at, count, right),
                    result, count);
            nn_store(s->type, out, line * c + at, count, result);
        }
}

static void gather(const program_step *s, const operand *a, const operand *b, void *out)
{
    size_t count = nn_shape_count(s->shape) / s->shape.n, first = nn_shape_count(a->shape) / a->shape.n;
    size_t second = b->data ? nn_shape_count(b->shape) / b->shape.n : 0;
#pragma omp parallel for schedule(static) collapse(2) if (s->shape.n * count > ENOUGH)
    for (size_t n = 0; n < s->shape.n; n++)
        for (size_t at = 0; at < count; at += PART) {
            float result[PART], one;
            size_t part = count - at < PART ? count - at : PART;
            for (size_t i = 0; i < part; i++) {
                size_t from = s->source ? s->source[at + i] : at + i;
                if (from == NN_FILL)
                    result[i] = s->row->alpha;
                else if (from < first)
                    result[i] = *nn_load(a->type, a->data, (a->shape.n == 1 ? 0 : n) * first + from, 1, &one);
                else
                    result[i] = *nn_load(b->type, b->data, (b->shape.n == 1 ? 0 : n) * second + from - first, 1, &one);
            }
            nn_store(s->type, out, n * count + at, part, result);
        }
}

static void pool_all(const program_step *s, const operand *a, void *out)
{
    size_t c = s->shape.c, pixels = a->shape.h * a->shape.w;
    for (size_t n = 0; n < s->shape.n; n++)
        for (size_t at = 0; at < c; at += PART) {
            float sum[PART] = {0}, given[PART];
            size_t count = c - at < PART ? c - at : PART;
            for (size_t i = 0; i < pixels; i++) {
                const float *values = nn_load(a->type, a->data, (n * pixels + i) * c + at, count, given);
                for (size_t k = 0; k < count; k++) sum[k] += values[k];
            }
            for (size_t k = 0; k < count; k++) sum[k] /= (float)pixels;
            nn_store(s->type, out, n * c + at, count, sum);
        }
}

/* Three passes over a line: its largest value, the sum of exponentials, the shares. */
static void softmax(const program_step *s, const operand *a, void *out)
{
    size_t c = s->shape.c, lines = nn_shape_count(s->shape) / c;
    for (size_t line = 0; line < lines; line++) {
        float largest = -HUGE_VALF, sum = 0, one;
        for (size_t i = 0; i < c; i++) largest = fmaxf(largest, *nn_load(a->type, a->data, line * c + i, 1, &one));
        for (size_t i = 0; i < c; i++) sum += expf(*nn_load(a->type, a->data, line * c + i, 1, &one) - largest);
        for (size_t i = 0; i < c; i++) {
            float share = expf(*nn_load(a->type, a->data, line * c + i, 1, &one) - largest) / sum;
            nn_store(s->type, out, line * c + i, 1, &share);
        }
    }
}

void program_plain(const nn_program *p, const program_step *s, const void *a, const void *b, void *out)
{
    const program_step *in = &p->steps[s->in], *other = b ? &p->steps[s->other] : in;
    const operand left = {in->type, a, in->shape}, right = {other->type, b, other->shape};
    switch (s->row->kind) {
    case NN_RELU:
    case NN_ACTIVATION:
        activate(s, in->type, a, out);
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
        program_resize(s, in->type, in->shape, a, out);
        break;
    case NN_LINEAR:
        program_linear(p, s, a, out);
        break;
    default: /* a constant is there already */
        break;
    }
}
