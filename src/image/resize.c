/* Cropping and resampling in one step: a separable triangle filter, widened when shrinking so that nothing aliases
 * (what Pillow calls BILINEAR with a box). Columns first, to 8 bits, then rows; weights in fixed point. */
#include "image/image.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

/* 8 bits of pixel, 22 of weight, and a sign fit in 32. */
enum { WEIGHT_BITS = 22 };

/* Input pixels from which on threads share the work. */
enum { LARGE = 1 << 20 };

/* Boxes may reach outside, but not by so much that walking over them takes long. */
static const double max_reach = 1 << 24;

/* One axis: output i is the sum of weights[i * width + k] * input[first[i] + k], k below taps[i]. */
typedef struct filter {
    size_t count, width;
    size_t *first, *taps;
    int32_t *weights;
} filter;

/* What an axis is asked for: `count` outputs from the part [start, start + length) of `size` inputs. */
typedef struct axis {
    double start, length;
    size_t size, count;
} axis;

static void filter_free(filter *f)
{
    mem_free(f->first);
    mem_free(f->taps);
    mem_free(f->weights);
}

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Rounds the running sum, not each weight: so the weights add up to one exactly, however many they are. */
static int32_t fixed_step(double *sum, double weight, double total)
{
    double before = *sum;
    *sum += weight;
    return (int32_t)(lround(ldexp(*sum / total, WEIGHT_BITS)) - lround(ldexp(before / total, WEIGHT_BITS)));
}

/* Output i of the filter. Taps outside the image count for the pixel at its edge; taps outside both the image and the
 * box do not count at all. */
static void fill_output(filter *f, const axis *a, size_t i)
{
    double scale = a->length / (double)a->count, spread = scale > 1 ? scale : 1;
    double centre = a->start + ((double)i + 0.5) * scale;
    int64_t last_pixel = (int64_t)a->size - 1;
    int64_t lowest = (int64_t)fmin(0, floor(a->start));
    int64_t highest = (int64_t)fmax((double)a->size, ceil(a->start + a->length));
    int64_t begin = clamp((int64_t)floor(centre - spread + 0.5), lowest, highest - 1);
    int64_t end = clamp((int64_t)floor(centre + spread + 0.5), begin + 1, highest);
    double total = 0, sum = 0;
    for (int64_t x = begin; x < end; x++) total += triangle(((double)x + 0.5 - centre) / spread);
    f->first[i] = (size_t)clamp(begin, 0, last_pixel);
    f->taps[i] = (size_t)clamp(end - 1, 0, last_pixel) - f->first[i] + 1;
    for (int64_t x = begin; x < end; x++) {
        size_t tap = (size_t)clamp(x, 0, last_pixel) - f->first[i];
        f->weights[i * f->width + tap] += fixed_step(&sum, triangle(((double)x + 0.5 - centre) / spread), total);
    }
}

static amend_status filter_make(filter *f, const axis *a)
{
    double spread = fmax(a->length / (double)a->count, 1);
    size_t reach = 2 * (size_t)ceil(spread) + 1, cells = 0;
    f->count = a->count;
    f->width = reach < a->size ? reach : a->size;
    if (!mem_multiply(f->count, f->width, &cells))
        return status_error(AMEND_NO_MEMORY, "resampling to %zu pixels does not fit in memory", a->count);
    TRY(mem_alloc(&f->first, f->count, sizeof *f->first, "resampling filter"));
    TRY(mem_alloc(&f->taps, f->count, sizeof *f->taps, "resampling filter"));
    TRY(mem_alloc(&f->weights, cells, sizeof *f->weights, "resampling filter"));
    for (size_t i = 0; i < f->count; i++) fill_output(f, a, i);
    return status_ok();
}

