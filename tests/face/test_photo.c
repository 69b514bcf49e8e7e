/* Photos that are decoded as far as needed: places and readings are those of the whole photo. */
#include <math.h>

#include "base/file.h"
#include "face/photo.h"
#include "image/samples.h"
#include "model/model.h"

enum { CLASSES = 8 };

typedef struct fixture {
    amend_model *model;
    amend_detector *detector;
} fixture;

static const fixture *need(void **state)
{
    const fixture *f = *state;
    if (f->detector) return f;
    print_message("skipped: no models/blazeface-256.onnx; tools/detector.sh fetches it\n");
    skip();
    return NULL;
}

static int open_fixture(void **state)
{
    static fixture f;
    *state = &f;
    if (!file_exists("models/blazeface-256.onnx")) return 0;
    if (amend_detector_open("models/blazeface-256.onnx", &f.detector).code) return -1;
    return amend_model_open_precision("models/ferplus-resnet18-ema.safetensors", AMEND_PRECISION_F32, &f.model).code;
}

static int close_fixture(void **state)
{
    const fixture *f = *state;
    amend_model_free(f->model);
    amend_detector_free(f->detector);
    return 0;
}

/* The portrait's face `width` pixels wide on a gray photo of width x height, as a JPEG file. */
static sample_file photo_with_face(size_t width, size_t height, double face, jpeg_options options)
{
    amend_image portrait = {0}, scaled = {0}, photo = {0};
    size_t side = (size_t)(512 * face / 104);
    assert_ok(amend_image_open("tests/data/astronaut.png", &portrait));
    assert_ok(image_crop_resize(&portrait, (amend_box){0, 0, 512, 512}, side, side, &scaled));
    assert_ok(image_create(&photo, width, height, 3));
    memset(photo.pixels, 110, width * height * 3);
    for (size_t y = 0; y < side && y + 60 < height; y++)
        memcpy(photo.pixels + ((y + 60) * width + 90) * 3, scaled.pixels + y * side * 3,
               3 * (side < width - 90 ? side : width - 90));
    sample_file file = sample_jpeg_of(&photo, options);
    amend_image_free(&portrait);
    amend_image_free(&scaled);
    amend_image_free(&photo);
    return file;
}

static face_photo opened(sample_file file, size_t least)
{
    unsigned char *bytes;
    face_photo photo;
    assert_ok(mem_alloc(&bytes, file.size, 1, "copy"));
    memcpy(bytes, file.bytes, file.size);
    assert_ok(face_photo_open("photo.jpg", bytes, file.size, least, &photo));
    return photo;
}

/* The only face of the file and its probabilities; returns how wide the photo had to be decoded. */
static size_t read_only_face(const fixture *f, sample_file file, size_t least, amend_face *face, float *probabilities)
{
    face_photo photo = opened(file, least);
    amend_face *faces = NULL;
    size_t count;
    assert_ok(face_photo_find(f->detector, &photo, 0, &faces, &count));
    assert_int_equal(count, 1);
    *face = faces[0];
    assert_ok(model_predict_faces(f->model, &photo, faces, 1, probabilities));
    size_t width = photo.image.width;
    amend_faces_free(faces);
    face_photo_free(&photo);
    return width;
}

static void assert_same_face(const amend_face *a, const amend_face *b)
{
    double near = 0.05 * b->box.width;
    assert_true(fabs(a->box.x - b->box.x) < near && fabs(a->box.y - b->box.y) < near);
    assert_true(fabs(a->box.width - b->box.width) < near && fabs(a->box.height - b->box.height) < near);
    for (size_t k = 0; k < AMEND_POINTS; k++)
        assert_true(fabs(a->points[k].x - b->points[k].x) < near && fabs(a->points[k].y - b->points[k].y) < near);
}

/* Width of the face, and the width to which a photo of 4000 is decoded for the network's 48 pixels. */
static void as_much_as_the_smallest_face_needs(void **state)
{
    static const size_t cases[][2] = {{900, 1000}, {420, 1000}, {260, 2000}, {90, 4000}};
    const fixture *f = need(state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample_file file = photo_with_face(4000, 1500, (double)cases[i][0], (jpeg_options){0});
        amend_face small, whole;
        float fast[CLASSES], slow[CLASSES];
        assert_int_equal(read_only_face(f, file, face_photo_side(f->detector), &small, fast), cases[i][1]);
        assert_int_equal(read_only_face(f, file, 0, &whole, slow), 4000);
        assert_same_face(&small, &whole);
        for (size_t k = 0; k < CLASSES; k++) assert_true(fabsf(fast[k] - slow[k]) < 0.01f);
        free(file.bytes);
    }
}

/* Stored on its side, with sides that 4 does not divide. */
static void places_in_turned_photos(void **state)
{
    const fixture *f = need(state);
    unsigned char exif[32];
    size_t size = sample_exif(3, 1, 1, exif);
    sample_file upright = photo_with_face(3999, 1501, 500, (jpeg_options){0});
    sample_file turned = photo_with_face(3999, 1501, 500, (jpeg_options){.exif = exif, .exif_size = size});
    amend_image stored = {0};
    amend_face expected, found;
    float probabilities[CLASSES];
    read_only_face(f, upright, 0, &expected, probabilities);
    assert_ok(amend_image_decode(turned.bytes, turned.size, "turned", &stored)); /* upside down now: write it so */
    free(turned.bytes);
    turned = sample_jpeg_of(&stored, (jpeg_options){.exif = exif, .exif_size = size});
    assert_int_equal(read_only_face(f, turned, face_photo_side(f->detector), &found, probabilities), 1000);
    assert_same_face(&found, &expected);
    amend_image_free(&stored);
    free(upright.bytes);
    free(turned.bytes);
}

static void bad_bytes_are_refused(void **state)
{
    unsigned char *bytes;
    face_photo photo;
    (void)state;
    assert_ok(mem_alloc(&bytes, 5, 1, "bytes"));
    memcpy(bytes, "text", 5);
    assert_refused(face_photo_open("x.jpg", bytes, 4, 0, &photo), AMEND_BAD_DATA,
                   "x.jpg: not a JPEG, PNG or WebP image; convert it to one of these");
    assert_null(photo.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_much_as_the_smallest_face_needs),
                                       cmocka_unit_test(places_in_turned_photos),
                                       cmocka_unit_test(bad_bytes_are_refused)};
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
