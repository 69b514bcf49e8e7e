/* EXIF orientation, from the TIFF structure inside (TIFF 6.0, section 2; EXIF 2.32, tag 0x0112). */
#include "image/exif.h"

#include <stdint.h>
#include <string.h>

#include "base/status.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, HEADER_SIZE = 8, ENTRY_SIZE = 12 };

typedef struct tiff_view {
    const unsigned char *bytes;
    size_t size;
    bool big_endian;
} tiff_view;

/* The callers check that offset + 2 (or 4) lies inside. */
static unsigned get16(const tiff_view *tiff, size_t offset)
{
    const unsigned char *p = tiff->bytes + offset;
    return tiff->big_endian ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static uint32_t get32(const tiff_view *tiff, size_t offset)
{
    uint32_t first = get16(tiff, offset), second = get16(tiff, offset + 2);
    return tiff->big_endian ? first << 16 | second : second << 16 | first;
}

/* The directory at `offset`: a count, then entries of tag, type, count and value. */
static int orientation_in_directory(const tiff_view *tiff, size_t offset)
{
    if (offset > tiff->size || tiff->size - offset < 2) return EXIF_UPRIGHT;
    size_t fitting = (tiff->size - offset - 2) / ENTRY_SIZE, count = get16(tiff, offset);
    for (size_t i = 0; i < count && i < fitting; i++) {
        size_t entry = offset + 2 + i * ENTRY_SIZE;
        if (get16(tiff, entry) != TAG_ORIENTATION) continue;
        unsigned value = get16(tiff, entry + 8);
        bool valid = get16(tiff, entry + 2) == TYPE_SHORT && get32(tiff, entry + 4) == 1 && value >= 1 && value <= 8;
        return valid ? (int)value : EXIF_UPRIGHT;
    }
    return EXIF_UPRIGHT;
}

int exif_orientation(const unsigned char *bytes, size_t size)
{
    static const unsigned char prefix[6] = "Exif\0";
    tiff_view tiff = {bytes, size, false};
    if (size >= sizeof prefix && !memcmp(bytes, prefix, sizeof prefix)) {
        tiff.bytes += sizeof prefix;
        tiff.size -= sizeof prefix;
    }
    if (tiff.size < HEADER_SIZE) return EXIF_UPRIGHT;
    if (!memcmp(tiff.bytes, "MM\0*", 4))
        tiff.big_endian = true;
    else if (memcmp(tiff.bytes, "II*\0", 4))
        return EXIF_UPRIGHT;
    return orientation_in_directory(&tiff, get32(&tiff, 4));
}

bool exif_swaps_sides(int orientation)
{
    return orientation >= 5 && orientation <= 8;
}

amend_status exif_turn_upright(amend_image *image, int orientation)
{
    if (orientation <= EXIF_UPRIGHT || orientation > 8) return status_ok();
    bool swap = exif_swaps_sides(orientation);
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    size_t width = image->width, height = image->height, channels = image->channels;
    amend_image turned = {0};
    TRY(image_create(&turned, swap ? height : width, swap ? width : height, channels));
    unsigned char *to = turned.pixels;
    for (size_t y = 0; y < turned.height; y++) {
        for (size_t x = 0; x < turned.width; x++, to += channels) {
            size_t from_x = swap ? y : x, from_y = swap ? x : y;
            if (mirror_x) from_x = width - 1 - from_x;
            if (mirror_y) from_y = height - 1 - from_y;
            memcpy(to, image->pixels + (from_y * width + from_x) * channels, channels);
        }
    }
    amend_image_free(image);
    *image = turned;
    return status_ok();
}