/* The weights are not negative and add up to one, so the sum needs no clipping. */
static unsigned char to_pixel(int32_t sum)
{
    return (unsigned char)((sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS);
}

static void resample_gray_row(const filter *f, const unsigned char *from, unsigned char *to)
{
    for (size_t i = 0; i < f->count; i++) {
        const int32_t *weights = f->weights + i * f->width;
        const unsigned char *p = from + f->first[i];
        int32_t sum = 0;
        for (size_t k = 0; k < f->taps[i]; k++) sum += weights[k] * p[k];
        *to++ = to_pixel(sum);
    }
}

static void resample_rgb_row(const filter *f, const unsigned char *from, unsigned char *to)
{
    for (size_t i = 0; i < f->count; i++) {
        const int32_t *weights = f->weights + i * f->width;
        const unsigned char *p = from + 3 * f->first[i];
        int32_t red = 0, green = 0, blue = 0;
        for (size_t k = 0; k < f->taps[i]; k++, p += 3) {
            red += weights[k] * p[0];
            green += weights[k] * p[1];
            blue += weights[k] * p[2];
        }
        *to++ = to_pixel(red);
        *to++ = to_pixel(green);
        *to++ = to_pixel(blue);
    }
}

/* Row i of the output; `from` is row 0 of the input, rows are `length` bytes, `sums` holds as many numbers, each
 * thread's own. */
static void blend_rows(const filter *f, size_t i, const unsigned char *from, size_t length, int32_t *sums,
                       unsigned char *to)
{
    for (size_t x = 0; x < length; x++) sums[x] = 0;
    for (size_t k = 0; k < f->taps[i]; k++) {
        const unsigned char *row = from + (f->first[i] + k) * length;
        int32_t weight = f->weights[i * f->width + k];
        for (size_t x = 0; x < length; x++) sums[x] += weight * row[x];
    }
    for (size_t x = 0; x < length; x++) to[x] = to_pixel(sums[x]);
}

static amend_status resample(const amend_image *from, const filter *columns, filter *rows, amend_image *to)
{
    size_t channels = from->channels, length = columns->count * channels;
    void (*resample_row)(const filter *, const unsigned char *, unsigned char *) =
        channels == 3 ? resample_rgb_row : resample_gray_row;
    size_t top = rows->first[0];
    size_t bottom = rows->first[rows->count - 1] + rows->taps[rows->count - 1]; /* both rise with the output row */
    amend_image narrow = {0};
    int32_t *sums = NULL;
    amend_status status = image_create(&narrow, columns->count, bottom - top, channels);
    if (status.code) goto done;
    status = mem_alloc(&sums, (size_t)omp_get_max_threads() * length, sizeof *sums, "resampling row");
    if (status.code) goto done;
    status = image_create(to, columns->count, rows->count, channels);
    if (status.code) goto done;
    bool large = (bottom - top) * from->width > LARGE;
#pragma omp parallel for schedule(static) if (large)
    for (size_t y = top; y < bottom; y++)
        resample_row(columns, from->pixels + y * from->width * channels, narrow.pixels + (y - top) * length);
    for (size_t y = 0; y < rows->count; y++) rows->first[y] -= top;
#pragma omp parallel for schedule(static) if (large)
    for (size_t y = 0; y < rows->count; y++)
        blend_rows(rows, y, narrow.pixels, length, sums + (size_t)omp_get_thread_num() * length,
                   to->pixels + y * length);
done:
    mem_free(sums);
    amend_image_free(&narrow);
    return status;
}

static amend_status check_box(amend_box box)
{
    if (box.width > 0 && box.height > 0 && fabs(box.x) <= max_reach && fabs(box.y) <= max_reach &&
        box.width <= max_reach && box.height <= max_reach)
        return status_ok();
    return status_error(AMEND_BAD_ARGUMENT,
                        "box of %g x %g pixels at (%g, %g); sides must be positive and nothing beyond %.0f pixels",
                        box.width, box.height, box.x, box.y, max_reach);
}

amend_status image_crop_resize(const amend_image *from, amend_box box, size_t width, size_t height, amend_image *to)
{
    filter columns = {0}, rows = {0};
    amend_status status;
    *to = (amend_image){0};
    TRY(check_box(box));
    if (!width || !height) return status_error(AMEND_BAD_ARGUMENT, "cannot resize to %zu x %zu pixels", width, height);
    status = filter_make(&columns, &(axis){box.x, box.width, from->width, width});
    if (status.code) goto done;
    status = filter_make(&rows, &(axis){box.y, box.height, from->height, height});
    if (status.code) goto done;
    status = resample(from, &columns, &rows, to);
done:
    filter_free(&columns);
    filter_free(&rows);
    return status;
}
