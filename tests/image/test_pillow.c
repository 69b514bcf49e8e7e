/* An independent witness: Pillow decodes and resamples the same file. Skipped, with a word, where Pillow is missing. */
#include "samples.h"

#include "base/file.h"

static const char photo[] = "tests/data/astronaut.png";

/* Runs `code` with `image` opened from `input` and `out` naming a file, then holds `ours` against the raw bytes in it.
 */
static void assert_pillow_agrees(const char *input, const char *code, const amend_image *ours, int tolerance)
{
    char command[1024];
    unsigned char *bytes = NULL;
    size_t size = 0;
    snprintf(command, sizeof command,
             "%s -c 'from PIL import Image; image = Image.open(\"%s\"); image = %s; "
             "open(\"%s/raw\", \"wb\").write(image.tobytes())'",
             python_with("PIL"), input, code, test_folder);
    assert_int_equal(system(command), 0);
    assert_ok(file_read(in_test_folder("raw"), (size_t)1 << 30, &bytes, &size));
    assert_int_equal(size, ours->width * ours->height * ours->channels);
    amend_image theirs = {bytes, ours->width, ours->height, ours->channels};
    assert_near(ours, &theirs, tolerance);
    mem_free(bytes);
}

static void decode_png(void **state)
{
    amend_image image = {0};
    (void)state;
    python_with("PIL");
    assert_ok(amend_image_open(photo, &image));
    assert_pillow_agrees(photo, "image.convert(\"RGB\")", &image, 0);
    amend_image_free(&image);
}

static void to_gray(void **state)
{
    amend_image image = {0}, gray = {0};
    (void)state;
    python_with("PIL");
    assert_ok(amend_image_open(photo, &image));
    assert_ok(image_convert(&image, 1, &gray));
    assert_pillow_agrees(photo, "image.convert(\"L\")", &gray, 1);
    amend_image_free(&image);
    amend_image_free(&gray);
}

/* Pillow writes the photo in other formats; both read it. */
static void decode_formats(void **state)
{
    static const struct {
        const char *save;
        int tolerance; /* other builds of the codecs may round otherwise */
    } formats[] = {
        {"convert(\"RGB\").save(\"%s\", \"JPEG\", quality=85)", 2},
        {"convert(\"RGB\").save(\"%s\", \"JPEG\", progressive=True)", 2},
        {"convert(\"CMYK\").save(\"%s\", \"JPEG\")", 2},
        {"convert(\"L\").convert(\"RGB\").save(\"%s\", \"WEBP\", quality=80)", 2},
        {"convert(\"P\").save(\"%s\", \"PNG\")", 0},
    };
    (void)state;
    python_with("PIL");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char path[512], save[640], command[1024];
        amend_image image = {0};
        strcpy(path, in_test_folder("saved"));
        snprintf(save, sizeof save, formats[i].save, path);
        snprintf(command, sizeof command, "%s -c 'from PIL import Image; Image.open(\"%s\").%s'", python_with("PIL"),
                 photo, save);
        assert_int_equal(system(command), 0);
        assert_ok(amend_image_open(path, &image));
        assert_pillow_agrees(path, "image.convert(\"RGB\")", &image, formats[i].tolerance);
        amend_image_free(&image);
    }
}

static void crop_and_resize(void **state)
{
    static const struct {
        amend_box box;
        size_t width, height;
    } cases[] = {
        {{0, 0, 512, 512}, 224, 224}, {{0, 0, 512, 512}, 700, 600},      {{170.25, 60.5, 120.5, 140.75}, 112, 112},
        {{200, 100, 20, 30}, 64, 48}, {{0.5, 500.2, 511.5, 3.1}, 17, 5}, {{0, 0, 512, 512}, 1, 1},
    };
    amend_image photo_pixels = {0};
    (void)state;
    python_with("PIL");
    assert_ok(amend_image_open(photo, &photo_pixels));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        amend_box box = cases[i].box;
        amend_image out = {0};
        char code[256];
        snprintf(code, sizeof code, "image.convert(\"RGB\").resize((%zu, %zu), Image.BILINEAR, box=(%g, %g, %g, %g))",
                 cases[i].width, cases[i].height, box.x, box.y, box.x + box.width, box.y + box.height);
        assert_ok(image_crop_resize(&photo_pixels, box, cases[i].width, cases[i].height, &out));
        assert_pillow_agrees(photo, code, &out, 1);
        amend_image_free(&out);
    }
    amend_image_free(&photo_pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_png),
        cmocka_unit_test(to_gray),
        cmocka_unit_test(decode_formats),
        cmocka_unit_test(crop_and_resize),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
