/* Lips, teeth and tongue. */
#include <math.h>

#include "data/synth_draw.h"
#include "data/synth_pen.h"

static const double mouth_height = 0.5; /* of a resting mouth */

/* The two lips' edges; [0] is the image's left corner, [1] its right. */
typedef struct lips {
    double corner_x[2], corner_y[2];
    double upper, lower;           /* the inner edges in the middle: equal when the mouth is shut */
    double upper_full, lower_full; /* thickness in the middle */
    double square;                 /* how far the middle of an edge reaches to the corners, 0.4 to 0.9 */
} lips;

static void place_corner(const synth_person *person, int i, lips *mouth)
{
    const double *act = person->action[i];
    double pull = act[ACT_CORNER_PULL], depress = act[ACT_CORNER_DEPRESS], stretch = act[ACT_LIP_STRETCH];
    double reach = 1 + 0.4 * pull + 0.4 * stretch - 0.25 * act[ACT_JAW_DROP] - 0.15 * act[ACT_LIP_PRESS];
    mouth->corner_x[i] = (i ? 1 : -1) * person->identity.mouth_width * reach;
    mouth->corner_y[i] = mouth_height - 0.16 * pull + 0.15 * depress + 0.04 * stretch + 0.08 * act[ACT_JAW_DROP];
}

static lips place_lips(const synth_person *person)
{
    double act[ACTIONS], full = person->identity.lip_fullness;
    lips mouth;
    for (int i = 0; i < ACTIONS; i++) act[i] = (person->action[0][i] + person->action[1][i]) / 2;
    for (int i = 0; i < 2; i++) place_corner(person, i, &mouth);
    mouth.upper = mouth_height - 0.09 * act[ACT_UPPER_LIP_RAISE] - 0.02 * act[ACT_JAW_DROP] -
                  0.02 * act[ACT_LIPS_PART] + 0.02 * act[ACT_CORNER_PULL];
    mouth.lower = mouth_height - 0.03 * act[ACT_CHIN_RAISE] + 0.08 * act[ACT_LIPS_PART] + 0.3 * act[ACT_JAW_DROP] +
                  0.05 * act[ACT_CORNER_PULL] * act[ACT_LIPS_PART] + 0.02 * act[ACT_CORNER_PULL];
    if (act[ACT_LIPS_PART] + act[ACT_JAW_DROP] < 0.15) mouth.lower = mouth.upper += 0.015; /* shut */
    mouth.upper_full = full * 0.05 * (1 - 0.65 * act[ACT_LIP_PRESS]) * (1 - 0.25 * act[ACT_CORNER_PULL]);
    mouth.lower_full = full * 0.075 * (1 - 0.6 * act[ACT_LIP_PRESS]) * (1 + 0.25 * act[ACT_CHIN_RAISE]);
    mouth.square = 0.5 + 0.3 * act[ACT_LIP_STRETCH] + 0.25 * act[ACT_UPPER_LIP_RAISE] +
                   0.3 * fmin(act[ACT_JAW_DROP], 1) * (1 - fmin(act[ACT_LIP_STRETCH], 1));
    return mouth;
}

/* An edge through height `y` in the middle, from corner `from` to the other; starts at the current point. */
static void lip_edge(cairo_t *cr, const synth_person *person, const lips *mouth, int from, double y, double square)
{
    int to = 1 - from;
    double x0 = mouth->corner_x[from], x1 = mouth->corner_x[to];
    double near0 = mouth->corner_y[from] + (y - mouth->corner_y[from]) * square;
    double near1 = mouth->corner_y[to] + (y - mouth->corner_y[to]) * square;
    pen_curve(cr, person, x0 * 0.9, near0, x0 * square, y, 0, y);
    pen_curve(cr, person, x1 * square, y, x1 * 0.9, near1, x1, mouth->corner_y[to]);
}

static void inside_path(cairo_t *cr, const synth_person *person, const lips *mouth)
{
    pen_move(cr, person, mouth->corner_x[0], mouth->corner_y[0]);
    lip_edge(cr, person, mouth, 0, mouth->upper, mouth->square);
    lip_edge(cr, person, mouth, 1, mouth->lower, mouth->square);
    cairo_close_path(cr);
}

static void draw_inside(cairo_t *cr, const synth_person *person, const lips *mouth)
{
    const synth_colour dark = {0.22, 0.05, 0.06}, teeth = {0.96, 0.94, 0.9}, tongue = {0.75, 0.32, 0.33};
    double gap = mouth->lower - mouth->upper;
    if (gap < 0.01) return; /* shut */
    cairo_save(cr);
    inside_path(cr, person, mouth);
    cairo_clip_preserve(cr);
    pen_fill(cr, dark, 1);
    pen_ellipse(cr, person, 0, mouth->lower + 0.02, 0.17, gap * 0.35);
    pen_fill(cr, tongue, 1);
    pen_ellipse(cr, person, 0, mouth->upper - 0.02, 0.34, fmin(0.1, 0.02 + gap * 0.7));
    pen_fill(cr, teeth, 1);
    cairo_restore(cr);
}

static void draw_upper_lip(cairo_t *cr, const synth_person *person, const lips *mouth, synth_colour red)
{
    double top = mouth->upper - mouth->upper_full, dip = mouth->upper_full * 0.3;
    double peak = 0.3 * mouth->corner_x[1];
    pen_move(cr, person, mouth->corner_x[0], mouth->corner_y[0]);
    pen_curve(cr, person, mouth->corner_x[0] * mouth->square, top, -peak * 1.5, top - dip * 0.5, -peak,
              top - dip * 0.5);
    pen_curve(cr, person, -peak * 0.5, top - dip * 0.5, -peak * 0.3, top + dip, 0, top + dip);
    pen_curve(cr, person, peak * 0.3, top + dip, peak * 0.5, top - dip * 0.5, peak, top - dip * 0.5);
    pen_curve(cr, person, peak * 1.5, top - dip * 0.5, mouth->corner_x[1] * mouth->square, top, mouth->corner_x[1],
              mouth->corner_y[1]);
    lip_edge(cr, person, mouth, 1, mouth->upper, mouth->square);
    cairo_close_path(cr);
    pen_fill(cr, pen_darker(red, 0.12), 1);
}

static void draw_lower_lip(cairo_t *cr, const synth_person *person, const lips *mouth, synth_colour red)
{
    double bottom = mouth->lower + mouth->lower_full;
    pen_move(cr, person, mouth->corner_x[0], mouth->corner_y[0]);
    lip_edge(cr, person, mouth, 0, mouth->lower, mouth->square);
    lip_edge(cr, person, mouth, 1, bottom, fmin(mouth->square, 0.7));
    cairo_close_path(cr);
    pen_fill(cr, red, 1);
}

void synth_draw_mouth(cairo_t *cr, const synth_person *person)
{
    lips mouth = place_lips(person);
    synth_colour red = person->identity.lips, line = pen_darker(red, 0.6);
    draw_inside(cr, person, &mouth);
    draw_upper_lip(cr, person, &mouth, red);
    draw_lower_lip(cr, person, &mouth, red);
    inside_path(cr, person, &mouth);
    pen_stroke(cr, line, 1, 0.018);
}
