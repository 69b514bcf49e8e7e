/* Where to look. A network sees faces from a share of its square on; smaller ones are looked for in parts of the photo
 * at larger sizes, squares or larger shapes, which overlap so that every face of a size lies whole in one of them. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "face/crop.h"
#include "face/detector.h"
#include "face/pyramid.h"

enum { WORK_SIDE = 1280 /* pixels: the most that is asked of a photo */, SMALLEST = 24 /* face in pixels of that */ };

#define EDGE 0.01 /* of a square's side: faces nearer to it are cut */
#define CLEAR 1.2 /* times the smallest face that the network sees is one that it is sure of */

/* What the network looks at once. */
typedef struct part {
    const face_level *level;
    face_shape shape;
    size_t width, height; /* of the shape */
    ptrdiff_t x, y;       /* pixels of the level; may reach outside */
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

/* How many parts one axis needs, each of which shares a quarter of a square or more with its neighbour. */
static size_t count_along(const face_network *n, size_t length, size_t side)
{
    size_t step = side - n->size / 4;
    return side >= length ? 1 : (length - side + step - 1) / step + 1;
}

/* What neighbours share, in pixels; all, where there is one part. */
static size_t shared_along(const face_network *n, size_t length, size_t side)
{
    size_t count = count_along(n, length, side);
    return count > 1 ? (side * count - length) / (count - 1) : side;
}

/* Pixels of all parts, if a level is looked at in this shape. */
static size_t cost(const face_network *n, const amend_image *level, face_shape shape)
{
    const face_input *in = &n->inputs[shape];
    if (!in->width) return SIZE_MAX;
    return count_along(n, level->width, in->width) * count_along(n, level->height, in->height) * in->width * in->height;
}

static face_shape choose_shape(const face_network *n, const amend_image *level)
{
    face_shape best = FACE_SQUARE;
    for (face_shape s = FACE_WIDE; s < FACE_SHAPES; s++)
        if (cost(n, level, s) < cost(n, level, best)) best = s;
    return best;
}

/* The longer side of the level after this one; 0: none. A face as large as what neighbouring parts share lies whole in
 * one of them, and the network sees none that is larger than its square, so the next level need not show smaller ones,
 * but those clearly. The whole photo fills a square, and then half of one, for faces that fill the photo. */
static size_t coarser_side(const face_network *n, const amend_image *level)
{
    size_t w = level->width, h = level->height, longer = w > h ? w : h, shorter = w > h ? h : w;
    if (longer <= n->size) return longer > n->size / 2 && shorter > 1 ? longer / 2 : 0;
    const face_input *in = &n->inputs[choose_shape(n, level)];
    double across = (double)shared_along(n, w, in->width), down = (double)shared_along(n, h, in->height);
    double size = (double)n->size, seen = fmin(fmin(across, down), size) - 2 * EDGE * size;
    double side = (double)longer * CLEAR * n->kind->smallest * size / seen;
    return side < size ? n->size : (size_t)fmin(side, (double)longer / 2);
}

static ptrdiff_t place_along(size_t length, size_t side, size_t i, size_t count)
{
    ptrdiff_t room = (ptrdiff_t)length - (ptrdiff_t)side;
    return count > 1 ? room * (ptrdiff_t)i / (ptrdiff_t)(count - 1) : room / 2;
}

/* The parts of one level, behind the others; counts them only where `parts` is NULL. */
static void add_parts(const face_network *n, const face_level *level, part *parts, size_t *count)
{
    face_shape shape = choose_shape(n, &level->image);
    const face_input *in = &n->inputs[shape];
    size_t width = level->image.width, height = level->image.height;
    size_t columns = count_along(n, width, in->width), rows = count_along(n, height, in->height);
    for (size_t k = 0; parts && k < rows * columns; k++)
        parts[*count + k] = (part){.level = level,
                                   .shape = shape,
                                   .width = in->width,
                                   .height = in->height,
                                   .x = place_along(width, in->width, k % columns, columns),
                                   .y = place_along(height, in->height, k / columns, rows)};
    *count += rows * columns;
}

static amend_status list_parts(const face_network *n, const face_pyramid *p, part **parts, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < p->count; i++) add_parts(n, &p->levels[i], NULL, count);
    TRY(mem_alloc(parts, *count, sizeof **parts, "parts of the photo"));
    *count = 0;
    for (size_t i = 0; i < p->count; i++) add_parts(n, &p->levels[i], *parts, count);
    return status_ok();
}

