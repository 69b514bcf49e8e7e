/* What alignment is for: a tilted face reads as the upright one. Needs the detector's file and the released model. */
#include <math.h>

#include "amend/model.h"
#include "base/file.h"
#include "data/warp.h"
#include "face/crop.h"
#include "support.h"

enum { SIDE = 512, CLASSES = 8, CROP = 48 };

/* The photo, tilted clockwise around its face, which is moved to the middle. */
static void tilt(const amend_image *photo, double degrees, amend_image *to)
{
    const warp_pose pose = {.scale = 1, .angle = degrees * M_PI / 180};
    float *values = malloc(sizeof *values * SIDE * SIDE * 3);
    assert_non_null(values);
    warp_image(photo, (amend_box){226 - SIDE / 2, 125 - SIDE / 2, SIDE, SIDE}, &pose, SIDE, 3, values);
    assert_ok(image_create(to, SIDE, SIDE, 3));
    data_bytes(values, SIDE * SIDE * 3, to->pixels);
    free(values);
}

/* The mouth upside down: the expression is no longer beyond doubt. */
static void turn_mouth(amend_image *photo)
{
    for (size_t upper = 144, lower = 171; upper < lower; upper++, lower--)
        for (size_t i = 3 * 196; i < 3 * 258; i++) {
            unsigned char *a = photo->pixels + upper * SIDE * 3 + i, *b = photo->pixels + lower * SIDE * 3 + i;
            unsigned char value = *a;
            *a = *b;
            *b = value;
        }
}

typedef struct reading {
    float aligned[CLASSES], upright[CLASSES];                   /* probabilities */
    float aligned_crop[CROP * CROP], upright_crop[CROP * CROP]; /* what the network saw */
    double angle;                                               /* degrees */
} reading;

typedef struct fixture {
    amend_model *model;
    amend_detector *detector;
    amend_image photo;
} fixture;

/* The surest face as predict reads it, and the same square without turning. */
static void read_face(const fixture *f, double degrees, reading *r)
{
    amend_image tilted = {0};
    amend_face *faces = NULL;
    size_t count = 0;
    face_view view;
    tilt(&f->photo, degrees, &tilted);
    assert_ok(amend_detector_find(f->detector, &tilted, 0, &faces, &count));
    assert_true(count >= 1);
    assert_ok(face_align(&tilted, faces, &face_template_fer2013, &view));
    assert_ok(face_view_pixels(&tilted, &view, CROP, 1, r->aligned_crop));
    assert_ok(amend_model_predict_face(f->model, &tilted, faces, r->aligned));
    r->angle = view.angle * 180 / M_PI;
    view.angle = 0;
    assert_ok(face_view_pixels(&tilted, &view, CROP, 1, r->upright_crop));
    assert_ok(amend_model_predict(f->model, &tilted, &view.box, r->upright));
    amend_faces_free(faces);
    amend_image_free(&tilted);
}

static double largest_difference(const float *a, const float *b)
{
    double worst = 0;
    for (size_t k = 0; k < CLASSES; k++) worst = fmax(worst, fabs((double)a[k] - (double)b[k]));
    return worst;
}

static double mean_difference(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < CROP * CROP; i++) sum += fabs((double)a[i] - (double)b[i]);
    return sum / (CROP * CROP);
}

static size_t best(const float *p)
{
    size_t k = 0;
    for (size_t i = 1; i < CLASSES; i++)
        if (p[i] > p[k]) k = i;
    return k;
}

/* Largest differences from the face that is not tilted: of probabilities, and the mean of pixels. */
typedef struct spread {
    double aligned, upright, aligned_pixels, upright_pixels;
} spread;

static spread spread_over(const fixture *f, const double *degrees, size_t count)
{
    reading straight, r;
    spread s = {0};
    read_face(f, 0, &straight);
    for (size_t i = 0; i < count; i++) {
        read_face(f, degrees[i], &r);
        print_message("%3g degrees, %5.1f seen: %s %.4f, not turned %.4f\n", degrees[i], r.angle - straight.angle,
                      amend_model_label(f->model, best(r.aligned)), (double)r.aligned[best(r.aligned)],
                      (double)r.upright[best(r.aligned)]);
        assert_int_equal(best(r.aligned), best(straight.aligned));
        s.aligned = fmax(s.aligned, largest_difference(r.aligned, straight.aligned));
        s.upright = fmax(s.upright, largest_difference(r.upright, straight.upright));
        s.aligned_pixels = fmax(s.aligned_pixels, mean_difference(r.aligned_crop, straight.aligned_crop));
        s.upright_pixels = fmax(s.upright_pixels, mean_difference(r.upright_crop, straight.upright_crop));
    }
    print_message("largest difference of probabilities %.4f, not turned %.4f; of pixels %.1f, not turned %.1f\n",
                  s.aligned, s.upright, s.aligned_pixels, s.upright_pixels);
    return s;
}

static void tilted_faces_read_as_upright_ones(void **state)
{
    static const double some[] = {-20, -15, -10, -5, 5, 10, 15, 20}, more[] = {-60, -50, 50, 60};
    fixture *f = *state;
    spread s;
    if (!f->detector) {
        print_message("skipped: no models/blazeface-256.onnx; tools/detector.sh fetches it\n");
        skip();
    }
    s = spread_over(f, some, 8);
    assert_true(s.aligned < 0.001);
    assert_true(s.aligned_pixels < s.upright_pixels / 2);
    turn_mouth(&f->photo);
    s = spread_over(f, some, 8);
    assert_true(s.aligned < 0.08);
    s = spread_over(f, more, 4); /* further than the network has seen faces tilted */
    assert_true(s.aligned < 0.05);
    assert_true(s.upright > 10 * s.aligned);
}

static int open_fixture(void **state)
{
    static fixture f;
    *state = &f;
    if (!file_exists("models/blazeface-256.onnx")) return 0;
    if (amend_detector_open("models/blazeface-256.onnx", &f.detector).code ||
        amend_image_open("tests/data/astronaut.png", &f.photo).code)
        return -1;
    return amend_model_open_precision("models/ferplus-resnet18-ema.safetensors", AMEND_PRECISION_F32, &f.model).code;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    amend_image_free(&f->photo);
    amend_model_free(f->model);
    amend_detector_free(f->detector);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tilted_faces_read_as_upright_ones, open_fixture, close_fixture)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
