/* One image to the network's input, as the loader does it without augmentation. */
#include <math.h>

#include "base/status.h"
#include "data/warp.h"

const data_normal data_normal_bytes = {{0, 0, 0}, {1.0f / 255, 1.0f / 255, 1.0f / 255}};

void data_bytes(const float *values, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(values[i] <= 0 ? 0 : values[i] >= 255 ? 255 : values[i] + 0.5f);
}

void data_mirror(float *values, size_t size, size_t channels)
{
    for (size_t row = 0; row < size; row++, values += size * channels)
        for (size_t x = 0; x < size / 2; x++)
            for (size_t c = 0; c < channels; c++) {
                float *left = values + x * channels + c, *right = values + (size - 1 - x) * channels + c, value = *left;
                *left = *right;
                *right = value;
            }
}

amend_status loader_prepare(const amend_image *image, amend_box box, size_t size, size_t channels,
                            const data_normal *normal, float *out)
{
    amend_image smaller = {0};
    if (!image->width || !image->height) return status_error(AMEND_BAD_ARGUMENT, "an image without pixels");
    if (!size || (channels != 1 && channels != 3))
        return status_error(AMEND_BAD_ARGUMENT,
                            "input of side %zu with %zu channels; the side must be positive, the "
                            "channels 1 or 3",
                            size, channels);
    if (!(box.width > 0 && box.height > 0) || !isfinite(box.x + box.y + box.width + box.height))
        return status_error(AMEND_BAD_ARGUMENT, "box %g %g %g %g; width and height must be positive", box.x, box.y,
                            box.width, box.height);
    if (warp_must_shrink(box, size)) {
        TRY(image_crop_resize(image, box, size, size, &smaller));
        image = &smaller;
        box = warp_whole(image);
    }
    warp_image(image, box, &warp_upright, size, channels, out);
    warp_normalise(out, size * size, channels, normal);
    amend_image_free(&smaller);
    return status_ok();
}
