/* Where everything on a page of maps (image/plot_maps.h) stands, in pixels. */
#ifndef IMAGE_PLOT_MAPS_LAYOUT_H
#define IMAGE_PLOT_MAPS_LAYOUT_H

#include "image/plot_maps.h"

static const double maps_edge = 30, maps_gap = 24, maps_row_gap = 14;       /* of page, columns and rows */
static const double maps_title = 22, maps_line = 14, maps_line_height = 21; /* letters, and from line to line */
static const double maps_heading = 34, maps_text = 44; /* heights of a group's heading and of a panel's text */
static const double maps_bar = 84;                     /* height of what a colour bar takes, ticks and all */

typedef struct placed_group {
    double x, y, width, height;
    size_t columns;
    bool headed; /* one of its row has a heading, so all leave room */
} placed_group;

typedef struct maps_layout {
    double side; /* of a panel */
    double width, height;
    placed_group groups[PLOT_MOST_GROUPS];
} maps_layout;

/* `ruler`: any canvas; text has no width without one. */
void maps_lay_out(cairo_t *ruler, const map_page *page, maps_layout *layout);

/* From the upper edge of the first panel's text to the lower edge of the last panel in a column of `rows`. */
double maps_down(size_t rows, double side);

#endif
