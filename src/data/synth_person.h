/* Who is drawn, what the face does, and how the head is held. Lengths are in units of half a face's height; the origin
 * is the middle of the face, x to the right and y down. */
#ifndef DATA_SYNTH_PERSON_H
#define DATA_SYNTH_PERSON_H

#include <stdbool.h>

#include "base/rng.h"
#include "data/synth.h"

/* Action units; in comments their numbers in the Facial Action Coding System. */
typedef enum synth_action {
    ACT_INNER_BROW_RAISE, /* 1 */
    ACT_OUTER_BROW_RAISE, /* 2 */
    ACT_BROW_LOWER,       /* 4 */
    ACT_UPPER_LID_RAISE,  /* 5 */
    ACT_CHEEK_RAISE,      /* 6 */
    ACT_LID_TIGHTEN,      /* 7 */
    ACT_NOSE_WRINKLE,     /* 9 */
    ACT_UPPER_LIP_RAISE,  /* 10 */
    ACT_CORNER_PULL,      /* 12 */
    ACT_CORNER_DEPRESS,   /* 15 */
    ACT_CHIN_RAISE,       /* 17 */
    ACT_LIP_STRETCH,      /* 20 */
    ACT_LIP_PRESS,        /* 23, 24 */
    ACT_LIPS_PART,        /* 25 */
    ACT_JAW_DROP,         /* 26, 27 */
    ACT_LID_DROOP,        /* 43, slight */
    ACTIONS
} synth_action;

typedef struct synth_colour {
    double red, green, blue;
} synth_colour;

typedef enum synth_hair { HAIR_NONE, HAIR_SHORT, HAIR_FRINGE, HAIR_LONG, HAIR_STYLES } synth_hair;

typedef struct synth_identity {
    synth_colour skin, hair, iris, lips, clothes;
    synth_hair style;
    double hair_volume;
    double width, jaw; /* half widths of the face at the cheeks and at the jaw */
    double eye_size, eye_gap, eye_slant;
    double brow_height, brow_thickness, brow_arch;
    double nose_length, nose_width;
    double mouth_width, lip_fullness;
    double beard; /* 0 none .. 1 full */
    bool glasses;
} synth_identity;

typedef struct synth_pose {
    double yaw, pitch, roll; /* radians */
    double scale;            /* half the face's height as a share of the image's side */
    double shift_x, shift_y; /* share of the image's side */
    double gaze_x, gaze_y;   /* of the iris, in eye heights */
} synth_pose;

typedef struct synth_person {
    synth_identity identity;
    synth_pose pose;
    double action[2][ACTIONS]; /* 0 rest .. 1 full, [0] on the image's left and [1] on its right: faces are lopsided */
} synth_person;

void synth_person_sample(rng *r, synth_expression expression, synth_person *person);

/* `a` mixed with `share` of b. */
synth_colour synth_mix(synth_colour a, synth_colour b, double share);

#endif
