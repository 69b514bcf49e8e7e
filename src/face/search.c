/* Where to look. A network sees faces from a share of its square on; smaller ones are looked for in parts of the photo
 * at larger sizes, which overlap so that every face of a size lies whole in one of them. */
#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "face/detector.h"
#include "face/pyramid.h"

enum { WORK_SIDE = 1280 /* pixels: the most that is asked of a photo */, SMALLEST = 24 /* face in pixels of that */ };

#define EDGE 0.01 /* of a square's side: faces nearer to it are cut */
#define CLEAR 1.2 /* times the smallest face that the network sees is one that it is sure of */

/* One square of the network. */
typedef struct part {
    const face_level *level;
    ptrdiff_t x, y; /* pixels of the level; may reach outside */
} part;

/* The photo fills one square of the network, or 2, 4 ... as long as what then is a square still shows new faces. */
static size_t finest_side(const face_network *n, double longer)
{
    double side = fmin(longer, WORK_SIDE), least = 0.75 * fmax(SMALLEST / n->kind->smallest, (double)n->size);
    size_t finest = n->size;
    for (; side / 2 >= least; side /= 2) finest *= 2;
    return finest;
}

size_t face_search_side(const face_network *n)
{
    size_t finest = finest_side(n, WORK_SIDE);
    return finest - finest / 16;
}

/* How many squares one axis needs, each of which shares a quarter of itself or more with its neighbour. */
static size_t count_along(size_t length, size_t size)
{
    size_t step = size * 3 / 4;
    return size >= length ? 1 : (length - size + step - 1) / step + 1;
}

/* What neighbours share, in pixels; all, where there is one square. */
static size_t shared_along(size_t length, size_t size)
{
    size_t count = count_along(length, size);
    return count > 1 ? (size * count - length) / (count - 1) : size;
}

/* The longer side of the level after this one; 0: none. A face as large as what neighbouring squares share lies whole
 * in one of them, so the next level need not show smaller ones, but those clearly. The whole photo fills a square, and
 * then half of one, for faces that fill the photo. */
static size_t coarser_side(const face_network *n, const amend_image *level)
{
    size_t w = level->width, h = level->height, longer = w > h ? w : h, shorter = w > h ? h : w;
    if (longer <= n->size) return longer > n->size / 2 && shorter > 1 ? longer / 2 : 0;
    double across = (double)shared_along(w, n->size), down = (double)shared_along(h, n->size), size = (double)n->size;
    double seen = fmin(across, down) - 2 * EDGE * size, side = (double)longer * CLEAR * n->kind->smallest * size / seen;
    return side < size ? n->size : (size_t)fmin(side, (double)longer / 2);
}

static ptrdiff_t place_along(size_t length, size_t size, size_t i, size_t count)
{
    ptrdiff_t room = (ptrdiff_t)length - (ptrdiff_t)size;
    return count > 1 ? room * (ptrdiff_t)i / (ptrdiff_t)(count - 1) : room / 2;
}

static amend_status list_parts(const face_pyramid *p, size_t size, part **parts, size_t *count)
{
    size_t at = 0;
    *count = 0;
    for (size_t i = 0; i < p->count; i++)
        *count += count_along(p->levels[i].image.width, size) * count_along(p->levels[i].image.height, size);
    TRY(mem_alloc(parts, *count, sizeof **parts, "parts of the photo"));
    for (size_t i = 0; i < p->count; i++) {
        size_t width = p->levels[i].image.width, height = p->levels[i].image.height;
        size_t columns = count_along(width, size), rows = count_along(height, size);
        for (size_t k = 0; k < rows * columns; k++)
            (*parts)[at++] = (part){&p->levels[i], place_along(width, size, k % columns, columns),
                                    place_along(height, size, k / columns, rows)};
    }
    return status_ok();
}

static size_t clamp(ptrdiff_t i, size_t count)
{
    return i < 0 ? 0 : (size_t)i < count ? (size_t)i : count - 1;
}

