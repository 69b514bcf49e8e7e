/* Maps of another size: linear between the four pixels around the place of each result. Places outside are moved onto
 * the border. */
#include <math.h>

#include "nn/convert.h"
#include "nn/program_internal.h"

enum { ENOUGH = 16384 /* values that are worth waking the other threads */ };

/* Where a result lies along one side: between pixels `first` and `second`. */
typedef struct place {
    size_t first, second;
    float share; /* of the second */
} place;

static place find_place(double start, double step, size_t i, size_t side)
{
    double at = fmin(fmax(start + (double)i * step, 0), (double)(side - 1));
    size_t first = (size_t)at;
    return (place){first, first + 1 < side ? first + 1 : first, (float)(at - (double)first)};
}

NN_VECTOR static void blend(const float *a, const float *b, float share, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++) y[i] = a[i] + share * (b[i] - a[i]);
}

/* `count` channels from `at` on of the line `row`, between two of its pixels. */
static void blend_pixels(const program_step *from, const void *x, size_t row, const place *across, size_t at,
                         size_t count, float *y)
{
    float left[NN_PART], right[NN_PART];
    size_t w = from->shape.w, c = from->shape.c;
    const float *a = program_load(from, x, (row * w + across->first) * c + at, count, left);
    const float *b = program_load(from, x, (row * w + across->second) * c + at, count, right);
    blend(a, b, across->share, y, count);
}

void program_resize(const program_step *s, const program_step *from, const void *x, void *out)
{
    const nn_row *row = s->row;
    const nn_shape in = from->shape;
    size_t h = s->shape.h, w = s->shape.w, c = s->shape.c, lines = s->shape.n * h;
#pragma omp parallel for schedule(static) if (lines * w * c > ENOUGH)
    for (size_t line = 0; line < lines; line++) {
        size_t map = line / h * in.h;
        place down = find_place(row->start[0], row->step[0], line % h, in.h);
        for (size_t i = 0; i < w; i++) {
            place across = find_place(row->start[1], row->step[1], i, in.w);
            for (size_t at = 0; at < c; at += NN_PART) {
                float above[NN_PART], below[NN_PART], result[NN_PART];
                size_t count = nn_part_at(c, at);
                blend_pixels(from, x, map + down.first, &across, at, count, above);
                blend_pixels(from, x, map + down.second, &across, at, count, below);
                blend(above, below, down.share, result, count);
                program_store(s, out, (line * w + i) * c + at, count, result);
            }
        }
    }
}
