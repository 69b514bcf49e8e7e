/* Text through cairo's simple text interface: it needs no library beyond cairo. */
#include "image/plot_text.h"

void plot_page(cairo_t *cr, double width, double height)
{
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_rectangle(cr, 0, 0, width, height);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
}

static void show(cairo_t *cr, plot_align align, double x, double y, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    if (align == PLOT_CENTRE) x -= extents.x_advance / 2;
    if (align == PLOT_RIGHT) x -= extents.x_advance;
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, text);
}

void plot_text(cairo_t *cr, double size, plot_align align, double x, double y, const char *text)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
    show(cr, align, x, y, text);
}

void plot_heading(cairo_t *cr, double size, plot_align align, double x, double y, const char *text)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_set_font_size(cr, size);
    show(cr, align, x, y, text);
}

double plot_text_width(cairo_t *cr, double size, const char *text)
{
    cairo_text_extents_t extents;
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}
