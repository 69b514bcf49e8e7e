/* Curves against the epoch. */
#include <math.h>
#include <stdio.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/plot.h"
#include "image/plot_scale.h"
#include "image/plot_text.h"

static const double panel_width = 560, page_height = 460;
static const double margin_left = 74, margin_right = 24, margin_top = 104, margin_bottom = 60;
enum { VERTICAL_TICKS = 6, HORIZONTAL_TICKS = 8 };

/* Told apart by people who do not see all colours (Okabe and Ito, 2008). */
static const double colours[PLOT_MOST_SERIES][3] = {
    {0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45},
    {0.80, 0.47, 0.65}, {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91},
};

static plot_scale vertical_scale(const plot_panel *panel, size_t count)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t s = 0; s < panel->series_count; s++)
        for (size_t i = 0; i < count; i++) {
            double value = panel->series[s].values[i];
            if (!isfinite(value)) continue;
            low = fmin(low, value);
            high = fmax(high, value);
        }
    return plot_scale_between(low, high, VERTICAL_TICKS);
}

/* Where a panel's axes are on the page. */
typedef struct frame {
    double x, y, width, height;
    plot_scale across, up;
} frame;

static double page_x(const frame *f, double value)
{
    return f->x + f->width * (value - f->across.low) / (f->across.high - f->across.low);
}

static double page_y(const frame *f, double value)
{
    return f->y + f->height * (f->up.high - value) / (f->up.high - f->up.low);
}

static void line(cairo_t *cr, double x1, double y1, double x2, double y2, double grey)
{
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_set_line_width(cr, 1);
    cairo_move_to(cr, floor(x1) + 0.5, floor(y1) + 0.5); /* on the pixel, so that it is sharp */
    cairo_line_to(cr, floor(x2) + 0.5, floor(y2) + 0.5);
    cairo_stroke(cr);
}

static void draw_vertical_axis(cairo_t *cr, const frame *f)
{
    int ticks = (int)lround((f->up.high - f->up.low) / f->up.step);
    char text[32];
    for (int i = 0; i <= ticks; i++) {
        double value = f->up.low + i * f->up.step, y = page_y(f, value);
        if (fabs(value) < f->up.step * 1e-6) value = 0; /* no "-1e-17" */
        line(cr, f->x, y, f->x + f->width, y, i ? 0.88 : 0.3);
        snprintf(text, sizeof text, "%.6g", value);
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        plot_text(cr, 13, PLOT_RIGHT, f->x - 9, y + 4.5, text);
    }
}

static void draw_horizontal_axis(cairo_t *cr, const frame *f, size_t count)
{
    double bottom = f->y + f->height, step = f->across.step;
    char text[32];
    /* Multiples of the step, except that the first epoch is 1. */
    for (double epoch = step > 1 ? 0 : 1; epoch <= (double)count; epoch += step) {
        double shown = fmax(epoch, 1), x = page_x(f, shown);
        line(cr, x, bottom, x, bottom + 5, 0.3);
        snprintf(text, sizeof text, "%.0f", shown);
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        plot_text(cr, 13, PLOT_CENTRE, x, bottom + 21, text);
    }
    plot_text(cr, 13, PLOT_CENTRE, f->x + f->width / 2, bottom + 44, "epoch");
}

static void draw_series(cairo_t *cr, const frame *f, const double *values, size_t count)
{
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cr);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            cairo_line_to(cr, page_x(f, (double)i + 1), page_y(f, values[i]));
        else
            cairo_new_sub_path(cr);
    }
    cairo_stroke(cr);
    if (count > 40) return; /* marks would touch */
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        cairo_arc(cr, page_x(f, (double)i + 1), page_y(f, values[i]), 3.2, 0, 2 * acos(-1));
        cairo_fill(cr);
    }
}

static void draw_panel(cairo_t *cr, const plot_panel *panel, double left, size_t count)
{
    frame f = {left + margin_left,
               margin_top,
               panel_width - margin_left - margin_right,
               page_height - margin_top - margin_bottom,
               plot_scale_epochs(count, HORIZONTAL_TICKS),
               vertical_scale(panel, count)};
    double legend = f.x;
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    plot_heading(cr, 15, PLOT_LEFT, f.x, margin_top - 38, panel->title);
    draw_vertical_axis(cr, &f);
    draw_horizontal_axis(cr, &f, count);
    for (size_t s = 0; s < panel->series_count; s++) {
        const char *name = panel->series[s].name;
        cairo_set_source_rgb(cr, colours[s][0], colours[s][1], colours[s][2]);
        draw_series(cr, &f, panel->series[s].values, count);
        cairo_rectangle(cr, legend, margin_top - 22, 18, 4);
        cairo_fill(cr);
        plot_text(cr, 13, PLOT_LEFT, legend + 24, margin_top - 15, name);
        legend += 24 + plot_text_width(cr, 13, name) + 22;
    }
}

static amend_status check(const char *path, const plot_panel *panels, size_t panel_count, size_t count)
{
    if (!panel_count || panel_count > PLOT_MOST_PANELS)
        return status_error(AMEND_BAD_ARGUMENT, "%s: %zu panels of curves; 1 to %d can be drawn", path, panel_count,
                            PLOT_MOST_PANELS);
    if (!count) return status_error(AMEND_BAD_ARGUMENT, "%s: no epoch to draw", path);
    for (size_t i = 0; i < panel_count; i++)
        if (!panels[i].series_count || panels[i].series_count > PLOT_MOST_SERIES)
            return status_error(AMEND_BAD_ARGUMENT, "%s: %zu curves under '%s'; 1 to %d can be drawn", path,
                                panels[i].series_count, panels[i].title, PLOT_MOST_SERIES);
    return status_ok();
}

amend_status plot_curves(const char *path, const char *title, const plot_panel *panels, size_t panel_count,
                         size_t count)
{
    double width = panel_width * (double)panel_count;
    cairo_t *cr = NULL;
    amend_status status;
    TRY(check(path, panels, panel_count, count));
    TRY(canvas_create((size_t)width, (size_t)page_height, &cr));
    plot_page(cr, width, page_height);
    plot_heading(cr, 18, PLOT_LEFT, margin_left, 36, title);
    for (size_t i = 0; i < panel_count; i++) draw_panel(cr, &panels[i], panel_width * (double)i, count);
    status = canvas_write_png(cr, path);
    cairo_destroy(cr);
    return status;
}
