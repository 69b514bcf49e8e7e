/* Photos, boxes and labels by cairo. */
#include "image/draw.h"

#include <math.h>
#include <stdint.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/plot_text.h"

void draw_image(cairo_t *canvas, const amend_image *image, size_t x, size_t y)
{
    cairo_surface_t *surface = cairo_get_target(canvas);
    size_t width = (size_t)cairo_image_surface_get_width(surface);
    size_t height = (size_t)cairo_image_surface_get_height(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    cairo_surface_flush(surface);
    unsigned char *rows = cairo_image_surface_get_data(surface);
    for (size_t row = 0; row < image->height && y + row < height; row++) {
        const unsigned char *from = image->pixels + row * image->width * image->channels;
        uint32_t *to = (uint32_t *)(void *)(rows + (y + row) * stride);
        for (size_t column = 0; column < image->width && x + column < width; column++, from += image->channels) {
            uint32_t red = from[0], green = from[image->channels / 2], blue = from[image->channels - 1];
            to[x + column] = red << 16 | green << 8 | blue;
        }
    }
    cairo_surface_mark_dirty(surface);
}

amend_status draw_finish(cairo_t *canvas, amend_image *image)
{
    amend_status status = canvas_to_image(canvas, image);
    cairo_destroy(canvas);
    return status;
}

void draw_box(cairo_t *canvas, amend_box box, draw_colour colour, double line)
{
    cairo_set_line_join(canvas, CAIRO_LINE_JOIN_ROUND);
    cairo_rectangle(canvas, box.x, box.y, box.width, box.height);
    cairo_set_source_rgba(canvas, 0, 0, 0, 0.6);
    cairo_set_line_width(canvas, line * 1.6);
    cairo_stroke_preserve(canvas);
    cairo_set_source_rgb(canvas, colour.red, colour.green, colour.blue);
    cairo_set_line_width(canvas, line);
    cairo_stroke(canvas);
}

double draw_fitting_size(cairo_t *canvas, double size, double width, const char *text)
{
    double wide = plot_text_width(canvas, size, text);
    return wide > width ? size * fmax(width, 1) / wide : size;
}

static void choose_ink(cairo_t *canvas, draw_colour under)
{
    double luma = 0.299 * under.red + 0.587 * under.green + 0.114 * under.blue;
    double ink = luma > 0.5 ? 0 : 1;
    cairo_set_source_rgb(canvas, ink, ink, ink);
}

static double between(double x, double low, double high)
{
    return fmax(low, fmin(x, high));
}

void draw_label(cairo_t *canvas, amend_box place, double x, double y, double size, const char *text, draw_colour colour)
{
    size = draw_fitting_size(canvas, size, place.width - size, text);
    double width = plot_text_width(canvas, size, text) + size * 0.8, height = size * 1.5;
    x = between(x, place.x, place.x + place.width - width);
    y = between(y, place.y + height, place.y + place.height);
    cairo_set_source_rgb(canvas, colour.red, colour.green, colour.blue);
    cairo_rectangle(canvas, x, y - height, width, height);
    cairo_fill(canvas);
    choose_ink(canvas, colour);
    plot_text(canvas, size, PLOT_LEFT, x + size * 0.4, y - size * 0.42, text);
}
