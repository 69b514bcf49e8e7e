/* Random persons: identity, expression and pose. */
#include "data/synth_person.h"

/* How far each action goes when an expression is shown in full (after the prototypes of EMFACS). A wide range is a
 * way to vary the expression: a smile may show the teeth or not. */
static const struct activity {
    synth_expression expression;
    synth_action action;
    double low, high;
} activities[] = {
    {SYNTH_ANGRY, ACT_BROW_LOWER, 1.0, 1.25},
    {SYNTH_ANGRY, ACT_UPPER_LID_RAISE, 0.1, 0.4},
    {SYNTH_ANGRY, ACT_LID_TIGHTEN, 0.5, 0.9},
    {SYNTH_ANGRY, ACT_CHIN_RAISE, 0.1, 0.5},
    {SYNTH_ANGRY, ACT_CORNER_DEPRESS, 0.0, 0.25},
    {SYNTH_ANGRY, ACT_LIP_PRESS, 0.8, 1.1},
    {SYNTH_DISGUST, ACT_BROW_LOWER, 0.3, 0.6},
    {SYNTH_DISGUST, ACT_CHEEK_RAISE, 0.3, 0.7},
    {SYNTH_DISGUST, ACT_LID_TIGHTEN, 0.3, 0.6},
    {SYNTH_DISGUST, ACT_NOSE_WRINKLE, 0.9, 1.1},
    {SYNTH_DISGUST, ACT_UPPER_LIP_RAISE, 0.8, 1.1},
    {SYNTH_DISGUST, ACT_CORNER_DEPRESS, 0.4, 0.8},
    {SYNTH_DISGUST, ACT_LIPS_PART, 0.1, 0.6},
    {SYNTH_FEAR, ACT_INNER_BROW_RAISE, 0.9, 1.1},
    {SYNTH_FEAR, ACT_OUTER_BROW_RAISE, 0.2, 0.5},
    {SYNTH_FEAR, ACT_BROW_LOWER, 0.3, 0.6},
    {SYNTH_FEAR, ACT_UPPER_LID_RAISE, 0.8, 1.1},
    {SYNTH_FEAR, ACT_LIP_STRETCH, 0.8, 1.1},
    {SYNTH_FEAR, ACT_LIPS_PART, 0.6, 1.0},
    {SYNTH_FEAR, ACT_JAW_DROP, 0.1, 0.3},
    {SYNTH_HAPPY, ACT_CHEEK_RAISE, 0.4, 0.9},
    {SYNTH_HAPPY, ACT_CORNER_PULL, 0.95, 1.2},
    {SYNTH_HAPPY, ACT_LIPS_PART, 0.35, 1.0},
    {SYNTH_HAPPY, ACT_JAW_DROP, 0.0, 0.2},
    {SYNTH_SAD, ACT_INNER_BROW_RAISE, 0.95, 1.2},
    {SYNTH_SAD, ACT_BROW_LOWER, 0.3, 0.6},
    {SYNTH_SAD, ACT_CORNER_DEPRESS, 0.95, 1.25},
    {SYNTH_SAD, ACT_CHIN_RAISE, 0.4, 0.8},
    {SYNTH_SAD, ACT_LID_DROOP, 0.6, 0.9},
    {SYNTH_SURPRISE, ACT_INNER_BROW_RAISE, 0.8, 1.1},
    {SYNTH_SURPRISE, ACT_OUTER_BROW_RAISE, 0.9, 1.1},
    {SYNTH_SURPRISE, ACT_UPPER_LID_RAISE, 0.6, 1.0},
    {SYNTH_SURPRISE, ACT_JAW_DROP, 0.75, 1.15},
};

static const double weakest_intensity = 0.85;
static const double asymmetry = 0.1;     /* of an action between the sides */
static const double resting_tone = 0.04; /* every muscle moves a little in every face */

static const synth_colour skins[] = {
    {0.98, 0.86, 0.77}, {0.95, 0.78, 0.66}, {0.91, 0.72, 0.55}, {0.82, 0.62, 0.45},
    {0.70, 0.49, 0.34}, {0.56, 0.37, 0.25}, {0.42, 0.27, 0.19},
};
static const synth_colour hairs[] = {
    {0.08, 0.07, 0.07}, {0.20, 0.13, 0.09}, {0.36, 0.22, 0.12}, {0.52, 0.30, 0.15},
    {0.78, 0.62, 0.36}, {0.62, 0.24, 0.12}, {0.66, 0.65, 0.64},
};
static const synth_colour irises[] = {
    {0.20, 0.11, 0.06}, {0.36, 0.21, 0.10}, {0.30, 0.38, 0.20}, {0.25, 0.45, 0.62}, {0.42, 0.47, 0.50},
};
static const synth_colour lip_red = {0.72, 0.22, 0.24};

