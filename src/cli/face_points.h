/* Where pictures of one face each show it: the medians over a data set tell how its faces were cut. */
#ifndef CLI_FACE_POINTS_H
#define CLI_FACE_POINTS_H

#include <stddef.h>

#include "amend/faces.h"

enum { FACE_POINTS_VALUES = 6 }; /* x and y of the left eye, the right eye and the mouth */

typedef struct face_points {
    double *values[FACE_POINTS_VALUES]; /* of each picture, in shares of its sides */
    size_t count, pictures;             /* with one face, in all */
    size_t room;                        /* for so many */
} face_points;

/* Takes the faces of one more picture of these sides into account. */
amend_status face_points_add(face_points *p, const amend_face *faces, size_t count, size_t width,
                             size_t height) AMEND_MUST_USE;

/* AMEND_BAD_DATA: no picture had exactly one face. */
amend_status face_points_medians(face_points *p, double medians[FACE_POINTS_VALUES]) AMEND_MUST_USE;

void face_points_free(face_points *p);

#endif
