/* Path and colour calls in the units of a turned face. */
#ifndef DATA_SYNTH_PEN_H
#define DATA_SYNTH_PEN_H

#include <cairo.h>

#include "data/synth_person.h"

/* As cairo_move_to, cairo_line_to and cairo_curve_to, for points on the surface of the head: turned by yaw and pitch.
 */
void pen_move(cairo_t *cr, const synth_person *person, double x, double y);
void pen_line(cairo_t *cr, const synth_person *person, double x, double y);
void pen_curve(cairo_t *cr, const synth_person *person, double x1, double y1, double x2, double y2, double x3,
               double y3);

/* A closed ellipse around (x, y). */
void pen_ellipse(cairo_t *cr, const synth_person *person, double x, double y, double radius_x, double radius_y);

void pen_colour(cairo_t *cr, synth_colour colour, double opacity);

/* `colour` with `share` of black. */
synth_colour pen_darker(synth_colour colour, double share);

void pen_stroke(cairo_t *cr, synth_colour colour, double opacity, double width);
void pen_fill(cairo_t *cr, synth_colour colour, double opacity);

#endif
