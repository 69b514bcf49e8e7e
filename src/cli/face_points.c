/* Medians of points. */
#include "cli/face_points.h"

#include <stdlib.h>

#include "base/mem.h"

static amend_status make_room(face_points *p)
{
    size_t more = 2 * p->room + 64;
    if (p->count < p->room) return status_ok();
    for (size_t i = 0; i < FACE_POINTS_VALUES; i++)
        TRY(mem_grow(&p->values[i], p->room, more, sizeof *p->values[i], "points"));
    p->room = more;
    return status_ok();
}

amend_status face_points_add(face_points *p, const amend_face *faces, size_t count, size_t width, size_t height)
{
    static const amend_point_name names[] = {AMEND_LEFT_EYE, AMEND_RIGHT_EYE, AMEND_MOUTH};
    p->pictures++;
    if (count != 1) return status_ok();
    TRY(make_room(p));
    for (size_t i = 0; i < FACE_POINTS_VALUES; i++) {
        const amend_point *point = &faces->points[names[i / 2]];
        p->values[i][p->count] = i % 2 ? point->y / (double)height : point->x / (double)width;
    }
    p->count++;
    return status_ok();
}

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

amend_status face_points_medians(face_points *p, double medians[FACE_POINTS_VALUES])
{
    if (!p->count)
        return status_error(AMEND_BAD_DATA, "--points: none of %zu pictures shows exactly one face", p->pictures);
    for (size_t i = 0; i < FACE_POINTS_VALUES; i++) {
        qsort(p->values[i], p->count, sizeof *p->values[i], compare);
        medians[i] = (p->values[i][(p->count - 1) / 2] + p->values[i][p->count / 2]) / 2;
    }
    return status_ok();
}

void face_points_free(face_points *p)
{
    for (size_t i = 0; i < FACE_POINTS_VALUES; i++) mem_free(p->values[i]);
}
