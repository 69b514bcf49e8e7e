/* Layout of the annotated photo: the photo at the left, the bars at the right. */
#include "image/draw_prediction.h"

#include <math.h>

#include "base/status.h"
#include "image/canvas.h"
#include "image/draw.h"

/* Orange and near black: apart for colour-blind eyes too, and seldom the colour of skin or sky. */
static const draw_colour accent = {0.95, 0.62, 0.05}, backdrop = {0.10, 0.11, 0.12};

/* The longer side of the photo in the picture, in pixels. Photo and panel together stay within cairo's 32767. */
static const double least_side = 320, largest_side = 8192;

/* Letters, in pixels. */
static const double least_letters = 13;

typedef struct layout {
    double scale; /* of the photo */
    size_t photo_width, photo_height, photo_top;
    size_t width, height;
    double letters;
    amend_box panel;
} layout;

static double scale_of(const amend_image *photo)
{
    double side = (double)(photo->width > photo->height ? photo->width : photo->height);
    if (side < least_side) return ceil(least_side / side);
    return side > largest_side ? largest_side / side : 1;
}

/* A flat photo leaves less height than the rows need: then the picture is higher than the photo. */
static layout lay_out(const amend_image *photo, size_t rows)
{
    layout l = {.scale = scale_of(photo)};
    l.photo_width = (size_t)fmax(1, round((double)photo->width * l.scale));
    l.photo_height = (size_t)fmax(1, round((double)photo->height * l.scale));
    double side = (double)(l.photo_width > l.photo_height ? l.photo_width : l.photo_height);
    double row_limit = (double)l.photo_height / (2 * ((double)rows + 1));
    l.letters = fmax(least_letters, fmin(side / 26, row_limit));
    l.panel.width = 20.6 * l.letters;
    l.panel.height = fmax((double)l.photo_height - 2 * l.letters, 1.9 * (double)rows * l.letters);
    l.panel.x = (double)l.photo_width + l.letters;
    l.panel.y = l.letters;
    l.width = (size_t)ceil(l.panel.x + l.panel.width + l.letters);
    l.height = (size_t)ceil(l.panel.height + 2 * l.letters);
    if (l.height < l.photo_height) l.height = l.photo_height;
    l.photo_top = (l.height - l.photo_height) / 2;
    return l;
}

static amend_status draw_photo(cairo_t *canvas, const amend_image *photo, const layout *l)
{
    amend_box whole = {0, 0, (double)photo->width, (double)photo->height};
    amend_image scaled = {0};
    TRY(image_crop_resize(photo, whole, l->photo_width, l->photo_height, &scaled));
    draw_image(canvas, &scaled, 0, l->photo_top);
    amend_image_free(&scaled);
    return status_ok();
}

static size_t most_probable(const float *probabilities, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (!(probabilities[i] <= probabilities[best])) best = i;
    return best;
}

/* The label stands on the box, or on the photo's upper edge where the box leaves no room. */
static void mark_face(cairo_t *canvas, const layout *l, amend_box box, const char *label)
{
    amend_box place = {0, (double)l->photo_top, (double)l->photo_width, (double)l->photo_height};
    amend_box face = {box.x * l->scale, box.y * l->scale + place.y, box.width * l->scale, box.height * l->scale};
    double line = fmax(2, l->letters / 6);
    cairo_save(canvas);
    cairo_rectangle(canvas, place.x, place.y, place.width, place.height);
    cairo_clip(canvas);
    draw_box(canvas, face, accent, line);
    draw_label(canvas, place, face.x - line / 2, face.y, l->letters, label, accent);
    cairo_restore(canvas);
}

amend_status draw_prediction(const amend_image *photo, amend_box box, const char *const *labels,
                             const float *probabilities, size_t count, amend_image *out)
{
    cairo_t *canvas = NULL;
    *out = (amend_image){0};
    if (!count || count > DRAW_MAX_BARS)
        return status_error(AMEND_BAD_ARGUMENT, "cannot draw %zu labels; 1 to %d", count, (int)DRAW_MAX_BARS);
    layout l = lay_out(photo, count);
    TRY(canvas_create(l.width, l.height, &canvas));
    cairo_set_source_rgb(canvas, backdrop.red, backdrop.green, backdrop.blue);
    cairo_paint(canvas);
    amend_status status = draw_photo(canvas, photo, &l);
    if (status.code) {
        cairo_destroy(canvas);
        return status;
    }
    mark_face(canvas, &l, box, labels[most_probable(probabilities, count)]);
    draw_bars(canvas, l.panel, labels, probabilities, count, accent);
    return draw_finish(canvas, out);
}

amend_status draw_faces(const amend_image *photo, const amend_box *boxes, const char *const *labels, size_t count,
                        amend_image *out)
{
    cairo_t *canvas = NULL;
    layout l = {.scale = scale_of(photo)};
    *out = (amend_image){0};
    l.width = l.photo_width = (size_t)fmax(1, round((double)photo->width * l.scale));
    l.height = l.photo_height = (size_t)fmax(1, round((double)photo->height * l.scale));
    TRY(canvas_create(l.width, l.height, &canvas));
    amend_status status = draw_photo(canvas, photo, &l);
    if (status.code) {
        cairo_destroy(canvas);
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        l.letters = fmax(least_letters, fmin(boxes[i].width * l.scale / 6, (double)l.width / 26));
        mark_face(canvas, &l, boxes[i], labels[i]);
    }
    return draw_finish(canvas, out);
}
