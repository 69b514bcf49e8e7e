/* Where to look. A network sees faces from a share of its square on; smaller ones are looked for in parts of the photo,
 * which overlap so that every face of a size lies whole in one of them. */
#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "face/detector.h"
#include "image/image.h"

enum { WORK_SIDE = 1280 /* pixels; larger photos are shrunk once */, SMALLEST = 24 /* pixels of it */ };

static amend_status look(face_network *n, size_t thread, const amend_image *image, const face_square *s,
                         double threshold, face_list *list)
{
    amend_image square = {0};
    TRY(image_crop_resize(image, (amend_box){s->x, s->y, s->side, s->side}, n->size, n->size, &square));
    for (size_t i = 0; i < n->size * n->size; i++)
        for (size_t c = 0; c < 3; c++)
            face_network_pixels(n, thread)[3 * i + c] =
                square.pixels[i * square.channels + (square.channels == 3 ? c : 0)];
    amend_image_free(&square);
    return face_network_run(n, thread, s, threshold, list);
}

/* Faces that the edge of a part cuts belong to another part. */
static bool is_cut(const amend_box *b, const face_square *s, const amend_image *image)
{
    double margin = 0.01 * s->side;
    return (s->x > 0 && b->x < s->x + margin) || (s->y > 0 && b->y < s->y + margin) ||
           (s->x + s->side < (double)image->width && b->x + b->width > s->x + s->side - margin) ||
           (s->y + s->side < (double)image->height && b->y + b->height > s->y + s->side - margin);
}

typedef struct part_grid {
    double side;
    size_t rows, columns;
} part_grid;

/* Squares of one size over the whole image. A quarter overlaps: more than the smallest face that the squares of twice
 * the size show. */
static part_grid grid_of(const amend_image *image, double side)
{
    double width = (double)image->width, height = (double)image->height, step = side * 3 / 4;
    return (part_grid){side, side >= height ? 1 : (size_t)ceil((height - side) / step) + 1,
                       side >= width ? 1 : (size_t)ceil((width - side) / step) + 1};
}

static face_square part_of(const part_grid *g, const amend_image *image, size_t i)
{
    double wide = (double)image->width - g->side, high = (double)image->height - g->side;
    size_t row = i / g->columns, column = i % g->columns;
    return (face_square){g->columns > 1 ? wide * (double)column / (double)(g->columns - 1) : wide / 2,
                         g->rows > 1 ? high * (double)row / (double)(g->rows - 1) : high / 2, g->side};
}

/* The parts of one size, shared by the threads. */
static amend_status look_at_parts(face_network *n, const amend_image *image, double side, double threshold,
                                  face_list *list)
{
    const part_grid g = grid_of(image, side);
    amend_status status = status_ok();
    face_list *found = NULL; /* one a thread */
    TRY(mem_alloc(&found, n->threads, sizeof *found, "faces"));
#pragma omp parallel for schedule(dynamic) num_threads((int)n->threads)
    for (size_t i = 0; i < g.rows * g.columns; i++) {
        size_t thread = (size_t)omp_get_thread_num();
        const face_square s = part_of(&g, image, i);
        found[thread].count = 0;
        amend_status part = look(n, thread, image, &s, threshold, &found[thread]);
#pragma omp critical(face_parts)
        {
            if (part.code) status = part;
            for (size_t k = 0; !part.code && k < found[thread].count; k++)
                if (!is_cut(&found[thread].faces[k].box, &s, image)) face_list_add(list, &found[thread].faces[k]);
        }
    }
    mem_free(found);
    return status;
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
