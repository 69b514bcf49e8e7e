/* Drawing a page of maps. */
#include "image/plot_maps.h"

#include <math.h>
#include <stdio.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/plot_maps_layout.h"
#include "image/plot_scale.h"
#include "image/plot_text.h"

static const double bar_height = 12, widest_bar = 420, text_size = 12, note_size = 11;
enum { TICKS = 6 };

static void grey(cairo_t *cr, double level)
{
    cairo_set_source_rgb(cr, level, level, level);
}

static void draw_fitting(cairo_t *cr, double size, plot_align align, double x, double y, double width, const char *text)
{
    plot_text(cr, draw_fitting_size(cr, size, width, text), align, x, y, text);
}

static void draw_panel_text(cairo_t *cr, const map_panel *panel, double x, double y, double side)
{
    double room = side;
    grey(cr, 0.1);
    if (panel->aside) {
        plot_text(cr, 15, PLOT_RIGHT, x + side, y + 16, panel->aside);
        room -= plot_text_width(cr, 15, panel->aside) + 8;
    }
    plot_heading(cr, draw_fitting_size(cr, 15, room / 1.15, panel->title), PLOT_LEFT, x, y + 16, panel->title);
    grey(cr, 0.35);
    if (panel->note) draw_fitting(cr, note_size, PLOT_LEFT, x, y + 34, side, panel->note);
}

static amend_status draw_panel(cairo_t *cr, const map_panel *panel, const heat_scale *scale, double x, double y,
                               double side)
{
    amend_image image = {0};
    draw_panel_text(cr, panel, x, y, side);
    y += maps_text;
    if (panel->grid.values) {
        TRY(heat_map(&panel->grid, scale, panel->picture, (size_t)side, &image));
    } else {
        const amend_box whole = {0, 0, (double)panel->picture->width, (double)panel->picture->height};
        TRY(image_crop_resize(panel->picture, whole, (size_t)side, (size_t)side, &image));
    }
    draw_image(cr, &image, (size_t)x, (size_t)y);
    amend_image_free(&image);
    grey(cr, 0.75); /* a white corner would not be seen on the white page */
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, x - 0.5, y - 0.5, side + 1, side + 1);
    cairo_stroke(cr);
    return status_ok();
}

static void draw_ticks(cairo_t *cr, const heat_scale *scale, double x, double y, double width)
{
    plot_scale axis = plot_scale_between(scale->low, scale->high, width < 300 ? TICKS - 2 : TICKS);
    char text[32];
    for (double value = axis.low; value <= axis.high + axis.step / 2; value += axis.step) {
        double share = (value - scale->low) / (scale->high - scale->low), at = floor(x + width * share) + 0.5;
        if (share < -1e-9 || share > 1 + 1e-9) continue;
        snprintf(text, sizeof text, scale->is_signed ? "%+.6g" : "%.6g", value);
        if (fabs(value) < axis.step * 1e-6) snprintf(text, sizeof text, "0");
        grey(cr, 0.4);
        cairo_set_line_width(cr, 1);
        cairo_move_to(cr, at, y);
        cairo_line_to(cr, at, y + 5);
        cairo_stroke(cr);
        grey(cr, 0.2);
        plot_text(cr, text_size, PLOT_CENTRE, at, y + 18, text);
    }
}

/* The bar's left upper corner is at (x, y). */
static void draw_bar(cairo_t *cr, const map_group *group, double x, double y, double width)
{
    const heat_scale *scale = &group->scale;
    for (double i = 0; i < width; i++) {
        draw_colour colour = heat_colour(scale, scale->low + (scale->high - scale->low) * (i + 0.5) / width);
        cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
        cairo_rectangle(cr, x + i, y, 1, bar_height);
        cairo_fill(cr);
    }
    grey(cr, 0.55);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, x - 0.5, y - 0.5, width + 1, bar_height + 1);
    cairo_stroke(cr);
    draw_ticks(cr, scale, x, y + bar_height, width);
    double below = y + bar_height + 38;
    grey(cr, 0.35);
    plot_text(cr, text_size, PLOT_CENTRE, x + width / 2, below, group->unit);
    if (group->low) plot_text(cr, text_size, PLOT_LEFT, x, below, group->low);
    if (group->high) plot_text(cr, text_size, PLOT_RIGHT, x + width, below, group->high);
}

static amend_status draw_group(cairo_t *cr, const map_group *group, const placed_group *p, double side)
{
    double y = p->y;
    grey(cr, 0.1);
    if (group->heading) draw_fitting(cr, 17, PLOT_LEFT, p->x, y + 18, p->width, group->heading);
    if (p->headed) y += maps_heading;
    for (size_t i = 0; i < group->count; i++) {
        double x = p->x + (double)(i % p->columns) * (side + maps_gap),
               top = y + maps_down(i / p->columns + 1, side) - side - maps_text;
        TRY(draw_panel(cr, &group->panels[i], &group->scale, x, top, side));
    }
    double bar = floor(fmin(p->width, widest_bar));
    draw_bar(cr, group, p->x + floor((p->width - bar) / 2), y + p->height - maps_bar + 14, bar);
    return status_ok();
}

static amend_status draw_page(cairo_t *cr, const map_page *page, const maps_layout *l)
{
    plot_page(cr, l->width, l->height);
    plot_heading(cr, maps_title, PLOT_LEFT, maps_edge, maps_edge + maps_title - 4, page->title);
    grey(cr, 0.3);
    double y = maps_edge + maps_title + 14 + maps_line - 4;
    for (size_t i = 0; i < PLOT_MOST_LINES && page->lines[i]; i++, y += maps_line_height)
        plot_text(cr, maps_line, PLOT_LEFT, maps_edge, y, page->lines[i]);
    for (size_t g = 0; g < page->count; g++) TRY(draw_group(cr, &page->groups[g], &l->groups[g], l->side));
    return status_ok();
}

static amend_status check(const map_page *page)
{
    if (!page->count || page->count > PLOT_MOST_GROUPS)
        return status_error(AMEND_BAD_ARGUMENT, "%zu groups of maps; 1 to %d can be drawn", page->count,
                            PLOT_MOST_GROUPS);
    for (size_t g = 0; g < page->count; g++)
        if (!page->groups[g].count || page->groups[g].count > PLOT_MOST_MAPS)
            return status_error(AMEND_BAD_ARGUMENT, "%zu maps in a group; 1 to %d can be drawn", page->groups[g].count,
                                PLOT_MOST_MAPS);
    return status_ok();
}

amend_status plot_maps(const map_page *page, amend_image *out)
{
    maps_layout l = {0};
    cairo_t *cr = NULL;
    *out = (amend_image){0};
    TRY(check(page));
    TRY(canvas_create(1, 1, &cr)); /* text has no width without a surface */
    maps_lay_out(cr, page, &l);
    cairo_destroy(cr);
    TRY(canvas_create((size_t)l.width, (size_t)l.height, &cr));
    amend_status status = draw_page(cr, page, &l);
    if (!status.code) return draw_finish(cr, out);
    cairo_destroy(cr);
    return status;
}

amend_status plot_map_scale(const map_group *group, size_t width, amend_image *out)
{
    cairo_t *cr = NULL;
    *out = (amend_image){0};
    TRY(canvas_create(width, (size_t)maps_bar, &cr));
    plot_page(cr, (double)width, maps_bar);
    draw_bar(cr, group, maps_edge, 8, (double)width - 2 * maps_edge);
    return draw_finish(cr, out);
}
