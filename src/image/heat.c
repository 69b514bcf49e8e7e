/* Scales, colours, cells. */
#include "image/heat.h"

#include <math.h>

#include "base/status.h"

enum { STOPS = 5 };

/* ColorBrewer's RdBu (C. Brewer) from white to both ends, and its Blues. */
static const draw_colour cool[STOPS] = {
    {1, 1, 1}, {0.82, 0.90, 0.94}, {0.57, 0.77, 0.87}, {0.26, 0.58, 0.76}, {0.13, 0.40, 0.67}};
static const draw_colour warm[STOPS] = {
    {1, 1, 1}, {0.99, 0.86, 0.78}, {0.96, 0.65, 0.51}, {0.84, 0.38, 0.30}, {0.70, 0.09, 0.17}};
static const draw_colour amount[STOPS] = {
    {1, 1, 1}, {0.78, 0.86, 0.94}, {0.42, 0.68, 0.84}, {0.13, 0.44, 0.71}, {0.03, 0.19, 0.42}};

static void range_of(const double *values, size_t count, double *low, double *high)
{
    *low = *high = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        *low = fmin(*low, values[i]);
        *high = fmax(*high, values[i]);
    }
}

heat_scale heat_scale_signed(const double *values, size_t count)
{
    double low, high;
    range_of(values, count, &low, &high);
    double most = fmax(-low, high);
    if (most == 0) most = 1;
    return (heat_scale){true, -most, most};
}

heat_scale heat_scale_amount(const double *values, size_t count)
{
    heat_scale scale = {false, 0, 0};
    range_of(values, count, &scale.low, &scale.high);
    if (scale.low == scale.high) scale.high = 1;
    return scale;
}

/* share: 0 to 1 along the stops. */
static draw_colour between(const draw_colour stops[STOPS], double share)
{
    double place = fmax(0, fmin(share, 1)) * (STOPS - 1);
    size_t at = place < STOPS - 1 ? (size_t)place : STOPS - 2;
    double after = place - (double)at;
    const draw_colour *a = &stops[at], *b = a + 1;
    return (draw_colour){a->red + after * (b->red - a->red), a->green + after * (b->green - a->green),
                         a->blue + after * (b->blue - a->blue)};
}

draw_colour heat_colour(const heat_scale *scale, double value)
{
    if (!isfinite(value)) return (draw_colour){0.6, 0.6, 0.6};
    if (!scale->is_signed) return between(amount, (value - scale->low) / (scale->high - scale->low));
    return value < 0 ? between(cool, value / scale->low) : between(warm, value / scale->high);
}

static unsigned char byte(double share)
{
    return (unsigned char)lround(255 * share);
}

/* Shades never so dark that the colour could not be told; in 32 steps, enough for a ground, and files are smaller. */
static void paint(const draw_colour *colour, const unsigned char *luma, unsigned char *pixel)
{
    double shade = luma ? 0.42 + 0.58 * (*luma | 7) / 255 : 1;
    pixel[0] = byte(shade * colour->red);
    pixel[1] = byte(shade * colour->green);
    pixel[2] = byte(shade * colour->blue);
}

static amend_status shades_of(const amend_image *under, size_t side, amend_image *gray)
{
    const amend_box whole = {0, 0, (double)under->width, (double)under->height};
    amend_image scaled = {0};
    TRY(image_crop_resize(under, whole, side, side, &scaled));
    amend_status status = image_convert(&scaled, 1, gray);
    amend_image_free(&scaled);
    return status;
}

/* The cell over pixel `at`; `count`: none. */
static size_t cell_at(const heat_grid *grid, size_t count, size_t at, size_t side)
{
    if (!(grid->step > 0)) return at * count / side;
    double cell = floor((((double)at + 0.5) / (double)side - grid->first) / grid->step);
    return cell >= 0 && cell < (double)count ? (size_t)cell : count;
}

static draw_colour colour_at(const heat_grid *grid, const heat_scale *scale, size_t x, size_t y, size_t side)
{
    size_t row = cell_at(grid, grid->rows, y, side), column = cell_at(grid, grid->columns, x, side);
    if (row == grid->rows || column == grid->columns) return (draw_colour){1, 1, 1};
    return heat_colour(scale, grid->values[row * grid->columns + column]);
}

amend_status heat_map(const heat_grid *grid, const heat_scale *scale, const amend_image *under, size_t side,
                      amend_image *out)
{
    amend_image gray = {0};
    *out = (amend_image){0};
    if (under) TRY(shades_of(under, side, &gray));
    amend_status status = image_create(out, side, side, 3);
    for (size_t i = 0; !status.code && i < side * side; i++) {
        draw_colour colour = colour_at(grid, scale, i % side, i / side, side);
        paint(&colour, under ? &gray.pixels[i] : NULL, out->pixels + 3 * i);
    }
    amend_image_free(&gray);
    return status;
}
