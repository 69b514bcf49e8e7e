/* All eight orientations through JPEG and PNG, and malformed EXIF blocks. */
#include "samples.h"

#include "image/exif.h"

/* The upright image is 3 x 2 blocks of 16 pixels: A B C over D E F, each a shade of its own. Under every orientation,
 * the blocks as stored, row by row (EXIF 2.32: where row 0 and column 0 of the stored image lie when seen upright). */
static const struct {
    const char *stored;
    size_t width;
} orientations[9] = {
    {NULL, 0},     {"ABCDEF", 3}, {"CBAFED", 3}, {"FEDCBA", 3}, {"DEFABC", 3},
    {"ADBECF", 2}, {"CFBEAD", 2}, {"FCEBDA", 2}, {"DAEBFC", 2},
};

enum { BLOCK = 16 };

static unsigned char shade(char block)
{
    return (unsigned char)(30 + 40 * (block - 'A'));
}

static amend_image stored_blocks(int orientation)
{
    size_t columns = orientations[orientation].width;
    amend_image image = {0};
    assert_ok(image_create(&image, columns * BLOCK, 6 / columns * BLOCK, 1));
    for (size_t y = 0; y < image.height; y++)
        for (size_t x = 0; x < image.width; x++)
            image.pixels[y * image.width + x] =
                shade(orientations[orientation].stored[y / BLOCK * columns + x / BLOCK]);
    return image;
}

static void assert_upright(sample_file file)
{
    amend_image expected = stored_blocks(1), image = {0};
    assert_ok(amend_image_decode(file.bytes, file.size, "sample", &image));
    assert_near(&image, &expected, 2);
    amend_image_free(&image);
    amend_image_free(&expected);
    free(file.bytes);
}

static void every_orientation(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        for (int big_endian = 0; big_endian < 2; big_endian++) {
            unsigned char exif[32];
            size_t size = sample_exif(orientation, big_endian, 1, exif);
            amend_image image = stored_blocks(orientation);
            assert_upright(sample_jpeg_of(&image, (jpeg_options){.exif = exif, .exif_size = size}));
            assert_upright(sample_png_of(&image, (png_options){.exif = exif + 6, .exif_size = size - 6}));
            amend_image_free(&image);
        }
    }
}

/* A WebP file as cameras write it: the pixels, then the EXIF block, in a container that announces it. */
static sample_file webp_with_exif(const amend_image *gray, const unsigned char *exif, size_t exif_size)
{
    amend_image colour = {0};
    assert_ok(image_convert(gray, 3, &colour));
    sample_file plain = sample_webp(colour.pixels, (int)colour.width, (int)colour.height, 3), file = {0};
    size_t padded = exif_size + exif_size % 2;
    file.size = plain.size + 18 + 8 + padded;
    file.bytes = calloc(file.size, 1);
    assert_non_null(file.bytes);
    memcpy(file.bytes, "RIFF", 4);
    for (int i = 0; i < 4; i++) file.bytes[4 + i] = (unsigned char)((file.size - 8) >> 8 * i);
    memcpy(file.bytes + 8, "WEBPVP8X\x0a\0\0\0\x08", 13);
    file.bytes[24] = (unsigned char)(colour.width - 1);
    file.bytes[27] = (unsigned char)(colour.height - 1);
    memcpy(file.bytes + 30, plain.bytes + 12, plain.size - 12);
    unsigned char *chunk = file.bytes + plain.size + 18;
    memcpy(chunk, "EXIF", 4);
    chunk[4] = (unsigned char)exif_size;
    memcpy(chunk + 8, exif, exif_size);
    free(plain.bytes);
    amend_image_free(&colour);
    return file;
}

static void orientation_in_webp(void **state)
{
    unsigned char exif[32];
    size_t size = sample_exif(6, 0, 0, exif);
    amend_image stored = stored_blocks(6), upright = stored_blocks(1), expected = {0}, image = {0};
    sample_file file = webp_with_exif(&stored, exif, size);
    (void)state;
    assert_ok(image_convert(&upright, 3, &expected));
    assert_ok(amend_image_decode(file.bytes, file.size, "sample", &image));
    assert_near(&image, &expected, 0);
    free(file.bytes);
    amend_image_free(&stored);
    amend_image_free(&upright);
    amend_image_free(&expected);
    amend_image_free(&image);
}

/* Cut anywhere, with any byte wrong, pointing anywhere: an orientation, and no read outside. */
static void malformed_blocks(void **state)
{
    (void)state;
    assert_int_equal(exif_orientation(NULL, 0), EXIF_UPRIGHT);
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        unsigned char exif[32];
        size_t size = sample_exif(6, big_endian, 1, exif);
        assert_int_equal(exif_orientation(exif, size), 6);
        for (size_t cut = 0; cut < size; cut++) {
            unsigned char *copy = malloc(cut + 1);
            assert_non_null(copy);
            memcpy(copy + 1, exif, cut);
            /* the last four bytes, where the next directory lies, are not needed */
            assert_int_equal(exif_orientation(copy + 1, cut), cut < size - 4 ? EXIF_UPRIGHT : 6);
            free(copy);
        }
        for (size_t i = 0; i < size * 256; i++) {
            unsigned char damaged[32];
            memcpy(damaged, exif, sizeof damaged);
            damaged[i / 256] = (unsigned char)i;
            int orientation = exif_orientation(damaged, size);
            assert_true(orientation >= 1 && orientation <= 8);
        }
    }
}

static void offset_at_the_end_of_numbers(void **state)
{
    unsigned char exif[32];
    size_t size = sample_exif(6, 1, 0, exif);
    (void)state;
    memset(exif + 4, 0xff, 4);
    assert_int_equal(exif_orientation(exif, size), EXIF_UPRIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_orientation),
        cmocka_unit_test(orientation_in_webp),
        cmocka_unit_test(malformed_blocks),
        cmocka_unit_test(offset_at_the_end_of_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
