/* The two ends of a program in plain C: pixels to the first layout, and the linear map to logits. */
#include <math.h>

#include "nn/program_internal.h"

enum { LANES = 16, MAX_CHANNELS = 4 };

/* out = scale * byte + shift, per channel; the pattern of `period` factors repeats. */
NN_VECTOR static void normalise(const uint8_t *bytes, size_t count, const float *scale, const float *shift,
                                size_t period, nn_type type, void *out)
{
    float values[LANES * MAX_CHANNELS];
    for (size_t at = 0; at < count; at += period) {
        size_t n = count - at < period ? count - at : period;
        for (size_t i = 0; i < n; i++) values[i] = (float)bytes[at + i] * scale[i] + shift[i];
        if (type == NN_F32)
            memcpy((float *)out + at, values, n * sizeof(float));
        else
            for (size_t i = 0; i < n; i++) ((uint16_t *)out)[at + i] = nn_to_bf16(values[i]);
    }
}

static void normalise_rows(const nn_program *p, const uint8_t *pixels, void *out)
{
    nn_shape s = p->steps[0].shape;
    nn_type type = p->steps[0].type;
    float scale[LANES * MAX_CHANNELS], shift[LANES * MAX_CHANNELS];
    size_t period = LANES * s.c, row = s.w * s.c;
    for (size_t i = 0; i < period; i++) {
        float deviation = p->options.deviation[i % s.c];
        scale[i] = 1 / (255 * deviation);
        shift[i] = -p->options.mean[i % s.c] / deviation;
    }
#pragma omp parallel for schedule(static)
    for (size_t y = 0; y < s.n * s.h; y++)
        normalise(pixels + y * row, row, scale, shift, period, type, (char *)out + y * row * nn_type_size(type));
}

static void copy_inside(const nn_program *p, const uint8_t *pixels, uint8_t *out)
{
    nn_shape s = p->steps[0].shape;
    size_t border = program_border(p), height = s.h - 2 * border, row = (s.w - 2 * border) * s.c;
    for (size_t n = 0; n < s.n; n++)
        for (size_t y = 0; y < height; y++)
            memcpy(out + ((n * s.h + y + border) * s.w + border) * s.c, pixels + (n * height + y) * row, row);
}

void program_input(const nn_program *p, const uint8_t *pixels, void *out)
{
    if (p->options.type == NN_U8)
        copy_inside(p, pixels, out);
    else
        normalise_rows(p, pixels, out);
}

void program_fill_border(const nn_program *p, void *out)
{
    nn_shape s = p->steps[0].shape;
    uint8_t *bytes = out;
    for (size_t i = 0; i < nn_shape_count(s); i++)
        bytes[i] = (uint8_t)lrintf(fminf(fmaxf(255 * p->options.mean[i % s.c], 0), 255));
}

NN_VECTOR static float dot_f32(const float *x, const float *w, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += x[i] * w[i];
    return sum;
}

NN_VECTOR static float dot_bf16(const uint16_t *x, const float *w, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += nn_from_bf16(x[i]) * w[i];
    return sum;
}

NN_VECTOR static float dot_u8(const uint8_t *x, const float *w, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += (float)x[i] * w[i];
    return sum;
}

NN_VECTOR static float dot_s8(const int8_t *x, const float *w, size_t count)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) sum += (float)x[i] * w[i];
    return sum;
}

static float dot(nn_type type, const void *x, size_t at, const float *w, size_t count)
{
    if (type == NN_F32) return dot_f32((const float *)x + at, w, count);
    if (type == NN_BF16) return dot_bf16((const uint16_t *)x + at, w, count);
    if (type == NN_U8) return dot_u8((const uint8_t *)x + at, w, count);
    return dot_s8((const int8_t *)x + at, w, count);
}

void program_linear(const nn_program *p, const program_step *s, const void *x, float *logits)
{
    const program_step *in = &p->steps[s->in];
    size_t outputs = s->shape.c, inputs = nn_shape_count(in->shape) / s->shape.n;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < s->shape.n * outputs; i++) {
        size_t n = i / outputs, k = i % outputs;
        logits[i] =
            s->bias[k] + in->step * dot(in->type, x, n * inputs, (const float *)s->weights + k * inputs, inputs);
    }
}
