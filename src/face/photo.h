/* A photo of which no more is decoded than is looked at: JPEG files can be decoded 2, 4 or 8 times smaller. */
#ifndef FACE_PHOTO_H
#define FACE_PHOTO_H

#include "amend/faces.h"
#include "face/crop.h"

typedef struct face_photo {
    const char *name;     /* stands in messages */
    unsigned char *bytes; /* the file */
    size_t size;
    amend_image image;    /* the photo, upright, as large as it was needed so far */
    size_t width, height; /* of the whole upright photo, to which all coordinates belong */
} face_photo;

/* A decoded longer side of `least` pixels is enough; 0: all of them. The bytes (mem_alloc's) become the photo's, on
 * failure too; `name` must outlive it. */
amend_status face_photo_open(const char *name, unsigned char *bytes, size_t size, size_t least,
                             face_photo *photo) AMEND_MUST_USE;
void face_photo_free(face_photo *photo); /* accepts a zeroed one */

/* Decodes anew if there is less than that. */
amend_status face_photo_refine(face_photo *photo, size_t least) AMEND_MUST_USE;

/* The longer side that must have been decoded for looking for faces with this detector. */
size_t face_photo_side(const amend_detector *detector);

/* As amend_detector_find. */
amend_status face_photo_find(amend_detector *detector, const face_photo *photo, double threshold, amend_face **faces,
                             size_t *count) AMEND_MUST_USE;

/* A view of the whole photo as one of the pixels that were decoded. */
face_view face_photo_view(const face_photo *photo, const face_view *view);

#endif
