/* Found faces against true boxes. */
#ifndef EVAL_DETECTION_H
#define EVAL_DETECTION_H

#include "amend/faces.h"

#define DETECTION_OVERLAP 0.5 /* intersection over union from which a face counts as found */

/* True boxes from a CSV with a header and the columns file, x, y, w, h; a photo is known by its path or its last name.
 */
typedef struct detection_boxes detection_boxes;
amend_status detection_boxes_open(const char *path, detection_boxes **boxes) AMEND_MUST_USE;
void detection_boxes_free(detection_boxes *boxes); /* accepts NULL */

typedef struct detection_score {
    const detection_boxes *truth;
    size_t boxes, found, hits; /* true ones in the photos seen; found ones; found ones that are true */
} detection_score;

/* Adds one photo. Each true box is hit once, by the surest face that overlaps it enough. */
void detection_compare(detection_score *score, const char *file, const amend_face *faces, size_t count);

double detection_recall(const detection_score *score);    /* 1 without boxes */
double detection_precision(const detection_score *score); /* 1 when nothing was found */

#endif
