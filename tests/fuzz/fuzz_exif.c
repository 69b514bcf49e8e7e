/* EXIF blocks, and turning an image as they say. */
#include "image/exif.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    amend_image image;
    int orientation = exif_orientation(bytes, size);
    must(orientation >= 1 && orientation <= 8, "an orientation is 1 to 8");
    if (!worked(image_create(&image, 3, 2, 3))) return 0;
    if (worked(exif_turn_upright(&image, orientation)))
        must(image.width == (orientation < 5 ? 3 : 2) && image.height == (orientation < 5 ? 2 : 3), "sides turn too");
    amend_image_free(&image);
    return 0;
}
