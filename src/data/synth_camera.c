/* Blur and noise. */
#include "data/synth_camera.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"

static const double most_blur = 0.005;                      /* standard deviation as a share of the image's side */
static const double most_noise = 5;                         /* standard deviation of 0 .. 255 */
enum { BLUR_RADIUS = 16, BLUR_TAPS = 2 * BLUR_RADIUS + 1 }; /* three deviations of the largest image */

static int make_kernel(double deviation, double kernel[BLUR_TAPS])
{
    int radius = (int)ceil(3 * deviation);
    double sum = 0;
    if (radius > BLUR_RADIUS) radius = BLUR_RADIUS;
    for (int i = -radius; i <= radius; i++) {
        kernel[i + radius] = exp(-0.5 * i * i / (deviation * deviation));
        sum += kernel[i + radius];
    }
    for (int i = 0; i <= 2 * radius; i++) kernel[i] /= sum;
    return radius;
}

/* One line of `count` pixels, `step` bytes apart, through `copy`; the edge repeats. */
static void blur_line(unsigned char *line, size_t count, size_t step, const double *kernel, int radius,
                      unsigned char *copy)
{
    for (size_t i = 0; i < count; i++) copy[i] = line[i * step];
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int k = -radius; k <= radius; k++) {
            long at = (long)i + k;
            if (at < 0) at = 0;
            if (at >= (long)count) at = (long)count - 1;
            sum += kernel[k + radius] * copy[at];
        }
        line[i * step] = (unsigned char)lrint(sum);
    }
}

static amend_status blur(amend_image *image, double deviation)
{
    size_t width = image->width, height = image->height, channels = image->channels;
    double kernel[BLUR_TAPS];
    int radius = make_kernel(deviation, kernel);
    unsigned char *copy = NULL;
    TRY(mem_alloc(&copy, width > height ? width : height, 1, "line to blur"));
    for (size_t c = 0; c < channels; c++) {
        for (size_t y = 0; y < height; y++)
            blur_line(image->pixels + y * width * channels + c, width, channels, kernel, radius, copy);
        for (size_t x = 0; x < width; x++)
            blur_line(image->pixels + x * channels + c, height, width * channels, kernel, radius, copy);
    }
    mem_free(copy);
    return status_ok();
}

static void add_noise(rng *r, amend_image *image, double deviation)
{
    size_t count = image->width * image->height * image->channels;
    for (size_t i = 0; i < count; i++) {
        double value = image->pixels[i] + deviation * rng_normal(r);
        image->pixels[i] = (unsigned char)lrint(fmin(fmax(value, 0), 255));
    }
}

amend_status synth_camera(rng *r, amend_image *image)
{
    double softness = most_blur * rng_uniform(r) * (double)image->width;
    double grain = most_noise * rng_uniform(r);
    if (softness > 0.2) TRY(blur(image, softness)); /* below, the nearest pixel's weight rounds to nothing */
    add_noise(r, image, grain);
    return status_ok();
}
