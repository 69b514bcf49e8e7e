/* Images from pixels that a program holds already: a camera's frame, another library's matrix. */
#include "image/image.h"

#include <stdbool.h>
#include <string.h>

#include "base/status.h"
#include "image/decode.h"

/* Where the channels of a pixel lie. */
typedef struct pixel_layout {
    size_t bytes, channels; /* of a pixel there; of the image that is made */
    size_t red, blue;       /* green is always the second */
    bool alpha;             /* the fourth */
} pixel_layout;

static const pixel_layout layouts[] = {
    [AMEND_PIXELS_GRAY] = {1, 1, 0, 0, false}, [AMEND_PIXELS_RGB] = {3, 3, 0, 2, false},
    [AMEND_PIXELS_BGR] = {3, 3, 2, 0, false},  [AMEND_PIXELS_RGBA] = {4, 3, 0, 2, true},
    [AMEND_PIXELS_BGRA] = {4, 3, 2, 0, true},
};

static void copy_row(const pixel_layout *layout, const unsigned char *from, size_t width, unsigned char *to)
{
    if (layout->bytes == layout->channels && layout->red == 0) {
        memcpy(to, from, width * layout->bytes);
        return;
    }
    for (size_t x = 0; x < width; x++, from += layout->bytes, to += 3) {
        unsigned alpha = layout->alpha ? from[3] : 255;
        to[0] = image_over_black(from[layout->red], alpha);
        to[1] = image_over_black(from[1], alpha);
        to[2] = image_over_black(from[layout->blue], alpha);
    }
}

static amend_status check(const amend_pixels *from)
{
    if (!from || !from->data) return status_error(AMEND_BAD_ARGUMENT, "amend_image_from_pixels: no pixels were given");
    if ((size_t)from->format >= sizeof layouts / sizeof *layouts)
        return status_error(AMEND_BAD_ARGUMENT, "amend_image_from_pixels: no pixel format has the number %d",
                            (int)from->format);
    size_t bytes = layouts[from->format].bytes;
    size_t stride = from->stride < 0 ? 0 - (size_t)from->stride : (size_t)from->stride;
    if (from->width > stride / bytes)
        return status_error(AMEND_BAD_ARGUMENT,
                            "amend_image_from_pixels: %zu pixels of %zu bytes do not fit into rows that are %zu bytes "
                            "apart; stride counts bytes",
                            from->width, bytes, stride);
    return status_ok();
}

amend_status amend_image_from_pixels(const amend_pixels *from, amend_image *image)
{
    if (!image) return status_error(AMEND_BAD_ARGUMENT, "amend_image_from_pixels: no place for the image was given");
    *image = (amend_image){0};
    TRY(check(from));
    const pixel_layout *layout = &layouts[from->format];
    TRY(image_create(image, from->width, from->height, layout->channels));
    for (size_t y = 0; y < from->height; y++)
        copy_row(layout, from->data + (ptrdiff_t)y * from->stride, from->width,
                 image->pixels + y * from->width * layout->channels);
    return status_ok();
}