/* RGB; outside the photo its edge repeats. */
static void copy_pixels(const part *p, size_t size, uint8_t *to)
{
    const amend_image *image = &p->level->image;
    size_t channels = image->channels;
    bool inside = channels == 3 && p->x >= 0 && (size_t)p->x + size <= image->width;
    for (size_t row = 0; row < size; row++, to += 3 * size) {
        const unsigned char *from =
            image->pixels + clamp(p->y + (ptrdiff_t)row, image->height) * image->width * channels;
        if (inside) memcpy(to, from + (size_t)p->x * 3, 3 * size);
        for (size_t column = 0; !inside && column < size; column++) {
            const unsigned char *pixel = from + clamp(p->x + (ptrdiff_t)column, image->width) * channels;
            to[3 * column] = pixel[0];
            to[3 * column + 1] = pixel[channels / 2];
            to[3 * column + 2] = pixel[channels - 1];
        }
    }
}

static face_square square_of(const part *p, size_t size)
{
    double scale = p->level->scale;
    return (face_square){(double)p->x * scale, (double)p->y * scale, (double)size * scale};
}

/* Faces that the edge of a part cuts belong to another part. */
static bool is_cut(const amend_box *b, const part *p, size_t size)
{
    const face_square s = square_of(p, size);
    double margin = EDGE * s.side, right = s.x + s.side, lower = s.y + s.side;
    double width = (double)p->level->image.width * p->level->scale;
    double height = (double)p->level->image.height * p->level->scale;
    return (s.x > 0 && b->x < s.x + margin) || (s.y > 0 && b->y < s.y + margin) ||
           (right < width && b->x + b->width > right - margin) || (lower < height && b->y + b->height > lower - margin);
}

static amend_status look_at(face_network *n, face_look *look, const part *p, double threshold)
{
    const face_square square = square_of(p, n->size);
    copy_pixels(p, n->size, face_look_pixels(look));
    return face_network_run(n, look, &square, threshold);
}

/* The parts, shared by the threads: one, where the caller is one of several already. */
static amend_status look_at_parts(face_network *n, const part *parts, size_t count, double threshold, face_list *list)
{
    amend_status status = status_ok();
#pragma omp parallel
    {
        face_look *look = NULL;
        amend_status seen = status_ok();
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < count; i++) {
            if (!look && !seen.code) seen = face_network_take(n, &look);
            if (!seen.code) seen = look_at(n, look, &parts[i], threshold);
#pragma omp critical(face_parts)
            for (size_t k = 0; !seen.code && k < look->found.count; k++)
                if (!is_cut(&look->found.faces[k].box, &parts[i], n->size)) face_list_add(list, &look->found.faces[k]);
        }
        face_network_give(n, look);
#pragma omp critical(face_parts)
        if (seen.code) status = seen;
    }
    return status;
}

static amend_status build_pyramid(const face_network *n, const amend_image *image, face_pyramid *p)
{
    size_t longer = image->width > image->height ? image->width : image->height, side = 0;
    TRY(face_pyramid_begin(image, finest_side(n, (double)longer), p));
    amend_status status = status_ok();
    while (!status.code && p->count < FACE_MAX_LEVELS && (side = coarser_side(n, &face_pyramid_last(p)->image)))
        status = face_pyramid_add(p, side);
    if (status.code) face_pyramid_free(p);
    return status;
}

amend_status face_search(face_network *n, const amend_image *image, double threshold, face_list *list)
{
    face_pyramid pyramid;
    part *parts = NULL;
    size_t count = 0;
    list->count = 0;
    TRY(build_pyramid(n, image, &pyramid));
    amend_status status = list_parts(&pyramid, n->size, &parts, &count);
    if (!status.code) status = look_at_parts(n, parts, count, threshold, list);
    mem_free(parts);
    face_pyramid_free(&pyramid);
    face_merge(list);
    return status;
}
