/* Eyes, their lids, and glasses. */
#include <math.h>

#include "data/synth_draw.h"
#include "data/synth_pen.h"

static const double eye_height = -0.12; /* of the corners' middle */
static const double half_length = 0.15; /* corner to middle */

/* One eye's opening: corners and the highest and lowest point of the lids. */
typedef struct opening {
    double side; /* -1 on the image's left, 1 on its right */
    double middle, inner, outer;
    double inner_y, outer_y, top, bottom;
    double top_x; /* where the upper lid is highest */
} opening;

static opening open_eye(const synth_person *person, int i)
{
    const double *act = person->action[i];
    const synth_identity *who = &person->identity;
    double size = who->eye_size, droop = act[ACT_LID_DROOP];
    double narrowing = 0.35 * act[ACT_LID_TIGHTEN] + 0.3 * act[ACT_CHEEK_RAISE] + 0.25 * act[ACT_NOSE_WRINKLE];
    double upper = size * (0.1 + 0.075 * act[ACT_UPPER_LID_RAISE] - 0.06 * droop) * (1 - 0.7 * narrowing);
    double lower = size * 0.055 * (1 - narrowing);
    opening eye;
    eye.side = i ? 1 : -1;
    eye.middle = who->eye_gap;
    eye.inner = eye.middle - half_length * size;
    eye.outer = eye.middle + half_length * size;
    eye.inner_y = eye_height + 0.01 - 0.01 * act[ACT_INNER_BROW_RAISE] * droop;
    eye.outer_y = eye_height - who->eye_slant + 0.05 * droop;
    eye.top = eye_height - upper;
    eye.bottom = eye_height + lower;
    eye.top_x = eye.middle - 0.05 * droop;
    return eye;
}

/* The upper lid's edge from the inner to the outer corner, moved up by `lift`. */
static void upper_lid(cairo_t *cr, const synth_person *person, const opening *eye, double lift)
{
    double s = eye->side, reach = half_length * 0.55;
    double control = eye->top - lift - 0.015;
    pen_move(cr, person, s * eye->inner, eye->inner_y - lift * 0.4);
    pen_curve(cr, person, s * (eye->inner + 0.03), control + 0.02, s * (eye->top_x - reach), control, s * eye->top_x,
              control);
    pen_curve(cr, person, s * (eye->top_x + reach), control, s * (eye->outer - 0.03), control + 0.04, s * eye->outer,
              eye->outer_y - lift * 0.4);
}

/* The lower lid's edge from the outer back to the inner corner. */
static void lower_lid(cairo_t *cr, const synth_person *person, const opening *eye, double drop)
{
    double s = eye->side, y = eye->bottom + drop + 0.015;
    pen_curve(cr, person, s * (eye->outer - 0.06), y, s * (eye->inner + 0.06), y, s * eye->inner,
              eye->inner_y + drop * 0.4);
}

static void draw_iris(cairo_t *cr, const synth_person *person, const opening *eye)
{
    const synth_colour black = {0.03, 0.03, 0.03}, white = {1, 1, 1};
    double radius = 0.078 * person->identity.eye_size;
    double x = eye->side * eye->middle + 0.1 * person->pose.gaze_x, y = eye_height - 0.025 + 0.1 * person->pose.gaze_y;
    pen_ellipse(cr, person, x, y, radius, radius);
    pen_fill(cr, pen_darker(person->identity.iris, 0.5), 1);
    pen_ellipse(cr, person, x, y, radius * 0.85, radius * 0.85);
    pen_fill(cr, person->identity.iris, 1);
    pen_ellipse(cr, person, x, y, radius * 0.45, radius * 0.45);
    pen_fill(cr, black, 1);
    pen_ellipse(cr, person, x + 0.025, y - 0.03, 0.016, 0.016);
    pen_fill(cr, white, 0.9);
}

static void draw_ball(cairo_t *cr, const synth_person *person, const opening *eye)
{
    const synth_colour white = {0.96, 0.95, 0.94}, shadow = {0.25, 0.2, 0.2};
    cairo_save(cr);
    upper_lid(cr, person, eye, 0);
    lower_lid(cr, person, eye, 0);
    cairo_close_path(cr);
    cairo_clip_preserve(cr);
    pen_fill(cr, white, 1);
    draw_iris(cr, person, eye);
    upper_lid(cr, person, eye, 0); /* the lid's shadow on the ball */
    pen_stroke(cr, shadow, 0.3, 0.06);
    cairo_restore(cr);
}

static void draw_eye(cairo_t *cr, const synth_person *person, int i)
{
    opening eye = open_eye(person, i);
    const double *act = person->action[i];
    synth_colour skin = person->identity.skin, line = pen_darker(skin, 0.8);
    double s = eye.side;
    pen_ellipse(cr, person, s * eye.middle, eye_height - 0.03, 0.21, 0.16); /* the socket */
    pen_fill(cr, pen_darker(skin, 0.5), 0.14);
    draw_ball(cr, person, &eye);
    upper_lid(cr, person, &eye, 0);
    pen_stroke(cr, line, 1, 0.028);
    upper_lid(cr, person, &eye, 0.045);
    pen_stroke(cr, pen_darker(skin, 0.5), 0.7, 0.012);
    pen_move(cr, person, s * eye.outer, eye.outer_y);
    lower_lid(cr, person, &eye, 0);
    pen_stroke(cr, pen_darker(skin, 0.6), 0.8, 0.012);
    pen_move(cr, person, s * (eye.outer - 0.02), eye.bottom + 0.06); /* the bag that tight lids make */
    pen_curve(cr, person, s * eye.middle, eye.bottom + 0.09, s * eye.middle, eye.bottom + 0.09, s * (eye.inner + 0.03),
              eye.bottom + 0.04);
    pen_stroke(cr, pen_darker(skin, 0.5), fmin(0.6, 0.1 + 0.5 * fmax(act[ACT_LID_TIGHTEN], act[ACT_CHEEK_RAISE])),
               0.015);
}

static void draw_glasses(cairo_t *cr, const synth_person *person)
{
    const synth_colour frame = {0.12, 0.1, 0.1};
    double gap = person->identity.eye_gap, temple = person->identity.width;
    for (int s = -1; s <= 1; s += 2) {
        pen_ellipse(cr, person, s * gap, eye_height, 0.23, 0.2);
        pen_stroke(cr, frame, 0.9, 0.022);
        pen_move(cr, person, s * (gap + 0.23), eye_height - 0.03);
        pen_line(cr, person, s * temple, eye_height - 0.05);
        pen_stroke(cr, frame, 0.9, 0.022);
    }
    pen_move(cr, person, -gap + 0.22, eye_height - 0.02);
    pen_curve(cr, person, -0.05, eye_height - 0.06, 0.05, eye_height - 0.06, gap - 0.22, eye_height - 0.02);
    pen_stroke(cr, frame, 0.9, 0.022);
}

void synth_draw_eyes(cairo_t *cr, const synth_person *person)
{
    for (int i = 0; i < 2; i++) draw_eye(cr, person, i);
    if (person->identity.glasses) draw_glasses(cr, person);
}
