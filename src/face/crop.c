/* From box to square. */
#include "face/crop.h"

#include <math.h>

#include "base/status.h"

amend_status face_crop(const amend_image *image, const amend_box *box, amend_box *square)
{
    double width = (double)image->width, height = (double)image->height;
    if (!box) {
        *square = (amend_box){0, 0, width, height};
        return status_ok();
    }
    if (!isfinite(box->x) || !isfinite(box->y) || !(box->width >= 1 && box->width <= 1e6) ||
        !(box->height >= 1 && box->height <= 1e6) || box->x >= width || box->y >= height || box->x + box->width <= 0 ||
        box->y + box->height <= 0)
        return status_error(
            AMEND_BAD_ARGUMENT,
            "face box %g,%g,%g,%g does not lie on the image of %zu x %zu pixels; give X,Y,W,H in pixels", box->x,
            box->y, box->width, box->height, image->width, image->height);
    double side = box->width > box->height ? box->width : box->height;
    *square = (amend_box){box->x + (box->width - side) / 2, box->y + (box->height - side) / 2, side, side};
    return status_ok();
}

/* Medians over 285 pictures of FER2013's PublicTest rows in which BlazeFace was sure of its face, as shares of the
 * picture's side: the middle between eyes and mouth, the eyes apart, and the mouth below the eyes. */
static const double middle_x = 0.496, middle_y = 0.587, eyes_apart = 0.349, mouth_below = 0.388;

void face_frame(const amend_face *face, amend_box *square)
{
    const amend_point *left = &face->points[AMEND_LEFT_EYE], *right = &face->points[AMEND_RIGHT_EYE];
    const amend_point *mouth = &face->points[AMEND_MOUTH];
    double eyes_x = (left->x + right->x) / 2, eyes_y = (left->y + right->y) / 2;
    double apart = hypot(right->x - left->x, right->y - left->y), below = hypot(mouth->x - eyes_x, mouth->y - eyes_y);
    double side = (apart / eyes_apart + below / mouth_below) / 2;
    *square =
        (amend_box){(eyes_x + mouth->x) / 2 - middle_x * side, (eyes_y + mouth->y) / 2 - middle_y * side, side, side};
    if (side < 1) *square = face->box; /* points on one spot: the box is all there is */
}
