/* Drawing over photos: boxes, labels and bars of probabilities. Coordinates are pixels from the left upper corner. */
#ifndef IMAGE_DRAW_H
#define IMAGE_DRAW_H

#include <cairo.h>

#include "image/image.h"

typedef struct draw_colour {
    double red, green, blue; /* 0 to 1 */
} draw_colour;

/* What was drawn, as a new RGB image. The canvas is freed, on failure too. */
amend_status draw_finish(cairo_t *canvas, amend_image *image) AMEND_MUST_USE;

/* Lays the image on the canvas, its left upper corner at (x, y); what reaches over is cut. */
void draw_image(cairo_t *canvas, const amend_image *image, size_t x, size_t y);

/* Outline of `line` pixels, with a thin dark rim so that it shows on any photo. */
void draw_box(cairo_t *canvas, amend_box box, draw_colour colour, double line);

/* One line of text, UTF-8, on a filled strip that stands on (x, y), its left lower corner; black or white letters,
 * whichever reads better. Moved, and the letters of `size` pixels made smaller, to stay inside `place`. */
void draw_label(cairo_t *canvas, amend_box place, double x, double y, double size, const char *text,
                draw_colour colour);

/* One row for each label: name, bar, per cent; the most probable first, its bar in `colour`, the letters light and as
 * large as `place` allows. Probabilities are 0 to 1; others are drawn as the nearest. `count` is at most DRAW_MAX_BARS.
 */
enum { DRAW_MAX_BARS = 64 };
void draw_bars(cairo_t *canvas, amend_box place, const char *const *labels, const float *probabilities, size_t count,
               draw_colour colour);

/* The size of letters at which `text` is at most `width` wide: `size`, or less. */
double draw_fitting_size(cairo_t *canvas, double size, double width, const char *text);

#endif
