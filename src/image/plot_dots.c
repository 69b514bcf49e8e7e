/* Dots over a common scale, a line for each group. */
#include <math.h>
#include <stdio.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/plot.h"
#include "image/plot_scale.h"
#include "image/plot_text.h"

static const double page_width = 900, edge = 28, line_height = 34, top = 84, name_size = 14;
enum { TICKS = 8 };

/* Where the lines are on the page. */
typedef struct frame {
    double left, right, bottom;
    plot_scale scale;
} frame;

static double page_x(const frame *f, double value)
{
    return f->left + (f->right - f->left) * (value - f->scale.low) / (f->scale.high - f->scale.low);
}

static plot_scale scale_of(const plot_line *lines, size_t count)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double bar = isfinite(lines[i].deviation) ? lines[i].deviation : 0;
        for (size_t k = 0; k < lines[i].count; k++) {
            low = fmin(low, fmin(lines[i].values[k], lines[i].mean - bar));
            high = fmax(high, fmax(lines[i].values[k], lines[i].mean + bar));
        }
    }
    return plot_scale_between(low, high, TICKS);
}

static amend_status place(const plot_line *lines, size_t count, frame *f)
{
    cairo_t *ruler = NULL; /* text has no width without a surface */
    double widest = 0;
    TRY(canvas_create(1, 1, &ruler));
    for (size_t i = 0; i < count; i++) widest = fmax(widest, plot_text_width(ruler, name_size, lines[i].name));
    cairo_destroy(ruler);
    *f = (frame){edge + fmin(widest, page_width / 2) + 14, page_width - edge - 10, top + line_height * (double)count,
                 scale_of(lines, count)};
    return status_ok();
}

static void stroke(cairo_t *cr, double x1, double y1, double x2, double y2)
{
    cairo_move_to(cr, x1, y1);
    cairo_line_to(cr, x2, y2);
    cairo_stroke(cr);
}

static void draw_scale(cairo_t *cr, const frame *f, const char *axis)
{
    int ticks = (int)lround((f->scale.high - f->scale.low) / f->scale.step);
    char text[32];
    for (int i = 0; i <= ticks; i++) {
        double value = f->scale.low + i * f->scale.step, x = floor(page_x(f, value)) + 0.5;
        if (fabs(value) < f->scale.step * 1e-6) value = 0; /* no "-1e-17" */
        cairo_set_source_rgb(cr, 0.88, 0.88, 0.88);
        cairo_set_line_width(cr, 1);
        stroke(cr, x, top, x, f->bottom);
        snprintf(text, sizeof text, "%.6g", value);
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        plot_text(cr, 13, PLOT_CENTRE, x, f->bottom + 20, text);
    }
    plot_text(cr, 13, PLOT_CENTRE, (f->left + f->right) / 2, f->bottom + 44, axis);
}

static void draw_baseline(cairo_t *cr, const frame *f, const plot_line *first)
{
    static const double dashes[] = {5, 4};
    double x = page_x(f, first->mean);
    if (!first->count) return;
    cairo_set_source_rgb(cr, 0.84, 0.37, 0.00); /* Okabe and Ito's orange, as in plot_curves.c */
    cairo_set_line_width(cr, 1.2);
    cairo_set_dash(cr, dashes, 2, 0);
    stroke(cr, x, top, x, f->bottom);
    cairo_set_dash(cr, NULL, 0, 0);
}

/* Bar and mean below the middle, dots on it, so that neither hides the other. */
static void draw_line(cairo_t *cr, const frame *f, const plot_line *line, double middle)
{
    double low = page_x(f, line->mean - line->deviation), high = page_x(f, line->mean + line->deviation);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    plot_text(cr, name_size, PLOT_RIGHT, f->left - 12, middle + 5, line->name);
    if (!line->count) {
        cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
        plot_text(cr, name_size, PLOT_LEFT, f->left + 8, middle + 5, "no values");
        return;
    }
    cairo_set_line_width(cr, 2);
    if (isfinite(line->deviation)) {
        stroke(cr, low, middle + 7, high, middle + 7);
        stroke(cr, low, middle + 3, low, middle + 11);
        stroke(cr, high, middle + 3, high, middle + 11);
    }
    cairo_rectangle(cr, page_x(f, line->mean) - 2.5, middle + 1, 5, 12);
    cairo_fill(cr);
    cairo_set_source_rgba(cr, 0.00, 0.45, 0.70, 0.75);
    for (size_t k = 0; k < line->count; k++) {
        cairo_arc(cr, page_x(f, line->values[k]), middle - 6, 4, 0, 2 * acos(-1));
        cairo_fill(cr);
    }
}

amend_status plot_dots(const char *path, const char *title, const char *axis, const plot_line *lines, size_t count)
{
    frame f;
    cairo_t *cr = NULL;
    if (!count || count > PLOT_MOST_LINES)
        return status_error(AMEND_BAD_ARGUMENT, "%s: %zu lines of dots; 1 to %d can be drawn", path, count,
                            PLOT_MOST_LINES);
    TRY(place(lines, count, &f));
    double height = f.bottom + 58 + edge / 2;
    TRY(canvas_create((size_t)page_width, (size_t)height, &cr));
    plot_page(cr, page_width, height);
    plot_heading(cr, 18, PLOT_LEFT, edge, 36, title);
    plot_text(cr, 13, PLOT_LEFT, edge, 60,
              "dots: seeds; bars: mean and sample deviation; dashed: mean of the first line");
    draw_scale(cr, &f, axis);
    draw_baseline(cr, &f, &lines[0]);
    for (size_t i = 0; i < count; i++) draw_line(cr, &f, &lines[i], top + line_height * ((double)i + 0.5));
    amend_status status = canvas_write_png(cr, path);
    cairo_destroy(cr);
    return status;
}
