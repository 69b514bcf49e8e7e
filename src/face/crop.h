/* Which square of a photo a face model looks at. */
#ifndef FACE_CROP_H
#define FACE_CROP_H

#include "amend/faces.h"
#include "image/image.h"

/* The square around `box` (the larger side, same centre; may reach outside the image); box NULL: the whole image as it
 * is. AMEND_BAD_ARGUMENT for a box that is not finite, is empty, or does not touch the image. */
amend_status face_crop(const amend_image *image, const amend_box *box, amend_box *square) AMEND_MUST_USE;

/* The square that FER2013's pictures show of a face: from its eyes and mouth, so that every detector gives the same. */
void face_frame(const amend_face *face, amend_box *square);

#endif
