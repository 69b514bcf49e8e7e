/* Layout: groups one beside the other as long as the page is wide enough, the panels of each in rows, its colour bar
 * below. */
#include "image/plot_maps.h"

#include <math.h>
#include <stdio.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/plot_scale.h"
#include "image/plot_text.h"

/* All in pixels. */
static const double edge = 30, gap = 24, title_size = 22, line_size = 14, line_height = 21, text_size = 12,
                    note_size = 11;
static const double heading_height = 34, panel_text = 44, bar_height = 12, bar_block = 84, widest_bar = 420,
                    row_gap = 14;
static const double least_side = 220, few_side = 300; /* of a panel; `few`: FEW or less */
static const size_t finest = 640;                     /* cells a side that are drawn with a pixel of their own */
enum { TICKS = 6, FEW = 3 };

typedef struct placed_group {
    double x, y, width, height;
    size_t columns;
    bool headed; /* one of its row has a heading, so all leave room */
} placed_group;

typedef struct layout {
    double side, width, height, top; /* top: of the first group */
    placed_group groups[PLOT_MOST_GROUPS];
} layout;

static void grey(cairo_t *cr, double level)
{
    cairo_set_source_rgb(cr, level, level, level);
}

/* ---- layout ---- */

static size_t count_panels(const map_page *page)
{
    size_t total = 0;
    for (size_t g = 0; g < page->count; g++) total += page->groups[g].count;
    return total;
}

/* A whole number of pixels a cell for the finest map, so that all its cells are alike. */
static double choose_side(const map_page *page)
{
    size_t cells = 1;
    for (size_t g = 0; g < page->count; g++)
        for (size_t i = 0; i < page->groups[g].count; i++) {
            const heat_grid *grid = &page->groups[g].panels[i].grid;
            if (grid->values && grid->columns > cells) cells = grid->columns;
        }
    double side = count_panels(page) <= FEW ? few_side : least_side;
    return cells > finest ? (double)finest : ceil(side / (double)cells) * (double)cells;
}

/* FEW in a row; more fill 3 to 6 columns with the fewest places left empty, the rows no more than the columns. */
static size_t choose_columns(size_t count)
{
    size_t best = count, fewest = count;
    if (count <= FEW) return count;
    for (size_t columns = FEW; columns <= 6; columns++) {
        size_t rows = (count + columns - 1) / columns, empty = rows * columns - count;
        if (rows > columns || empty >= fewest) continue;
        fewest = empty;
        best = columns;
    }
    return best;
}

static double across(size_t panels, double side)
{
    return (double)panels * side + (double)(panels - 1) * gap;
}

/* From the upper edge of the first panel's text to the lower edge of the last panel. */
static double down(size_t rows, double side)
{
    return (double)rows * (panel_text + side) + (double)(rows - 1) * row_gap;
}

/* Places the groups from `first` on that fit beside each other; returns the one behind them. */
static size_t place_row(const map_page *page, layout *l, size_t first, double inner, double y, double *height)
{
    double x = edge;
    size_t end = first;
    bool headed = false;
    *height = 0;
    for (; end < page->count; end++) {
        placed_group *p = &l->groups[end];
        size_t rows = (page->groups[end].count + p->columns - 1) / p->columns;
        if (end > first && x + p->width > edge + inner + 0.5) break;
        p->x = x;
        p->y = y;
        p->height = down(rows, l->side) + bar_block;
        headed = headed || page->groups[end].heading;
        *height = fmax(*height, p->height);
        x += p->width + gap;
    }
    for (size_t i = first; i < end; i++) l->groups[i].headed = headed;
    if (headed) *height += heading_height;
    return end;
}

static void lay_out(cairo_t *ruler, const map_page *page, layout *l)
{
    double inner = plot_text_width(ruler, title_size, page->title) * 1.15; /* it is bold */
    double height = 0, y = edge + title_size + 14;
    for (size_t i = 0; i < PLOT_MOST_LINES && page->lines[i]; i++, y += line_height)
        inner = fmax(inner, plot_text_width(ruler, line_size, page->lines[i]));
    l->side = choose_side(page);
    l->top = y += 8;
    for (size_t g = 0; g < page->count; g++) {
        l->groups[g].columns = choose_columns(page->groups[g].count);
        l->groups[g].width = across(l->groups[g].columns, l->side);
        inner = fmax(inner, l->groups[g].width);
    }
    if (count_panels(page) > FEW) inner = fmax(inner, across(FEW, l->side));
    for (size_t g = 0; g < page->count; y += height) g = place_row(page, l, g, inner, y, &height);
    l->width = ceil(inner + 2 * edge);
    l->height = ceil(y + edge / 2);
}

/* ---- drawing ---- */

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
    y += panel_text;
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
    if (p->headed) y += heading_height;
    for (size_t i = 0; i < group->count; i++) {
        double x = p->x + (double)(i % p->columns) * (side + gap),
               top = y + down(i / p->columns + 1, side) - side - panel_text;
        TRY(draw_panel(cr, &group->panels[i], &group->scale, x, top, side));
    }
    double bar = floor(fmin(p->width, widest_bar));
    draw_bar(cr, group, p->x + floor((p->width - bar) / 2), y + p->height - bar_block + 14, bar);
    return status_ok();
}

static amend_status draw_page(cairo_t *cr, const map_page *page, const layout *l)
{
    plot_page(cr, l->width, l->height);
    plot_heading(cr, title_size, PLOT_LEFT, edge, edge + title_size - 4, page->title);
    grey(cr, 0.3);
    double y = edge + title_size + 14 + line_size - 4;
    for (size_t i = 0; i < PLOT_MOST_LINES && page->lines[i]; i++, y += line_height)
        plot_text(cr, line_size, PLOT_LEFT, edge, y, page->lines[i]);
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
    layout l = {0};
    cairo_t *cr = NULL;
    *out = (amend_image){0};
    TRY(check(page));
    TRY(canvas_create(1, 1, &cr)); /* text has no width without a surface */
    lay_out(cr, page, &l);
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
    TRY(canvas_create(width, (size_t)bar_block, &cr));
    plot_page(cr, (double)width, bar_block);
    draw_bar(cr, group, edge, 8, (double)width - 2 * edge);
    return draw_finish(cr, out);
}
