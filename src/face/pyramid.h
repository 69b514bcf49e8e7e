/* A photo at sizes that halve. */
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

/* The finest level's longer side is `finest` pixels, or down to a sixteenth less where whole blocks of the photo's
 * pixels make it so; the coarsest one's is at most `coarsest`, unless it would have no pixels left. The photo must
 * outlive it. On failure there is nothing to free. */
amend_status face_pyramid_build(const amend_image *photo, size_t finest, size_t coarsest,
                                face_pyramid *pyramid) AMEND_MUST_USE;
void face_pyramid_free(face_pyramid *pyramid);

#endif
