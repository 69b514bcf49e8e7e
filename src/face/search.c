/* Where to look. A network sees faces from a share of its square on; smaller ones are looked for in parts of the photo,
 * which overlap so that every face of a size lies whole in one of them. */
#include <math.h>

#include "base/mem.h"
#include "face/detector.h"
#include "image/image.h"

enum { WORK_SIDE = 1280 /* pixels; larger photos are shrunk once */, SMALLEST = 24 /* pixels of it */ };

static amend_status look(face_network *n, const amend_image *image, const face_square *s, double threshold,
                         face_list *list)
{
    amend_image square = {0};
    TRY(image_crop_resize(image, (amend_box){s->x, s->y, s->side, s->side}, n->size, n->size, &square));
    for (size_t i = 0; i < n->size * n->size; i++)
        for (size_t c = 0; c < 3; c++)
            face_network_pixels(n)[3 * i + c] = square.pixels[i * square.channels + (square.channels == 3 ? c : 0)];
    amend_image_free(&square);
    return face_network_run(n, s, threshold, list);
}

/* Faces that the edge of a part cuts belong to another part. */
static void drop_cut_faces(face_list *list, size_t first, const face_square *s, const amend_image *image)
{
    double margin = 0.01 * s->side;
    size_t kept = first;
    for (size_t i = first; i < list->count; i++) {
        const amend_box *b = &list->faces[i].box;
        bool cut = (s->x > 0 && b->x < s->x + margin) || (s->y > 0 && b->y < s->y + margin) ||
                   (s->x + s->side < (double)image->width && b->x + b->width > s->x + s->side - margin) ||
                   (s->y + s->side < (double)image->height && b->y + b->height > s->y + s->side - margin);
        if (!cut) list->faces[kept++] = list->faces[i];
    }
    list->count = kept;
}

/* Squares of one size over the whole image, a third overlapping. */
static amend_status look_at_parts(face_network *n, const amend_image *image, double side, double threshold,
                                  face_list *list)
{
    double width = (double)image->width, height = (double)image->height, step = side * 2 / 3;
    size_t columns = side >= width ? 1 : (size_t)ceil((width - side) / step) + 1;
    size_t rows = side >= height ? 1 : (size_t)ceil((height - side) / step) + 1;
    for (size_t i = 0; i < rows * columns; i++) {
        double x = columns > 1 ? (width - side) * (double)(i % columns) / (double)(columns - 1) : (width - side) / 2;
        double y = rows > 1 ? (height - side) * (double)(i / columns) / (double)(rows - 1) : (height - side) / 2;
        const face_square s = {x, y, side};
        size_t first = list->count;
        TRY(look(n, image, &s, threshold, list));
        drop_cut_faces(list, first, &s, image);
    }
    return status_ok();
}

/* From twice the photo (faces that fill it) down to where the smallest faces are seen, each size half of the last. */
static amend_status look_at_sizes(face_network *n, const amend_image *image, double threshold, face_list *list)
{
    double longer = (double)(image->width > image->height ? image->width : image->height);
    double least = fmax(SMALLEST / n->kind->smallest, (double)n->size);
    for (double side = 2 * longer; side > longer / 2 || side >= 0.75 * least; side /= 2)
        TRY(look_at_parts(n, image, side, threshold, list));
    return status_ok();
}

static void enlarge(face_list *list, double scale)
{
    for (size_t i = 0; i < list->count; i++) {
        amend_face *f = &list->faces[i];
        f->box = (amend_box){f->box.x * scale, f->box.y * scale, f->box.width * scale, f->box.height * scale};
        for (size_t k = 0; k < AMEND_POINTS; k++)
            f->points[k] = (amend_point){f->points[k].x * scale, f->points[k].y * scale};
    }
}

amend_status face_search(face_network *n, const amend_image *image, double threshold, face_list *list)
{
    double longer = (double)(image->width > image->height ? image->width : image->height);
    double scale = longer > WORK_SIDE ? longer / WORK_SIDE : 1;
    amend_image small = {0};
    list->count = 0;
    if (scale > 1) {
        size_t width = (size_t)fmax((double)image->width / scale, 1),
               height = (size_t)fmax((double)image->height / scale, 1);
        const amend_box whole = {0, 0, (double)image->width, (double)image->height};
        TRY(image_crop_resize(image, whole, width, height, &small));
    }
    amend_status status = look_at_sizes(n, scale > 1 ? &small : image, threshold, list);
    amend_image_free(&small);
    face_merge(list);
    enlarge(list, scale);
    return status;
}
