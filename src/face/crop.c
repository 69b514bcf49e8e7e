/* From box or points to a view, and from a view to pixels. */
#include "face/crop.h"

#include <math.h>

#include "base/mem.h"
#include "data/warp.h"

/* Medians over 285 pictures of FER2013's PublicTest rows in which BlazeFace was sure of its face: the middle between
 * eyes and mouth at 0.496, 0.587; the eyes 0.349 apart, the mouth 0.388 below them. */
const face_template face_template_fer2013 = {{0.3215, 0.393}, {0.6705, 0.393}, {0.496, 0.781}};

static amend_status check_box(const amend_image *image, const amend_box *box)
{
    if (box->width < 1 || box->height < 1)
        return status_error(AMEND_BAD_ARGUMENT, "face box %g,%g,%g,%g: its sides must be 1 pixel or more", box->x,
                            box->y, box->width, box->height);
    if (isfinite(box->x) && isfinite(box->y) && box->width <= 1e6 && box->height <= 1e6 &&
        box->x < (double)image->width && box->y < (double)image->height && box->x + box->width > 0 &&
        box->y + box->height > 0)
        return status_ok();
    return status_error(AMEND_BAD_ARGUMENT,
                        "face box %g,%g,%g,%g does not lie on the image of %zu x %zu pixels; give X,Y,W,H in pixels",
                        box->x, box->y, box->width, box->height, image->width, image->height);
}

static amend_box square_around(double x, double y, double side)
{
    return (amend_box){x - side / 2, y - side / 2, side, side};
}

amend_status face_crop(const amend_image *image, const amend_box *box, amend_box *square)
{
    *square = (amend_box){0, 0, (double)image->width, (double)image->height};
    if (!box) return status_ok();
    TRY(check_box(image, box));
    *square = square_around(box->x + box->width / 2, box->y + box->height / 2, fmax(box->width, box->height));
    return status_ok();
}

static amend_point mean_of(const amend_point p[3])
{
    return (amend_point){(p[0].x + p[1].x + p[2].x) / 3, (p[0].y + p[1].y + p[2].y) / 3};
}

/* As complex numbers: face = a * template + b. With t and f around their means, a = sum of conj(t) f / sum of |t|^2. */
amend_status face_align(const amend_image *image, const amend_face *face, const face_template *template,
                        face_view *view)
{
    const amend_point t[3] = {template->left_eye, template->right_eye, template->mouth};
    const amend_point f[3] = {face->points[AMEND_LEFT_EYE], face->points[AMEND_RIGHT_EYE], face->points[AMEND_MOUTH]};
    amend_point t0 = mean_of(t), f0 = mean_of(f), a = {0, 0};
    double norm = 0;
    for (size_t k = 0; k < 3; k++) {
        amend_point u = {t[k].x - t0.x, t[k].y - t0.y}, v = {f[k].x - f0.x, f[k].y - f0.y};
        a.x += u.x * v.x + u.y * v.y;
        a.y += u.x * v.y - u.y * v.x;
        norm += u.x * u.x + u.y * u.y;
    }
    a = (amend_point){a.x / norm, a.y / norm};
    double side = hypot(a.x, a.y), x = 0.5 - t0.x, y = 0.5 - t0.y; /* from the mean to the template's middle */
    *view = (face_view){.angle = atan2(a.y, a.x)};
    view->box = square_around(f0.x + a.x * x - a.y * y, f0.y + a.y * x + a.x * y, side);
    if (side >= 1) return check_box(image, &view->box);
    view->angle = 0;
    return face_crop(image, &face->box, &view->box);
}

bool face_is_on(const amend_face *face, const amend_image *image)
{
    face_view view;
    return !check_box(image, &face->box).code && !face_align(image, face, &face_template_fer2013, &view).code;
}

bool face_is_cut(const amend_face *face, size_t width, size_t height)
{
    static const amend_point_name names[] = {AMEND_LEFT_EYE, AMEND_RIGHT_EYE, AMEND_MOUTH};
    for (size_t k = 0; k < 3; k++) {
        const amend_point *p = &face->points[names[k]];
        if (!(p->x >= 0 && p->y >= 0 && p->x < (double)width && p->y < (double)height)) return true;
    }
    return false;
}

/* The turned square out of an upright one that holds it. Where pixels are many that one is made smaller first, to twice
 * what the network takes: turning at the network's own size would blur. */
static amend_status turned_pixels(const amend_image *image, const face_view *view, size_t size, size_t channels,
                                  float *out)
{
    const warp_pose pose = {.scale = 1, .angle = -view->angle};
    const amend_box *b = &view->box;
    amend_image smaller = {0};
    if (!warp_must_shrink(*b, 2 * size)) {
        warp_image(image, *b, &pose, size, channels, out);
        return status_ok();
    }
    double reach = fabs(cos(view->angle)) + fabs(sin(view->angle));
    size_t side = (size_t)ceil(2 * (double)size * reach);
    double inner = (double)side / reach, edge = ((double)side - inner) / 2;
    const amend_box holds = square_around(b->x + b->width / 2, b->y + b->height / 2, b->width * reach);
    TRY(image_crop_resize(image, holds, side, side, &smaller));
    warp_image(&smaller, (amend_box){edge, edge, inner, inner}, &pose, size, channels, out);
    amend_image_free(&smaller);
    return status_ok();
}

amend_status face_view_pixels(const amend_image *image, const face_view *view, size_t size, size_t channels, float *out)
{
    if (view->angle != 0) return turned_pixels(image, view, size, channels, out);
    return loader_prepare(image, view->box, size, channels, &data_normal_bytes, out);
}

amend_status face_view_image(const amend_image *image, const face_view *view, size_t size, amend_image *out)
{
    size_t count = size * size * image->channels;
    float *values = NULL;
    TRY(mem_alloc(&values, count, sizeof *values, "face"));
    amend_status status = image_create(out, size, size, image->channels);
    if (!status.code) status = face_view_pixels(image, view, size, image->channels, values);
    if (!status.code) data_bytes(values, count, out->pixels);
    if (status.code) amend_image_free(out);
    mem_free(values);
    return status;
}
