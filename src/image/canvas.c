/* From cairo's packed 32-bit pixels to three bytes a pixel. */
#include "image/canvas.h"

#include <stdint.h>

#include "base/status.h"

enum { LARGEST_SIDE = 32767 }; /* cairo's own limit */

static amend_status drawing_failed(cairo_status_t problem)
{
    if (problem == CAIRO_STATUS_NO_MEMORY) return status_error(AMEND_NO_MEMORY, "drawing: out of memory");
    if (problem == CAIRO_STATUS_INVALID_STRING)
        return status_error(AMEND_BAD_DATA, "drawing: a label or title is not UTF-8; rename it");
    return status_error(AMEND_INTERNAL, "drawing failed: %s", cairo_status_to_string(problem));
}

amend_status canvas_create(size_t width, size_t height, cairo_t **canvas)
{
    cairo_surface_t *surface;
    cairo_status_t problem;
    *canvas = NULL;
    if (!width || !height || width > LARGEST_SIDE || height > LARGEST_SIDE)
        return status_error(AMEND_BAD_ARGUMENT, "cannot draw %zu x %zu pixels; each side must be 1 to %d", width,
                            height, LARGEST_SIDE);
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    *canvas = cairo_create(surface);
    cairo_surface_destroy(surface); /* the context holds its own reference */
    problem = cairo_status(*canvas);
    if (problem == CAIRO_STATUS_SUCCESS) return status_ok();
    cairo_destroy(*canvas);
    *canvas = NULL;
    return drawing_failed(problem);
}

amend_status canvas_to_image(cairo_t *canvas, amend_image *image)
{
    cairo_surface_t *surface = cairo_get_target(canvas);
    size_t width = (size_t)cairo_image_surface_get_width(surface);
    size_t height = (size_t)cairo_image_surface_get_height(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    const unsigned char *rows;
    if (cairo_status(canvas) != CAIRO_STATUS_SUCCESS) return drawing_failed(cairo_status(canvas));
    TRY(image_create(image, width, height, 3));
    cairo_surface_flush(surface);
    rows = cairo_image_surface_get_data(surface);
    for (size_t y = 0; y < height; y++) {
        const uint32_t *from = (const uint32_t *)(const void *)(rows + y * stride);
        unsigned char *to = image->pixels + y * width * 3;
        for (size_t x = 0; x < width; x++) {
            to[3 * x] = (unsigned char)(from[x] >> 16);
            to[3 * x + 1] = (unsigned char)(from[x] >> 8);
            to[3 * x + 2] = (unsigned char)from[x];
        }
    }
    return status_ok();
}

amend_status canvas_write_png(cairo_t *canvas, const char *path)
{
    amend_image image = {0};
    amend_status status = canvas_to_image(canvas, &image);
    if (!status.code) status = image_write_png(path, &image);
    amend_image_free(&image);
    return status;
}
