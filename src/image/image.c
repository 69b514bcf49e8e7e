/* Images in memory: creation, gray and colour, release. */
#include "image/image.h"

#include <string.h>

#include "base/mem.h"

static amend_status check_shape(size_t width, size_t height, size_t channels)
{
    if (width && height && (channels == 1 || channels == 3)) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT,
                        "image of %zu x %zu pixels with %zu channels; sides must be positive, channels 1 or 3", width,
                        height, channels);
}

amend_status image_check(const amend_image *image)
{
    if (!image || !image->pixels) return status_error(AMEND_BAD_ARGUMENT, "an image with pixels must be given");
    return check_shape(image->width, image->height, image->channels);
}

amend_status image_create(amend_image *image, size_t width, size_t height, size_t channels)
{
    size_t pixels = 0;
    memset(image, 0, sizeof *image);
    TRY(check_shape(width, height, channels));
    if (!mem_multiply(width, height, &pixels))
        return status_error(AMEND_NO_MEMORY, "image of %zu x %zu pixels does not fit in memory", width, height);
    TRY(mem_alloc_unset(&image->pixels, pixels, channels, "image"));
    image->width = width;
    image->height = height;
    image->channels = channels;
    return status_ok();
}

static unsigned char gray_of(const unsigned char *rgb)
{
    return (unsigned char)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

amend_status image_convert(const amend_image *from, size_t channels, amend_image *to)
{
    TRY(image_create(to, from->width, from->height, channels));
    size_t count = from->width * from->height;
    if (from->channels == channels) {
        memcpy(to->pixels, from->pixels, count * channels);
    } else if (channels == 1) {
        for (size_t i = 0; i < count; i++) to->pixels[i] = gray_of(from->pixels + 3 * i);
    } else {
        for (size_t i = 0; i < count; i++) memset(to->pixels + 3 * i, from->pixels[i], 3);
    }
    return status_ok();
}

void amend_image_free(amend_image *image)
{
    if (!image) return;
    mem_free(image->pixels);
    memset(image, 0, sizeof *image);
}
