/* Where an axis begins and ends, and its ticks. */
#ifndef IMAGE_PLOT_SCALE_H
#define IMAGE_PLOT_SCALE_H

#include <stddef.h>

/* Values at both ends of an axis, and between its ticks. */
typedef struct plot_scale {
    double low, high, step;
} plot_scale;

/* Holds low..high, both ends on a tick; about `ticks` of them at 1, 2 or 5 times a power of ten. low > high: there is
 * nothing to show. */
plot_scale plot_scale_between(double low, double high, int ticks);

/* Epochs 1..count. */
plot_scale plot_scale_epochs(size_t count, int ticks);

#endif
