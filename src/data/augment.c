/* Geometry in one warp, then light, noise, normalisation and erasing. */
#include "data/augment.h"

#include <math.h>

#include "base/status.h"
#include "data/warp.h"

static const double pi = 3.14159265358979323846;

static amend_status in_range(const char *name, double value, double low, double high)
{
    if (value >= low && value <= high) return status_ok(); /* NaN is not */
    return status_error(AMEND_BAD_ARGUMENT, "augment.%s is %g; it must be from %g to %g", name, value, low, high);
}

amend_status augment_check(const data_augment *a)
{
    TRY(in_range("flip", a->flip, 0, 1));
    TRY(in_range("noise_variance", a->noise_variance, 0, 255.0 * 255.0));
    TRY(in_range("crop", a->crop, 0, 0.5));
    TRY(in_range("rotation", a->rotation, 0, 180));
    TRY(in_range("scale", a->scale, 0, 0.9));
    TRY(in_range("brightness", a->brightness, 0, 1));
    TRY(in_range("contrast", a->contrast, 0, 1));
    TRY(in_range("erase", a->erase, 0, 1));
    TRY(in_range("erase_low", a->erase_low, 0, 1));
    TRY(in_range("mixup", a->mixup, 0, 1));
    return in_range("erase_high", a->erase_high, a->erase_low, 1);
}

/* What is drawn for one image. */
typedef struct choice {
    warp_pose pose;
    double noise_deviation, brightness, contrast;
} choice;

static choice draw_choice(const data_augment *a, rng *r)
{
    choice c = {.pose = warp_upright};
    bool flip, noise = a->noise_variance > 0;
    if (a->flip_or_noise) {
        bool changed = rng_uniform(r) < 0.5, mirrored = rng_uniform(r) < 0.5;
        flip = changed && mirrored;
        noise = changed && !mirrored;
    } else {
        flip = rng_uniform(r) < a->flip;
    }
    c.pose.flip = flip;
    c.pose.shift_x = rng_between(r, -a->crop, a->crop);
    c.pose.shift_y = rng_between(r, -a->crop, a->crop);
    c.pose.angle = rng_between(r, -a->rotation, a->rotation) * pi / 180.0;
    c.pose.scale = rng_between(r, 1.0 - a->scale, 1.0 + a->scale);
    c.brightness = 255.0 * rng_between(r, -a->brightness, a->brightness);
    c.contrast = rng_between(r, 1.0 - a->contrast, 1.0 + a->contrast);
    c.noise_deviation = noise ? sqrt(a->noise_variance) : 0.0;
    return c;
}

static inline float clamp(float value)
{
    return value < 0.0f ? 0.0f : value > 255.0f ? 255.0f : value;
}

static void change_light(float *values, size_t count, double contrast, double brightness)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    float factor = (float)contrast, offset = (float)(sum / (double)count * (1.0 - contrast) + brightness);
    for (size_t i = 0; i < count; i++) values[i] = clamp(values[i] * factor + offset);
}

/* The sum of a draw's eight bytes is normal to within a percent up to four deviations, and costs a tenth of Box-Muller:
 * a 224 x 224 x 3 image takes 150,000 of them. */
static void add_noise(float *values, size_t count, double deviation, rng *r)
{
    const uint64_t even = 0x00ff00ff00ff00ffu, sums = 0x0001000100010001u;
    const float mean = 8 * 127.5f, unit = (float)(deviation / sqrt(8 * (256.0 * 256.0 - 1.0) / 12.0));
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = rng_next(r);
        uint64_t pairs = (bits & even) + (bits >> 8 & even);
        float sum = (float)(int)(pairs * sums >> 48);
        values[i] = clamp(values[i] + (sum - mean) * unit);
    }
}

/* A rectangle of the drawn area and of aspect 0.3 .. 3.3 becomes 0, which is the mean colour after normalisation. */
static void erase(float *values, size_t size, size_t channels, const data_augment *a, rng *r)
{
    double side = (double)size, area = rng_between(r, a->erase_low, a->erase_high) * side * side;
    double aspect = exp(rng_between(r, log(0.3), log(1.0 / 0.3)));
    size_t width = (size_t)fmin(side, round(sqrt(area * aspect)));
    size_t height = (size_t)fmin(side, round(sqrt(area / aspect)));
    size_t left = rng_below(r, size - width + 1), top = rng_below(r, size - height + 1);
    for (size_t y = top; y < top + height; y++)
        for (size_t i = left * channels; i < (left + width) * channels; i++) values[y * size * channels + i] = 0.0f;
}

void augment_image(const amend_image *image, const data_augment *a, const data_normal *normal, rng *r, size_t size,
                   size_t channels, float *out)
{
    size_t count = size * size * channels;
    choice c = draw_choice(a, r);
    warp_image(image, warp_whole(image), &c.pose, size, channels, out);
    if (c.contrast != 1.0 || c.brightness != 0.0) change_light(out, count, c.contrast, c.brightness);
    if (c.noise_deviation > 0.0) add_noise(out, count, c.noise_deviation, r);
    warp_normalise(out, size * size, channels, normal);
    if (rng_uniform(r) < a->erase) erase(out, size, channels, a, r);
}

/* From Beta(alpha, alpha), 0 < alpha <= 1 (Jöhnk, 1964). Where both powers are too small for a double, one is still
 * infinitely larger than the other. */
static double draw_beta(rng *r, double alpha)
{
    for (;;) {
        double u = rng_uniform(r), v = rng_uniform(r), x = pow(u, 1 / alpha), y = pow(v, 1 / alpha);
        if (x + y > 1) continue;
        return x + y > 0 ? x / (x + y) : u > v;
    }
}

static void mix(float *a, float *b, size_t count, float share)
{
    for (size_t i = 0; i < count; i++) {
        float difference = share * (b[i] - a[i]);
        a[i] += difference;
        b[i] -= difference;
    }
}

void augment_mix(const data_batch *batch, size_t values, size_t classes, double alpha, rng *r)
{
    for (size_t first = 0, last = batch->count; first + 1 < last--; first++) {
        float share = (float)draw_beta(r, alpha);
        mix(batch->pixels + first * values, batch->pixels + last * values, values, share);
        mix(batch->targets + first * classes, batch->targets + last * classes, classes, share);
    }
}
