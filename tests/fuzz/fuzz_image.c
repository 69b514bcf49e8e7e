/* JPEG, PNG and WebP files through the public decoder. */
#include "amend/image.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    amend_image image;
    if (!worked(amend_image_decode(bytes, size, "photo", &image))) return 0;
    must(image.width && image.height && (image.channels == 1 || image.channels == 3), "an image has pixels");
    volatile unsigned sum = 0; /* every pixel can be read */
    for (size_t i = 0; i < image.width * image.height * image.channels; i++) sum = sum + image.pixels[i];
    amend_image_free(&image);
    return 0;
}
