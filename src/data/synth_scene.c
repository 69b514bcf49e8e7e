/* What is behind the person, and the light on everything. */
#include <math.h>

#include "data/synth_draw.h"

enum { MOST_SPOTS = 5 };

/* Muted, as walls and landscapes are. */
static synth_colour random_colour(rng *r)
{
    const double tone = rng_between(r, 0.2, 0.9);
    const synth_colour grey = {tone, tone, tone};
    synth_colour colour;
    colour.red = rng_between(r, 0.1, 0.95);
    colour.green = rng_between(r, 0.1, 0.95);
    colour.blue = rng_between(r, 0.1, 0.95);
    return synth_mix(grey, colour, 0.45);
}

/* A gradient across the picture at a random angle. */
static cairo_pattern_t *random_gradient(rng *r, double size)
{
    double angle = rng_between(r, 0, 2 * acos(-1)), half = size / 2;
    double x = half * cos(angle), y = half * sin(angle);
    return cairo_pattern_create_linear(half - x, half - y, half + x, half + y);
}

static void add_stop(cairo_pattern_t *pattern, double at, synth_colour colour, double opacity)
{
    cairo_pattern_add_color_stop_rgba(pattern, at, colour.red, colour.green, colour.blue, opacity);
}

static void paint_and_free(cairo_t *cr, cairo_pattern_t *pattern)
{
    cairo_set_source(cr, pattern);
    cairo_paint(cr);
    cairo_pattern_destroy(pattern);
}

/* A blurred thing far behind. */
static void draw_spot(cairo_t *cr, rng *r, double size)
{
    double x = size * rng_uniform(r), y = size * rng_uniform(r), radius = size * rng_between(r, 0.1, 0.4);
    cairo_pattern_t *spot = cairo_pattern_create_radial(x, y, radius * 0.5, x, y, radius);
    synth_colour colour = random_colour(r);
    add_stop(spot, 0, colour, 0.6);
    add_stop(spot, 1, colour, 0);
    paint_and_free(cr, spot);
}

void synth_draw_background(cairo_t *cr, rng *r, double size)
{
    cairo_pattern_t *wall = random_gradient(r, size);
    synth_colour colour = random_colour(r);
    size_t spots = rng_below(r, MOST_SPOTS + 1);
    add_stop(wall, 0, colour, 1);
    add_stop(wall, 1, synth_mix(colour, random_colour(r), 0.6), 1);
    paint_and_free(cr, wall);
    for (size_t i = 0; i < spots; i++) draw_spot(cr, r, size);
}

void synth_draw_light(cairo_t *cr, rng *r, double size)
{
    cairo_pattern_t *light = random_gradient(r, size);
    const synth_colour white = {1, 0.97, 0.9}, black = {0, 0, 0.05};
    add_stop(light, 0, white, rng_between(r, 0, 0.22));
    add_stop(light, 0.5, white, 0);
    add_stop(light, 0.5, black, 0);
    add_stop(light, 1, black, rng_between(r, 0, 0.3));
    paint_and_free(cr, light);
}
