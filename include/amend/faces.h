/* Faces in photos: where they are, with the points of eyes, nose and mouth.
 *
 *     amend_detector *detector = NULL;
 *     amend_face *faces = NULL;
 *     size_t count = 0;
 *     amend_status status = amend_detector_open(NULL, &detector);
 *     if (!status.code) status = amend_detector_find(detector, &photo, 0, &faces, &count);
 *     ... &faces[i] goes to amend_model_predict_face, or &faces[i].box to amend_model_predict
 *     amend_faces_free(faces);
 */
#ifndef AMEND_FACES_H
#define AMEND_FACES_H

#include "amend/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Left and right as the viewer sees them. Detectors of five points (YuNet) give the mouth as its two corners. */
typedef enum amend_point_name {
    AMEND_LEFT_EYE,
    AMEND_RIGHT_EYE,
    AMEND_NOSE,
    AMEND_MOUTH, /* its middle */
    AMEND_POINTS
} amend_point_name;

typedef struct amend_point {
    double x, y; /* pixels of the upright image */
} amend_point;

typedef struct amend_face {
    amend_box box; /* brow to chin, cheek to cheek */
    double score;  /* 0 .. 1: how sure the detector is */
    amend_point points[AMEND_POINTS];
} amend_face;

typedef struct amend_detector amend_detector;

/* Opens a detector's ONNX file: BlazeFace (128 or 256 pixels) or YuNet. NULL: the one that the environment's
 * AMEND_DETECTOR names, else the one that was installed. Free with amend_detector_free. */
AMEND_API amend_status amend_detector_open(const char *path, amend_detector **detector) AMEND_MUST_USE;
AMEND_API void amend_detector_free(amend_detector *detector); /* accepts NULL */

/* All faces of score `threshold` (below 1; 0: the detector's own) or more, the surest first; none is no error: *count
 * 0, *faces NULL, as after a failure. Seen are faces from about 1/50 of the photo's longer side on. The caller frees
 * *faces with amend_faces_free. Threads may share a detector and use it at the same time. */
AMEND_API amend_status amend_detector_find(amend_detector *detector, const amend_image *image, double threshold,
                                           amend_face **faces, size_t *count) AMEND_MUST_USE;
AMEND_API void amend_faces_free(amend_face *faces); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
