/* Text in plots. */
#ifndef IMAGE_PLOT_TEXT_H
#define IMAGE_PLOT_TEXT_H

#include <cairo.h>

typedef enum plot_align { PLOT_LEFT, PLOT_CENTRE, PLOT_RIGHT } plot_align;

/* White page, black ink, sans serif. */
void plot_page(cairo_t *cr, double width, double height);

/* One line with its baseline at y, in the current colour. */
void plot_text(cairo_t *cr, double size, plot_align align, double x, double y, const char *text);

/* The same in bold. */
void plot_heading(cairo_t *cr, double size, plot_align align, double x, double y, const char *text);

double plot_text_width(cairo_t *cr, double size, const char *text);

#endif
