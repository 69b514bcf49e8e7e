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
