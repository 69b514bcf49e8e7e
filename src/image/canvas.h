/* A cairo surface to draw on, that becomes an image. */
#ifndef IMAGE_CANVAS_H
#define IMAGE_CANVAS_H

#include <cairo.h>

#include "image/image.h"

/* New black surface of width x height pixels with its context. Free with cairo_destroy. */
amend_status canvas_create(size_t width, size_t height, cairo_t **canvas) AMEND_MUST_USE;

/* What was drawn, as a new RGB image; fails when any drawing call before it failed. */
amend_status canvas_to_image(cairo_t *canvas, amend_image *image) AMEND_MUST_USE;

/* What was drawn, as a PNG file. */
amend_status canvas_write_png(cairo_t *canvas, const char *path) AMEND_MUST_USE;

#endif
