/* Bars of probabilities. Widths below are in letter heights, so that the panel looks alike at any size. */
#include "image/draw.h"

#include <math.h>
#include <stdio.h>

#include "image/plot_text.h"

static const double label_width = 7, bar_width = 8, percent_width = 4.4, gap = 0.6;
static const double row_height = 1.9, bar_height = 0.9;

static double probability(float value)
{
    return value >= 0 ? fmin((double)value, 1) : 0; /* NaN is 0 too */
}

/* Insertion sort, stable: equal labels keep their order, so that two pictures can be compared. */
static void sort_by_probability(const float *probabilities, size_t count, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && probability(probabilities[order[at - 1]]) < probability(probabilities[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static void draw_row(cairo_t *canvas, double x, double middle, double size, const char *label, double value,
                     draw_colour colour)
{
    double baseline = middle + size * 0.36, top = middle - bar_height * size / 2;
    double bar_x = x + (label_width + gap) * size;
    char percent[16];
    snprintf(percent, sizeof percent, "%.1f %%", 100 * value);
    cairo_set_source_rgb(canvas, 0.94, 0.94, 0.94);
    double fitting = draw_fitting_size(canvas, size, label_width * size, label);
    plot_text(canvas, fitting, PLOT_RIGHT, x + label_width * size, baseline, label);
    plot_text(canvas, size, PLOT_RIGHT, bar_x + (bar_width + gap + percent_width) * size, baseline, percent);
    cairo_set_source_rgb(canvas, 0.24, 0.25, 0.27);
    cairo_rectangle(canvas, bar_x, top, bar_width * size, bar_height * size);
    cairo_fill(canvas);
    cairo_set_source_rgb(canvas, colour.red, colour.green, colour.blue);
    cairo_rectangle(canvas, bar_x, top, bar_width * size * value, bar_height * size);
    cairo_fill(canvas);
}

void draw_bars(cairo_t *canvas, amend_box place, const char *const *labels, const float *probabilities, size_t count,
               draw_colour colour)
{
    static const draw_colour other = {0.52, 0.62, 0.72};
    size_t order[DRAW_MAX_BARS];
    if (count > DRAW_MAX_BARS) count = DRAW_MAX_BARS;
    double size = fmin(place.width / (label_width + bar_width + percent_width + 2 * gap),
                       place.height / ((double)count * row_height));
    double top = place.y + (place.height - (double)count * row_height * size) / 2;
    sort_by_probability(probabilities, count, order);
    for (size_t row = 0; row < count; row++)
        draw_row(canvas, place.x, top + ((double)row + 0.5) * row_height * size, size, labels[order[row]],
                 probability(probabilities[order[row]]), row ? other : colour);
}
