/* The parts of a drawn picture, back to front. `size` is the image's side in pixels. */
#ifndef DATA_SYNTH_DRAW_H
#define DATA_SYNTH_DRAW_H

#include <cairo.h>

#include "data/synth_person.h"

void synth_draw_background(cairo_t *cr, rng *r, double size);
void synth_draw_person(cairo_t *cr, const synth_person *person, double size);
void synth_draw_light(cairo_t *cr, rng *r, double size); /* a random gradient over all */

/* Used by synth_draw_person; drawn in the face's own units. */
void synth_draw_eyes(cairo_t *cr, const synth_person *person);
void synth_draw_brows(cairo_t *cr, const synth_person *person);
void synth_draw_nose(cairo_t *cr, const synth_person *person);
void synth_draw_mouth(cairo_t *cr, const synth_person *person);
void synth_draw_folds(cairo_t *cr, const synth_person *person); /* wrinkles that the actions make */

#endif
