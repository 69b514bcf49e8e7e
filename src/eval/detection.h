/* Found faces against true boxes. */
#ifndef EVAL_DETECTION_H
#define EVAL_DETECTION_H

#include "amend/faces.h"
#include "base/text.h"

#define DETECTION_OVERLAP 0.5 /* intersection over union from which a face counts as found */

/* True boxes from a CSV with the columns file, x, y, w, h, with a header or without; where the header names more
 * columns, these are passed over. A file may stand in quotes, which are doubled inside. */
typedef struct detection_boxes detection_boxes;
amend_status detection_boxes_open(const char *path, detection_boxes **boxes) AMEND_MUST_USE;
void detection_boxes_free(detection_boxes *boxes); /* accepts NULL */

typedef struct detection_score {
    detection_boxes *truth;
    size_t boxes;         /* true ones of the photos, read or not */
    size_t found, hits;   /* faces in the photos that were read; those that are true */
    size_t left_out;      /* true boxes of files that are none of the photos */
    text_list left_files; /* these files */
} detection_score;

/* Begins to count, with the paths of all photos, which must stay. A file of the CSV is the photo whose path ends as its
 * own does for the most parts, and the file's alone: "a/1.jpg" is "photos/a/1.jpg", not "photos/b/1.jpg". Names that
 * may mean two photos, or are two names for one, are refused. */
amend_status detection_begin(detection_boxes *truth, const char *const *photos, size_t count,
                             detection_score *score) AMEND_MUST_USE;

/* Adds the faces of one of the photos. Each true box is hit once, by the surest face that overlaps it enough; boxes of
 * a photo that is never added are missed. */
void detection_compare(detection_score *score, const char *photo, const amend_face *faces, size_t count);

double detection_recall(const detection_score *score);    /* NaN without boxes */
double detection_precision(const detection_score *score); /* NaN when nothing was found */

#endif
