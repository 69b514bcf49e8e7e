/* Means of blocks wherever they do: they are much faster than resampling. */
#include "face/pyramid.h"

#include "base/status.h"

enum { MOST = 16 /* what image_shrink does at once */ };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t longer_side(const amend_image *image)
{
    return image->width > image->height ? image->width : image->height;
}

static bool is_fine(size_t longer, size_t wanted)
{
    return longer <= wanted && longer >= wanted - wanted / 16;
}

/* The factor that leads to the wanted side, else the largest that stays above it. */
static size_t factor_to(const amend_image *image, size_t wanted)
{
    size_t longer = longer_side(image), up = (longer + wanted - 1) / wanted;
    size_t factor = is_fine(longer / up, wanted) ? up : longer / wanted;
    factor = least(least(factor, MOST), least(image->width, image->height));
    return factor ? factor : 1;
}

static amend_status resample(const amend_image *image, size_t wanted, amend_image *to)
{
    size_t longer = longer_side(image);
    size_t width = (image->width * wanted + longer / 2) / longer,
           height = (image->height * wanted + longer / 2) / longer;
    const amend_box whole = {0, 0, (double)image->width, (double)image->height};
    return image_crop_resize(image, whole, width ? width : 1, height ? height : 1, to);
}

/* The level that comes next, from an image on whose pixels `scale` ones of the photo lie. */
static amend_status make_level(const amend_image *from, double scale, size_t wanted, face_pyramid *p)
{
    size_t factor = factor_to(from, wanted);
    amend_image *own = &p->own[p->count], resampled;
    face_level *level = &p->levels[p->count++];
    *level = (face_level){*from, scale * (double)factor};
    if (factor > 1) {
        TRY(image_shrink(from, factor, own));
        level->image = *own;
    }
    size_t longer = longer_side(&level->image);
    if (is_fine(longer, wanted)) return status_ok();
    TRY(resample(&level->image, wanted, &resampled));
    amend_image_free(own);
    *own = level->image = resampled;
    level->scale *= (double)longer / (double)wanted;
    return status_ok();
}

amend_status face_pyramid_begin(const amend_image *photo, size_t finest, face_pyramid *p)
{
    *p = (face_pyramid){0};
    amend_status status = make_level(photo, 1, finest, p);
    if (status.code) face_pyramid_free(p);
    return status;
}

const face_level *face_pyramid_last(const face_pyramid *p)
{
    return &p->levels[p->count - 1];
}

amend_status face_pyramid_add(face_pyramid *p, size_t wanted)
{
    const face_level *last = face_pyramid_last(p);
    return make_level(&last->image, last->scale, wanted, p);
}

void face_pyramid_free(face_pyramid *p)
{
    for (size_t i = 0; i < FACE_MAX_LEVELS; i++) amend_image_free(&p->own[i]);
    *p = (face_pyramid){0};
}
