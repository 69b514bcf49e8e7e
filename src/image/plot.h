/* Pictures of numbers, as PNG files: curves and confusion matrices. */
#ifndef IMAGE_PLOT_H
#define IMAGE_PLOT_H

#include <stddef.h>

#include "image/image.h"

typedef struct plot_series {
    const char *name;
    const double *values; /* one for each epoch; not finite: a gap in the curve */
} plot_series;

enum { PLOT_MOST_SERIES = 6, PLOT_MOST_PANELS = 4, PLOT_MOST_CLASSES = 64, PLOT_MOST_LINES = 200 };

/* One pair of axes, with its own vertical scale. */
typedef struct plot_panel {
    const char *title; /* what the vertical axis counts */
    const plot_series *series;
    size_t series_count; /* 1 .. PLOT_MOST_SERIES */
} plot_panel;

/* Panels (1 .. PLOT_MOST_PANELS) side by side over `count` epochs, numbered from 1. */
amend_status plot_curves(const char *path, const char *title, const plot_panel *panels, size_t panel_count,
                         size_t count) AMEND_MUST_USE;

/* Confusion matrix: counts[truth * classes + predicted], shown as percent of each row. A row without samples is left
 * blank. `title` stands above and may hold several lines. */
amend_status plot_matrix(const char *path, const char *title, const char *const *labels, const size_t *counts,
                         size_t classes) AMEND_MUST_USE;

/* A line of dots: values with their mean and deviation. */
typedef struct plot_line {
    const char *name;
    const double *values;
    size_t count;           /* 0: a name alone */
    double mean, deviation; /* deviation not finite: no bar */
} plot_line;

/* Lines (1 .. PLOT_MOST_LINES) below each other over one scale; `axis` says what it counts. The first line's mean goes
 * through all of them. */
amend_status plot_dots(const char *path, const char *title, const char *axis, const plot_line *lines,
                       size_t count) AMEND_MUST_USE;

#endif
