/* Each function is a loop without branches, so that compilers make vectors of it. NaN passes through all of them. */
#include "nn/function.h"

#include <math.h>

/* e^x to about 2 units in the last place, x held in -87 .. 88: 2^n e^r with |r| <= ln 2 / 2, a polynomial of Cephes. */
static inline float exponential(float x)
{
    const float whole = 12582912; /* 1.5 * 2^23: what is added to it ends up in its last bits */
    float held = x < -87 ? -87 : x > 88 ? 88 : x, moved = held * 1.44269504f + whole, n = moved - whole;
    float r = held - n * 0.693359375f + n * 2.12194440e-4f;
    float series = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r +
                    1.6666665459e-1f) *
                       r +
                   5.0000001201e-1f;
    uint32_t bits;
    float power;
    memcpy(&bits, &moved, sizeof bits);
    bits = (bits + 127) << 23; /* n + 127 as exponent; the bits of `whole` fall off */
    memcpy(&power, &bits, sizeof power);
    return power * (series * r * r + r + 1);
}

static inline float sigmoid(float x)
{
    return 1 / (1 + exponential(-x));
}

static inline float clip(float x, float low, float high)
{
    float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

NN_VECTOR static void apply_clip(const float *x, float *y, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++) y[i] = clip(x[i], low, high);
}

NN_VECTOR static void apply_leaky(const float *x, float *y, size_t count, float slope)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

NN_VECTOR static void apply_sigmoid(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) y[i] = sigmoid(x[i]);
}

NN_VECTOR static void apply_swish(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] * sigmoid(x[i]);
}

NN_VECTOR static void apply_hard_sigmoid(const float *x, float *y, size_t count, float alpha, float beta)
{
    for (size_t i = 0; i < count; i++) y[i] = clip(alpha * x[i] + beta, 0, 1);
}

NN_VECTOR static void apply_hard_swish(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] * clip(x[i] / 6 + 0.5f, 0, 1);
}

void nn_curve_apply(const nn_curve *c, const float *x, float *y, size_t count)
{
    switch (c->function) {
    case NN_RECTIFY:
        apply_clip(x, y, count, 0, HUGE_VALF);
        break;
    case NN_CLIP:
        apply_clip(x, y, count, c->alpha, c->beta);
        break;
    case NN_LEAKY:
        apply_leaky(x, y, count, c->alpha);
        break;
    case NN_SIGMOID:
        apply_sigmoid(x, y, count);
        break;
    case NN_SWISH:
        apply_swish(x, y, count);
        break;
    case NN_HARD_SIGMOID:
        apply_hard_sigmoid(x, y, count, c->alpha, c->beta);
        break;
    case NN_HARD_SWISH:
        apply_hard_swish(x, y, count);
        break;
    case NN_TANH:
        for (size_t i = 0; i < count; i++) y[i] = tanhf(x[i]);
        break;
    default:
        memmove(y, x, count * sizeof *y);
    }
}

/* ---- slopes ---- */

NN_VECTOR static void slope_clip(const float *x, const float *dy, float *dx, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++) dx[i] = ((x[i] > low) & (x[i] < high)) ? dy[i] : 0;
}

NN_VECTOR static void slope_leaky(const float *x, const float *dy, float *dx, size_t count, float slope)
{
    for (size_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
}

NN_VECTOR static void slope_sigmoid(const float *x, const float *dy, float *dx, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float s = sigmoid(x[i]);
        dx[i] = dy[i] * s * (1 - s);
    }
}

NN_VECTOR static void slope_swish(const float *x, const float *dy, float *dx, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float s = sigmoid(x[i]);
        dx[i] = dy[i] * (s + x[i] * s * (1 - s));
    }
}

NN_VECTOR static void slope_hard_sigmoid(const float *x, const float *dy, float *dx, size_t count, float alpha,
                                         float beta)
{
    for (size_t i = 0; i < count; i++) {
        float inner = alpha * x[i] + beta;
        dx[i] = ((inner > 0) & (inner < 1)) ? alpha * dy[i] : 0;
    }
}

NN_VECTOR static void slope_hard_swish(const float *x, const float *dy, float *dx, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float slope = x[i] < 3 ? x[i] / 3 + 0.5f : 1;
        dx[i] = dy[i] * (x[i] > -3 ? slope : 0);
    }
}

NN_VECTOR static void slope_tanh(const float *x, const float *dy, float *dx, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float t = tanhf(x[i]);
        dx[i] = dy[i] * (1 - t * t);
    }
}

void nn_curve_slope(const nn_curve *c, const float *x, const float *dy, float *dx, size_t count)
{
    switch (c->function) {
    case NN_RECTIFY:
        slope_clip(x, dy, dx, count, 0, HUGE_VALF);
        break;
    case NN_CLIP:
        slope_clip(x, dy, dx, count, c->alpha, c->beta);
        break;
    case NN_LEAKY:
        slope_leaky(x, dy, dx, count, c->alpha);
        break;
    case NN_SIGMOID:
        slope_sigmoid(x, dy, dx, count);
        break;
    case NN_SWISH:
        slope_swish(x, dy, dx, count);
        break;
    case NN_HARD_SIGMOID:
        slope_hard_sigmoid(x, dy, dx, count, c->alpha, c->beta);
        break;
    case NN_HARD_SWISH:
        slope_hard_swish(x, dy, dx, count);
        break;
    case NN_TANH:
        slope_tanh(x, dy, dx, count);
        break;
    default:
        memmove(dx, dy, count * sizeof *dx);
    }
}
