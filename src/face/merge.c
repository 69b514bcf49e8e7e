/* One face for what overlaps. */
#include <math.h>
#include <stdlib.h>

#include "face/detector.h"

static double shared_area(const amend_box *a, const amend_box *b)
{
    double w = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
    double h = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
    return w > 0 && h > 0 ? w * h : 0;
}

/* The same face: both share much of their union, or one lies mostly inside the other. */
static bool same_face(const amend_box *a, const amend_box *b, bool *agree)
{
    double shared = shared_area(a, b), first = a->width * a->height, second = b->width * b->height;
    *agree = shared > 0.3 * (first + second - shared);
    return *agree || shared > 0.6 * fmin(first, second);
}

int face_compare(const void *a, const void *b)
{
    const amend_face *first = a, *second = b;
    if (first->score != second->score) return first->score < second->score ? 1 : -1;
    if (first->box.x != second->box.x) return first->box.x < second->box.x ? -1 : 1;
    return (first->box.y > second->box.y) - (first->box.y < second->box.y);
}

static void add_weighted(amend_face *sum, const amend_face *face)
{
    double w = face->score;
    sum->box.x += w * face->box.x;
    sum->box.y += w * face->box.y;
    sum->box.width += w * face->box.width;
    sum->box.height += w * face->box.height;
    for (size_t k = 0; k < AMEND_POINTS; k++) {
        sum->points[k].x += w * face->points[k].x;
        sum->points[k].y += w * face->points[k].y;
    }
    sum->score += w;
}

static amend_face mean_of(const amend_face *sum, double score)
{
    double w = sum->score;
    amend_face face = {.box = {sum->box.x / w, sum->box.y / w, sum->box.width / w, sum->box.height / w},
                       .score = score};
    for (size_t k = 0; k < AMEND_POINTS; k++)
        face.points[k] = (amend_point){sum->points[k].x / w, sum->points[k].y / w};
    return face;
}

void face_merge(face_list *list)
{
    size_t kept = 0;
    qsort(list->faces, list->count, sizeof *list->faces, face_compare);
    for (size_t left = list->count, first = 0; first < left;) {
        const amend_face best = list->faces[first];
        amend_face sum = {0};
        size_t next = first;
        for (size_t i = first; i < left; i++) { /* the others move up */
            bool agree = i == first;
            if (!agree && !same_face(&best.box, &list->faces[i].box, &agree)) list->faces[next++] = list->faces[i];
            if (agree) add_weighted(&sum, &list->faces[i]);
        }
        /* what is left lies in first .. next; one place has become free for the result */
        for (size_t i = next; i > first; i--) list->faces[i] = list->faces[i - 1];
        list->faces[kept++] = mean_of(&sum, best.score);
        left = next + 1;
        first = kept;
    }
    list->count = kept;
}