synth_colour synth_mix(synth_colour a, synth_colour b, double share)
{
    synth_colour mixed = {
        a.red + (b.red - a.red) * share,
        a.green + (b.green - a.green) * share,
        a.blue + (b.blue - a.blue) * share,
    };
    return mixed;
}

/* A colour between two neighbours of the palette. */
static synth_colour from_palette(rng *r, const synth_colour *palette, size_t count)
{
    size_t i = rng_below(r, count - 1);
    return synth_mix(palette[i], palette[i + 1], rng_uniform(r));
}

static synth_colour any_colour(rng *r)
{
    synth_colour colour;
    colour.red = rng_between(r, 0.1, 0.9);
    colour.green = rng_between(r, 0.1, 0.9);
    colour.blue = rng_between(r, 0.1, 0.9);
    return colour;
}

static void sample_identity(rng *r, synth_identity *who)
{
    who->skin = from_palette(r, skins, sizeof skins / sizeof *skins);
    who->hair = hairs[rng_below(r, sizeof hairs / sizeof *hairs)];
    who->iris = from_palette(r, irises, sizeof irises / sizeof *irises);
    who->lips = synth_mix(who->skin, lip_red, rng_between(r, 0.5, 0.8));
    who->clothes = any_colour(r);
    who->style = (synth_hair)rng_below(r, HAIR_STYLES);
    who->hair_volume = rng_between(r, 0.05, 0.2);
    who->width = rng_between(r, 0.7, 0.82);
    who->jaw = who->width * rng_between(r, 0.72, 0.9);
    who->eye_size = rng_between(r, 0.9, 1.15);
    who->eye_gap = rng_between(r, 0.3, 0.35);
    who->eye_slant = rng_between(r, -0.015, 0.025);
    who->brow_height = rng_between(r, -0.365, -0.335);
    who->brow_thickness = rng_between(r, 0.03, 0.06);
    who->brow_arch = rng_between(r, 0.01, 0.035);
    who->nose_length = rng_between(r, 0.2, 0.28);
    who->nose_width = rng_between(r, 0.1, 0.15);
    who->mouth_width = rng_between(r, 0.24, 0.3);
    who->lip_fullness = rng_between(r, 0.8, 1.3);
    who->beard = who->style != HAIR_LONG && rng_uniform(r) < 0.3 ? rng_between(r, 0.15, 0.45) : 0;
    who->glasses = rng_uniform(r) < 0.12;
}

static void sample_pose(rng *r, synth_pose *pose)
{
    pose->yaw = rng_between(r, -0.22, 0.22);
    pose->pitch = rng_between(r, -0.1, 0.1);
    pose->roll = rng_between(r, -0.1, 0.1);
    pose->scale = rng_between(r, 0.37, 0.43);
    pose->shift_x = rng_between(r, -0.03, 0.03);
    pose->shift_y = rng_between(r, -0.03, 0.03);
    pose->gaze_x = rng_between(r, -0.22, 0.22);
    pose->gaze_y = rng_between(r, -0.1, 0.1);
}

static void sample_actions(rng *r, synth_expression expression, double action[2][ACTIONS])
{
    double intensity = rng_between(r, weakest_intensity, 1);
    for (int i = 0; i < ACTIONS; i++) action[0][i] = action[1][i] = resting_tone * rng_uniform(r);
    for (size_t i = 0; i < sizeof activities / sizeof *activities; i++) {
        const struct activity *a = &activities[i];
        double strength, tilt;
        if (a->expression != expression) continue;
        strength = intensity * rng_between(r, a->low, a->high);
        tilt = rng_between(r, -asymmetry, asymmetry);
        action[0][a->action] = strength * (1 - tilt);
        action[1][a->action] = strength * (1 + tilt);
    }
}

void synth_person_sample(rng *r, synth_expression expression, synth_person *person)
{
    sample_identity(r, &person->identity);
    sample_pose(r, &person->pose);
    sample_actions(r, expression, person->action);
}
