/* The head without its features: neck, ears, hair, face; and the order of everything drawn. */
#include <math.h>

#include "data/synth_draw.h"
#include "data/synth_pen.h"

static double jaw_drop(const synth_person *person)
{
    return (person->action[0][ACT_JAW_DROP] + person->action[1][ACT_JAW_DROP]) / 2;
}

/* The outline of the face: crown, cheek, jaw, chin and back. */
static void face_path(cairo_t *cr, const synth_person *person)
{
    double cheek = person->identity.width, jaw = person->identity.jaw, chin = 1 + 0.1 * jaw_drop(person);
    cairo_move_to(cr, 0, -1);
    cairo_curve_to(cr, cheek * 0.75, -1, cheek, -0.6, cheek, -0.1);
    cairo_curve_to(cr, cheek, 0.25, jaw * 1.02, 0.5, jaw * 0.83, 0.7);
    cairo_curve_to(cr, jaw * 0.62, 0.9, 0.24, chin, 0, chin);
    cairo_curve_to(cr, -0.24, chin, -jaw * 0.62, 0.9, -jaw * 0.83, 0.7);
    cairo_curve_to(cr, -jaw * 1.02, 0.5, -cheek, 0.25, -cheek, -0.1);
    cairo_curve_to(cr, -cheek, -0.6, -cheek * 0.75, -1, 0, -1);
    cairo_close_path(cr);
}

static void draw_body(cairo_t *cr, const synth_person *person)
{
    synth_colour neck = pen_darker(person->identity.skin, 0.18);
    cairo_rectangle(cr, -0.38, 0.5, 0.76, 1);
    pen_fill(cr, neck, 1);
    cairo_move_to(cr, -1.4, 2);
    cairo_curve_to(cr, -1.3, 1.2, -0.6, 1.25, -0.38, 1.12);
    cairo_curve_to(cr, -0.2, 1.35, 0.2, 1.35, 0.38, 1.12);
    cairo_curve_to(cr, 0.6, 1.25, 1.3, 1.2, 1.4, 2);
    cairo_close_path(cr);
    pen_fill(cr, person->identity.clothes, 1);
}

/* Everything of the hair that the face covers. */
static void draw_hair_behind(cairo_t *cr, const synth_person *person)
{
    const synth_identity *who = &person->identity;
    double side = who->width + who->hair_volume, top = -1 - who->hair_volume * 0.8;
    double bottom = who->style == HAIR_LONG ? 1.15 : 0;
    if (who->style == HAIR_NONE) return;
    cairo_move_to(cr, -side, bottom);
    cairo_curve_to(cr, -side * 1.08, -0.5, -side * 0.9, top, 0, top);
    cairo_curve_to(cr, side * 0.9, top, side * 1.08, -0.5, side, bottom);
    cairo_close_path(cr);
    pen_fill(cr, pen_darker(who->hair, 0.2), 1);
}

static void draw_ears(cairo_t *cr, const synth_person *person)
{
    for (int side = -1; side <= 1; side += 2) {
        /* The ear on the far side of a turned head hides behind the cheek. */
        double x = side * (person->identity.width + 0.02) - 0.25 * person->pose.yaw;
        cairo_save(cr);
        cairo_translate(cr, x, 0.02);
        cairo_scale(cr, 0.1, 0.2);
        cairo_arc(cr, 0, 0, 1, 0, 2 * acos(-1));
        cairo_restore(cr);
        pen_fill(cr, pen_darker(person->identity.skin, 0.1), 1);
    }
}

/* The skin with the roundness of the head: darker towards the side that turns away. */
static void draw_skin(cairo_t *cr, const synth_person *person)
{
    synth_colour skin = person->identity.skin, edge = pen_darker(skin, 0.22);
    double x = 0.6 * sin(person->pose.yaw);
    cairo_pattern_t *shade = cairo_pattern_create_radial(x, -0.1, 0.35, x, 0, 1.15);
    cairo_pattern_add_color_stop_rgb(shade, 0, skin.red, skin.green, skin.blue);
    cairo_pattern_add_color_stop_rgb(shade, 1, edge.red, edge.green, edge.blue);
    face_path(cr, person);
    cairo_set_source(cr, shade);
    cairo_fill(cr);
    cairo_pattern_destroy(shade);
}

static void draw_beard(cairo_t *cr, const synth_person *person)
{
    cairo_save(cr);
    face_path(cr, person);
    cairo_clip(cr);
    pen_move(cr, person, -0.9, 0.1);
    pen_curve(cr, person, -0.6, 0.3, -0.45, 0.36, -0.3, 0.36);
    pen_curve(cr, person, -0.1, 0.28, 0.1, 0.28, 0.3, 0.36);
    pen_curve(cr, person, 0.45, 0.36, 0.6, 0.3, 0.9, 0.1);
    cairo_line_to(cr, 1.2, 1.3);
    cairo_line_to(cr, -1.2, 1.3);
    cairo_close_path(cr);
    pen_fill(cr, pen_darker(person->identity.hair, 0.1), person->identity.beard);
    cairo_restore(cr);
}

/* The hair over the forehead. */
static void draw_hairline(cairo_t *cr, const synth_person *person)
{
    const synth_identity *who = &person->identity;
    double side = who->width + who->hair_volume * 0.5, top = -1 - who->hair_volume;
    double line = who->style == HAIR_FRINGE ? -0.58 : -0.72;
    double parting = who->style == HAIR_LONG ? -0.92 : line - 0.06;
    if (who->style == HAIR_NONE) return;
    cairo_move_to(cr, -side, -0.2);
    cairo_curve_to(cr, -side * 1.06, -0.7, -side * 0.8, top, 0, top);
    cairo_curve_to(cr, side * 0.8, top, side * 1.06, -0.7, side, -0.2);
    pen_curve(cr, person, side * 0.95, -0.45, side * 0.85, line, 0.35, line);
    pen_curve(cr, person, 0.2, line, 0.1, parting, 0, parting);
    pen_curve(cr, person, -0.1, parting, -0.2, line, -0.35, line);
    pen_curve(cr, person, -side * 0.85, line, -side * 0.95, -0.45, -side, -0.2);
    cairo_close_path(cr);
    pen_fill(cr, who->hair, 1);
}

void synth_draw_person(cairo_t *cr, const synth_person *person, double size)
{
    const synth_pose *pose = &person->pose;
    cairo_save(cr);
    cairo_translate(cr, size * (0.5 + pose->shift_x), size * (0.5 + pose->shift_y));
    cairo_rotate(cr, pose->roll);
    cairo_scale(cr, size * pose->scale, size * pose->scale);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    draw_hair_behind(cr, person);
    draw_body(cr, person);
    draw_ears(cr, person);
    draw_skin(cr, person);
    if (person->identity.beard > 0) draw_beard(cr, person);
    synth_draw_folds(cr, person);
    synth_draw_mouth(cr, person);
    synth_draw_eyes(cr, person);
    synth_draw_nose(cr, person);
    draw_hairline(cr, person);
    synth_draw_brows(cr, person);
    cairo_restore(cr);
}
