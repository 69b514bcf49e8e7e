/* A photo at several sizes. */
#ifndef FACE_PYRAMID_H
#define FACE_PYRAMID_H

#include <stdbool.h>

#include "image/image.h"

enum { FACE_MAX_LEVELS = 12 };

typedef struct face_level {
    amend_image image;
    double scale; /* pixels of the photo for one of these */
} face_level;

typedef struct face_pyramid {
    face_level levels[FACE_MAX_LEVELS]; /* the finest first */
    size_t count;
    amend_image own[FACE_MAX_LEVELS]; /* memory of the levels; the first one may be the photo itself */
} face_pyramid;

/* With one level, whose longer side is `finest` pixels, or down to a sixteenth less where whole blocks of the photo's
 * pixels make it so. The photo must outlive it. On failure there is nothing to free. */
amend_status face_pyramid_begin(const amend_image *photo, size_t finest, face_pyramid *pyramid) AMEND_MUST_USE;

/* The coarsest level. */
const face_level *face_pyramid_last(const face_pyramid *pyramid);

/* Adds a level made from the last one, whose longer side is `longer` pixels or down to a sixteenth less. The caller
 * sees to it that there are at most FACE_MAX_LEVELS, and frees the pyramid on failure. */
amend_status face_pyramid_add(face_pyramid *pyramid, size_t longer) AMEND_MUST_USE;
void face_pyramid_free(face_pyramid *pyramid);

#endif
