/* Which part of a photo a face model looks at, and its pixels. */
#ifndef FACE_CROP_H
#define FACE_CROP_H

#include <stdbool.h>

#include "amend/faces.h"
#include "image/image.h"

/* A rectangle turned around its centre. Outside the photo the pixels of its edge repeat. */
typedef struct face_view {
    amend_box box; /* before it is turned: a square, or the whole image */
    double angle;  /* radians, clockwise as the viewer sees it: the tilt of the face */
} face_view;

/* Where pictures that a model was trained with show the eyes (left and right as seen) and the middle of the mouth, in
 * shares of the picture's side. */
typedef struct face_template {
    amend_point left_eye, right_eye, mouth;
} face_template;

extern const face_template face_template_fer2013; /* of models that name none */

/* The square around `box` (the larger side, same centre; may reach outside the image); box NULL: the whole image as it
 * is. AMEND_BAD_ARGUMENT for a box that is not finite, is empty, or does not touch the image. */
amend_status face_crop(const amend_image *image, const amend_box *box, amend_box *square) AMEND_MUST_USE;

/* The square that shows a face as the template does: the similarity transform (shift, scale, rotation) that brings the
 * template's three points nearest to the face's, in least squares. A face whose points lie on one spot is cut by its
 * box. AMEND_BAD_ARGUMENT as above. */
amend_status face_align(const amend_image *image, const amend_face *face, const face_template *template,
                        face_view *view) AMEND_MUST_USE;

/* Whether a face can be cut out of the photo: neither its box nor the square by its points lies outside. */
bool face_is_on(const amend_face *face, const amend_image *image);

/* An eye or the mouth lies outside the photo of these sides: the expression cannot be seen. */
bool face_is_cut(const amend_face *face, size_t width, size_t height);

/* The view as a network takes it: size x size x channels values on 0..255. */
amend_status face_view_pixels(const amend_image *image, const face_view *view, size_t size, size_t channels,
                              float *out) AMEND_MUST_USE;

/* The same as a new image of the photo's channels. */
amend_status face_view_image(const amend_image *image, const face_view *view, size_t size,
                             amend_image *out) AMEND_MUST_USE;

#endif