static size_t clamp(ptrdiff_t i, size_t count)
{
    return i < 0 ? 0 : (size_t)i < count ? (size_t)i : count - 1;
}

/* RGB; outside the photo its edge repeats. */
static void copy_pixels(const part *p, uint8_t *to)
{
    const amend_image *image = &p->level->image;
    size_t channels = image->channels;
    bool inside = channels == 3 && p->x >= 0 && (size_t)p->x + p->width <= image->width;
    for (size_t row = 0; row < p->height; row++, to += 3 * p->width) {
        const unsigned char *from =
            image->pixels + clamp(p->y + (ptrdiff_t)row, image->height) * image->width * channels;
        if (inside) memcpy(to, from + (size_t)p->x * 3, 3 * p->width);
        for (size_t column = 0; !inside && column < p->width; column++) {
            const unsigned char *pixel = from + clamp(p->x + (ptrdiff_t)column, image->width) * channels;
            to[3 * column] = pixel[0];
            to[3 * column + 1] = pixel[channels / 2];
            to[3 * column + 2] = pixel[channels - 1];
        }
    }
}

static face_window window_of(const part *p)
{
    double scale = p->level->scale;
    return (face_window){(double)p->x * scale, (double)p->y * scale, scale};
}

/* Faces that the edge of a part cuts belong to another part. */
static bool is_cut(const face_network *n, const amend_box *b, const part *p)
{
    const face_window w = window_of(p);
    double margin = EDGE * (double)n->size * w.unit;
    double right = w.x + (double)p->width * w.unit, lower = w.y + (double)p->height * w.unit;
    double width = (double)p->level->image.width * w.unit, height = (double)p->level->image.height * w.unit;
    return (w.x > 0 && b->x < w.x + margin) || (w.y > 0 && b->y < w.y + margin) ||
           (right < width && b->x + b->width > right - margin) || (lower < height && b->y + b->height > lower - margin);
}

static amend_status look_at(face_network *n, face_look *look, const part *p, double threshold)
{
    const face_window window = window_of(p);
    copy_pixels(p, face_look_pixels(look));
    return face_network_run(n, look, &window, threshold);
}

/* The parts, shared by the threads: one, where the caller is one of several already. */
static amend_status look_at_parts(face_network *n, const part *parts, size_t count, double threshold, face_list *list)
{
    amend_status status = status_ok();
#pragma omp parallel
    {
        face_look *looks[FACE_SHAPES] = {NULL};
        amend_status seen = status_ok();
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < count; i++) {
            face_look **look = &looks[parts[i].shape];
            if (!*look && !seen.code) seen = face_network_take(n, parts[i].shape, look);
            if (!seen.code) seen = look_at(n, *look, &parts[i], threshold);
#pragma omp critical(face_parts)
            for (size_t k = 0; !seen.code && k < (*look)->found.count; k++)
                if (!is_cut(n, &(*look)->found.faces[k].box, &parts[i])) face_list_add(list, &(*look)->found.faces[k]);
        }
        for (size_t s = 0; s < FACE_SHAPES; s++) face_network_give(n, looks[s]);
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

/* Parts reach beyond the photo, where its edge repeats. */
static void drop_outside(face_list *list, const amend_image *image)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (face_is_on(&list->faces[i], image)) list->faces[kept++] = list->faces[i];
    list->count = kept;
}

amend_status face_search(face_network *n, const amend_image *image, double threshold, face_list *list)
{
    face_pyramid pyramid;
    part *parts = NULL;
    size_t count = 0;
    list->count = 0;
    TRY(build_pyramid(n, image, &pyramid));
    amend_status status = list_parts(n, &pyramid, &parts, &count);
    if (!status.code) status = look_at_parts(n, parts, count, threshold, list);
    mem_free(parts);
    face_pyramid_free(&pyramid);
    face_merge(list);
    drop_outside(list, image);
    return status;
}
