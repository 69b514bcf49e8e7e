/* Eyebrows: the strongest sign of anger, fear, sadness and surprise. */
#include <math.h>

#include "data/synth_draw.h"
#include "data/synth_pen.h"

/* One brow's middle line; x from the face's middle, before mirroring. */
typedef struct brow_line {
    double inner_x, inner_y, peak_x, peak_y, outer_x, outer_y;
} brow_line;

static brow_line place_brow(const synth_identity *who, const double *act)
{
    double inner_raise = act[ACT_INNER_BROW_RAISE], outer_raise = act[ACT_OUTER_BROW_RAISE];
    /* Raised and drawn together at once, the inner end still goes up: the brow turns oblique. */
    double lower = act[ACT_BROW_LOWER] * (1 - 0.8 * fmin(inner_raise, 1));
    double press = act[ACT_NOSE_WRINKLE];
    brow_line brow;
    brow.inner_x = 0.15 - 0.045 * act[ACT_BROW_LOWER];
    brow.inner_y = who->brow_height - 0.17 * inner_raise + 0.19 * lower + 0.05 * press;
    brow.peak_x = who->eye_gap + 0.06;
    brow.peak_y =
        who->brow_height - who->brow_arch - 0.11 * outer_raise - 0.05 * inner_raise + 0.06 * lower + 0.05 * press;
    brow.outer_x = who->eye_gap + 0.2;
    brow.outer_y = who->brow_height + 0.05 - 0.1 * outer_raise + 0.03 * inner_raise * (1 - fmin(outer_raise, 1)) -
                   0.02 * lower + 0.02 * press;
    return brow;
}

static void draw_brow(cairo_t *cr, const synth_person *person, int i)
{
    const synth_identity *who = &person->identity;
    brow_line b = place_brow(who, person->action[i]);
    double s = i ? 1 : -1, half = who->brow_thickness;
    double between = (b.inner_x + b.peak_x) / 2, slope = (b.inner_y + b.peak_y) / 2;
    pen_move(cr, person, s * b.inner_x, b.inner_y - half);
    pen_curve(cr, person, s * between, slope - half * 1.2, s * (b.peak_x - 0.05), b.peak_y - half, s * b.peak_x,
              b.peak_y - half * 0.8);
    pen_curve(cr, person, s * (b.peak_x + 0.06), b.peak_y - half * 0.6, s * (b.outer_x - 0.03), b.outer_y - half,
              s * b.outer_x, b.outer_y);
    pen_curve(cr, person, s * (b.outer_x - 0.05), b.outer_y - half * 0.2, s * (b.peak_x + 0.04), b.peak_y + half * 0.6,
              s * b.peak_x, b.peak_y + half * 0.5);
    pen_curve(cr, person, s * (b.peak_x - 0.06), b.peak_y + half * 0.5, s * between, slope + half * 0.9, s * b.inner_x,
              b.inner_y + half);
    cairo_close_path(cr);
    pen_fill(cr, pen_darker(who->hair, 0.35), 0.92);
}

void synth_draw_brows(cairo_t *cr, const synth_person *person)
{
    for (int i = 0; i < 2; i++) draw_brow(cr, person, i);
}
