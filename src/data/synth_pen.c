/* The head is an ellipsoid; a point of the face keeps its depth while the head turns. */
#include "data/synth_pen.h"

#include <math.h>

static const double head_depth = 0.6, head_width = 0.85, head_height = 1.1; /* half axes */

static void turn(const synth_pose *pose, double *x, double *y)
{
    double u = *x / head_width, v = *y / head_height;
    double z = head_depth * sqrt(fmax(0, 1 - u * u - v * v));
    *x = *x * cos(pose->yaw) + z * sin(pose->yaw);
    *y = *y * cos(pose->pitch) + z * sin(pose->pitch);
}

void pen_move(cairo_t *cr, const synth_person *person, double x, double y)
{
    turn(&person->pose, &x, &y);
    cairo_move_to(cr, x, y);
}

void pen_line(cairo_t *cr, const synth_person *person, double x, double y)
{
    turn(&person->pose, &x, &y);
    cairo_line_to(cr, x, y);
}

void pen_curve(cairo_t *cr, const synth_person *person, double x1, double y1, double x2, double y2, double x3,
               double y3)
{
    turn(&person->pose, &x1, &y1);
    turn(&person->pose, &x2, &y2);
    turn(&person->pose, &x3, &y3);
    cairo_curve_to(cr, x1, y1, x2, y2, x3, y3);
}

void pen_ellipse(cairo_t *cr, const synth_person *person, double x, double y, double radius_x, double radius_y)
{
    turn(&person->pose, &x, &y);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, radius_x, radius_y);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, 0, 1, 0, 2 * acos(-1));
    cairo_close_path(cr);
    cairo_restore(cr);
}

void pen_colour(cairo_t *cr, synth_colour colour, double opacity)
{
    cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, opacity);
}

synth_colour pen_darker(synth_colour colour, double share)
{
    synth_colour black = {0, 0, 0};
    return synth_mix(colour, black, share);
}

void pen_stroke(cairo_t *cr, synth_colour colour, double opacity, double width)
{
    pen_colour(cr, colour, opacity);
    cairo_set_line_width(cr, width);
    cairo_stroke(cr);
}

void pen_fill(cairo_t *cr, synth_colour colour, double opacity)
{
    pen_colour(cr, colour, opacity);
    cairo_fill(cr);
}
