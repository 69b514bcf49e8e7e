/* Decoding as far as needed. */
#include "face/photo.h"

#include "base/mem.h"

static size_t longer_side(size_t width, size_t height)
{
    return width > height ? width : height;
}

amend_status face_photo_open(const char *name, unsigned char *bytes, size_t size, size_t least, face_photo *photo)
{
    *photo = (face_photo){.name = name, .bytes = bytes, .size = size};
    amend_status status = image_decode_smaller(bytes, size, name, least, &photo->image, &photo->width, &photo->height);
    if (status.code) face_photo_free(photo);
    return status;
}

void face_photo_free(face_photo *photo)
{
    mem_free(photo->bytes);
    amend_image_free(&photo->image);
    *photo = (face_photo){0};
}

amend_status face_photo_refine(face_photo *photo, size_t least)
{
    size_t whole = longer_side(photo->width, photo->height),
           there = longer_side(photo->image.width, photo->image.height);
    if (there == whole || (least && there >= least)) return status_ok();
    amend_image_free(&photo->image);
    return image_decode_smaller(photo->bytes, photo->size, photo->name, least, &photo->image, &photo->width,
                                &photo->height);
}

/* 1, 2, 4 or 8: the smaller sides are rounded up. */
static double scale_of(const face_photo *p)
{
    size_t whole = longer_side(p->width, p->height), there = longer_side(p->image.width, p->image.height);
    return (double)((whole + there - 1) / there);
}

static void enlarge(amend_face *f, double scale)
{
    f->box = (amend_box){f->box.x * scale, f->box.y * scale, f->box.width * scale, f->box.height * scale};
    for (size_t k = 0; k < AMEND_POINTS; k++)
        f->points[k] = (amend_point){f->points[k].x * scale, f->points[k].y * scale};
}

amend_status face_photo_find(amend_detector *detector, const face_photo *photo, double threshold, amend_face **faces,
                             size_t *count)
{
    TRY(amend_detector_find(detector, &photo->image, threshold, faces, count));
    for (size_t i = 0; i < *count; i++) enlarge(&(*faces)[i], scale_of(photo));
    return status_ok();
}

face_view face_photo_view(const face_photo *photo, const face_view *view)
{
    const amend_box *b = &view->box;
    double scale = scale_of(photo);
    return (face_view){{b->x / scale, b->y / scale, b->width / scale, b->height / scale}, view->angle};
}
