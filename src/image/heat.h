/* Numbers as colours, told apart by people who do not see all colours. */
#ifndef IMAGE_HEAT_H
#define IMAGE_HEAT_H

#include <stdbool.h>

#include "image/draw.h"

typedef struct heat_scale {
    bool is_signed;   /* blue below zero, white, red above; else white to dark blue */
    double low, high; /* low < high; signed: low = -high. Values beyond them take the colour of the end */
} heat_scale;

/* Numbers in their places. */
typedef struct heat_grid {
    const double *values; /* [rows][columns] */
    size_t rows, columns;
    double first, step; /* where the first cell begins and how wide a cell is, across and down, as shares of the
                           picture's side; step 0: the cells fill the picture */
} heat_grid;

/* The narrowest scale that holds all values that are finite; 0 always lies on it. */
heat_scale heat_scale_signed(const double *values, size_t count);
heat_scale heat_scale_amount(const double *values, size_t count);

draw_colour heat_colour(const heat_scale *scale, double value); /* not finite: grey */

/* A new RGB picture of side x side pixels in which every value is a cell of one colour: nothing is drawn between the
 * numbers that are there, and where no cell lies there is no colour. `under`, if not NULL, shows through as shades. */
amend_status heat_map(const heat_grid *grid, const heat_scale *scale, const amend_image *under, size_t side,
                      amend_image *out) AMEND_MUST_USE;

#endif
