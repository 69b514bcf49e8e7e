/* The nose, and the folds that moving muscles press into the skin. */
#include <math.h>

#include "data/synth_draw.h"
#include "data/synth_pen.h"

static double mean_action(const synth_person *person, synth_action action)
{
    return fmin(1, (person->action[0][action] + person->action[1][action]) / 2);
}

void synth_draw_nose(cairo_t *cr, const synth_person *person)
{
    const synth_identity *who = &person->identity;
    synth_colour skin = who->skin, dark = pen_darker(skin, 0.65), shade = pen_darker(skin, 0.35);
    double wrinkle = mean_action(person, ACT_NOSE_WRINKLE);
    double tip = who->nose_length - 0.04 * wrinkle, half = who->nose_width * (1 + 0.25 * wrinkle);
    double far = person->pose.yaw > 0 ? 1 : -1; /* the bridge shows against the cheek that turns away */
    pen_move(cr, person, far * 0.05, -0.15);
    pen_curve(cr, person, far * 0.04, 0, far * half * 0.7, tip - 0.1, far * half, tip - 0.01);
    pen_stroke(cr, shade, 0.5, 0.025);
    for (int s = -1; s <= 1; s += 2) {
        pen_move(cr, person, s * half * 0.95, tip - 0.06);
        pen_curve(cr, person, s * half * 1.25, tip - 0.02, s * half * 1.1, tip + 0.05, s * half * 0.7, tip + 0.03);
        pen_stroke(cr, shade, 0.9, 0.022);
        pen_ellipse(cr, person, s * half * 0.5, tip + 0.03, half * 0.28, 0.018 + 0.01 * wrinkle);
        pen_fill(cr, dark, 0.85);
    }
    pen_move(cr, person, -half * 0.4, tip + 0.045);
    pen_curve(cr, person, -half * 0.2, tip + 0.07, half * 0.2, tip + 0.07, half * 0.4, tip + 0.045);
    pen_stroke(cr, shade, 0.8, 0.018);
}

/* Across the forehead, when both ends of the brows go up. */
static void forehead_folds(cairo_t *cr, const synth_person *person, synth_colour colour)
{
    double raise = mean_action(person, ACT_INNER_BROW_RAISE);
    double reach = 0.18 + 0.2 * mean_action(person, ACT_OUTER_BROW_RAISE);
    for (int i = 0; i < 3; i++) {
        double y = -0.56 - 0.07 * i;
        pen_move(cr, person, -reach, y);
        pen_curve(cr, person, -reach * 0.4, y - 0.03, reach * 0.4, y - 0.03, reach, y);
        pen_stroke(cr, colour, 0.55 * raise, 0.014);
    }
}

/* Between the brows, when they are drawn together. */
static void frown_folds(cairo_t *cr, const synth_person *person, synth_colour colour)
{
    double frown = mean_action(person, ACT_BROW_LOWER);
    for (int s = -1; s <= 1; s += 2) {
        pen_move(cr, person, s * 0.045, -0.38);
        pen_curve(cr, person, s * 0.035, -0.33, s * 0.035, -0.28, s * 0.05, -0.22);
        pen_stroke(cr, colour, 0.7 * frown, 0.018);
    }
}

/* Across and beside the root of the nose. */
static void nose_folds(cairo_t *cr, const synth_person *person, synth_colour colour)
{
    double wrinkle = mean_action(person, ACT_NOSE_WRINKLE);
    for (int i = 0; i < 3; i++) {
        double y = -0.13 + 0.06 * i;
        pen_move(cr, person, -0.09, y + 0.03);
        pen_curve(cr, person, -0.04, y - 0.02, 0.04, y - 0.02, 0.09, y + 0.03);
        pen_stroke(cr, colour, 0.8 * wrinkle, 0.018);
    }
}

/* From the wings of the nose around the mouth. */
static void cheek_folds(cairo_t *cr, const synth_person *person, synth_colour colour)
{
    for (int i = 0; i < 2; i++) {
        const double *act = person->action[i];
        double s = i ? 1 : -1, pull = act[ACT_CORNER_PULL];
        double depth = fmin(1, pull + act[ACT_UPPER_LIP_RAISE] + 0.5 * act[ACT_NOSE_WRINKLE]);
        double wide = 0.34 + 0.1 * pull;
        pen_move(cr, person, s * 0.17, 0.18);
        pen_curve(cr, person, s * (0.25 + 0.06 * pull), 0.2, s * wide, 0.32, s * wide, 0.46);
        pen_stroke(cr, colour, 0.12 + 0.55 * depth, 0.022);
    }
}

/* Under the lower lip, when the chin is pushed up. */
static void chin_fold(cairo_t *cr, const synth_person *person, synth_colour colour)
{
    double raise = mean_action(person, ACT_CHIN_RAISE);
    pen_move(cr, person, -0.15, 0.73);
    pen_curve(cr, person, -0.07, 0.68, 0.07, 0.68, 0.15, 0.73);
    pen_stroke(cr, colour, 0.15 + 0.5 * raise, 0.02);
}

void synth_draw_folds(cairo_t *cr, const synth_person *person)
{
    synth_colour colour = pen_darker(person->identity.skin, 0.5);
    forehead_folds(cr, person, colour);
    frown_folds(cr, person, colour);
    nose_folds(cr, person, colour);
    cheek_folds(cr, person, colour);
    chin_fold(cr, person, colour);
}
