/* From the box or the points of a face to what a network sees. */
#include "face/crop.h"

#include <math.h>

#include "support.h"

static const amend_image photo = {NULL, 100, 50, 3};

static void test_whole_image(void **state)
{
    amend_box square;
    (void)state;
    assert_int_equal(face_crop(&photo, NULL, &square).code, AMEND_OK);
    assert_true(square.x == 0 && square.y == 0 && square.width == 100 && square.height == 50);
}

static void test_square_keeps_the_centre(void **state)
{
    const amend_box box = {10, 0, 20, 40};
    amend_box square;
    (void)state;
    assert_int_equal(face_crop(&photo, &box, &square).code, AMEND_OK);
    assert_true(square.x == 0 && square.y == 0 && square.width == 40 && square.height == 40);
}

static void test_boxes_that_miss_the_image(void **state)
{
    const amend_box boxes[] = {{100, 0, 10, 10}, {0, 50, 10, 10}, {-10, 0, 10, 10}, {0, -10, 10, 10},
                               {0, 0, 0.5, 10},  {0, 0, 10, -3},  {NAN, 0, 10, 10}, {0, INFINITY, 10, 10},
                               {0, 0, NAN, 10},  {0, 0, 1e9, 10}};
    amend_box square;
    (void)state;
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
        assert_int_equal(face_crop(&photo, &boxes[i], &square).code, AMEND_BAD_ARGUMENT);
}

static void faces_beside_the_image(void **state)
{
    amend_face face = {.box = {10, 10, 20, 20}, .points = {{15, 15}, {25, 15}, {20, 20}, {20, 26}}};
    (void)state;
    assert_true(face_is_on(&face, &photo));
    for (size_t k = 0; k < AMEND_POINTS; k++) face.points[k].x += 150;
    assert_false(face_is_on(&face, &photo)); /* by its points */
    for (size_t k = 0; k < AMEND_POINTS; k++) face.points[k].x -= 150;
    face.box.x = 100;
    assert_false(face_is_on(&face, &photo));
}

/* A face whose points are the template's, seen on a square of `side` around (x, y), tilted by `angle`. */
static amend_face face_on(double x, double y, double side, double angle)
{
    const face_template *t = &face_template_fer2013;
    const amend_point points[3] = {t->left_eye, t->right_eye, t->mouth};
    const amend_point_name names[3] = {AMEND_LEFT_EYE, AMEND_RIGHT_EYE, AMEND_MOUTH};
    amend_face face = {.box = {20, 10, 30, 20}};
    for (size_t k = 0; k < 3; k++) {
        double u = (points[k].x - 0.5) * side, v = (points[k].y - 0.5) * side;
        face.points[names[k]] = (amend_point){x + cos(angle) * u - sin(angle) * v, y + sin(angle) * u + cos(angle) * v};
    }
    return face;
}

static void the_transform_of_points_comes_back(void **state)
{
    (void)state;
    for (double angle = -3; angle <= 3; angle += 0.5) {
        amend_face face = face_on(60, 20, 33, angle);
        face_view view;
        assert_ok(face_align(&photo, &face, &face_template_fer2013, &view));
        assert_true(fabs(view.angle - angle) < 1e-9);
        assert_true(fabs(view.box.width - 33) < 1e-9 && fabs(view.box.height - 33) < 1e-9);
        assert_true(fabs(view.box.x - (60 - 16.5)) < 1e-9 && fabs(view.box.y - (20 - 16.5)) < 1e-9);
    }
}

/* The sum of squares between the face's points and the template's, moved as the view says. */
static double misfit(const amend_face *face, const face_view *v)
{
    double x = v->box.x + v->box.width / 2, y = v->box.y + v->box.width / 2, sum = 0;
    const amend_face exact = face_on(x, y, v->box.width, v->angle);
    const amend_point_name names[3] = {AMEND_LEFT_EYE, AMEND_RIGHT_EYE, AMEND_MOUTH};
    for (size_t k = 0; k < 3; k++)
        sum += pow(face->points[names[k]].x - exact.points[names[k]].x, 2) +
               pow(face->points[names[k]].y - exact.points[names[k]].y, 2);
    return sum;
}

static void no_other_transform_is_nearer(void **state)
{
    (void)state;
    amend_face face = face_on(50, 25, 40, 0.3);
    face_view best;
    face.points[AMEND_MOUTH].x += 6; /* a head that looks aside */
    face.points[AMEND_LEFT_EYE].y -= 2;
    assert_ok(face_align(&photo, &face, &face_template_fer2013, &best));
    double least = misfit(&face, &best);
    assert_true(least > 1);
    for (int i = 0; i < 8; i++) {
        face_view other = best;
        double step = i % 2 ? 0.01 : -0.01;
        if (i < 2) other.angle += step;
        if (i / 2 == 1) other.box.x += step;
        if (i / 2 == 2) other.box.y += step;
        if (i >= 6) other.box.width += step, other.box.height += step, other.box.x -= step / 2, other.box.y -= step / 2;
        assert_true(misfit(&face, &other) > least);
    }
}

static void points_without_sense(void **state)
{
    (void)state;
    amend_face face = {.box = {20, 10, 30, 20}};
    face_view view;
    assert_ok(face_align(&photo, &face, &face_template_fer2013, &view)); /* all on one spot: the box */
    assert_true(view.angle == 0 && view.box.x == 20 && view.box.y == 5 && view.box.width == 30);
    face = face_on(60, 20, 33, 0.1);
    face.points[AMEND_MOUTH].x = NAN;
    assert_ok(face_align(&photo, &face, &face_template_fer2013, &view));
    assert_true(view.angle == 0 && view.box.width == 30);
    face.box.width = NAN;
    assert_refused(face_align(&photo, &face, &face_template_fer2013, &view), AMEND_BAD_ARGUMENT, "does not lie");
    face = face_on(300, 20, 33, 0.1);
    assert_refused(face_align(&photo, &face, &face_template_fer2013, &view), AMEND_BAD_ARGUMENT, "does not lie");
    face = face_on(60, 20, 1e7, 0.1);
    assert_refused(face_align(&photo, &face, &face_template_fer2013, &view), AMEND_BAD_ARGUMENT, "does not lie");
}

static void cut_faces(void **state)
{
    (void)state;
    amend_face face = face_on(50, 25, 30, 0);
    assert_false(face_is_cut(&face, 100, 50));
    face.points[AMEND_NOSE].x = -5; /* does not matter */
    assert_false(face_is_cut(&face, 100, 50));
    assert_true(face_is_cut(&face, 100, 30)); /* the mouth below the photo */
    assert_true(face_is_cut(&face, 50, 50));  /* an eye at its right */
    face.points[AMEND_LEFT_EYE].x = -0.5;
    assert_true(face_is_cut(&face, 100, 50));
    face.points[AMEND_LEFT_EYE].x = NAN;
    assert_true(face_is_cut(&face, 100, 50));
}

/* What lies outside the photo looks like its edge: as in a photo that had been continued so. */
static void outside_the_edge_repeats(void **state)
{
    enum { SIDE = 30, MORE = 60, WIDE = SIDE + 2 * MORE };
    amend_image small = {0}, continued = {0};
    float seen[32 * 32], expected[32 * 32];
    (void)state;
    assert_ok(image_create(&small, SIDE, SIDE, 1));
    assert_ok(image_create(&continued, WIDE, WIDE, 1));
    for (int i = 0; i < SIDE * SIDE; i++) small.pixels[i] = (unsigned char)(i * 7 % 251);
    for (int y = 0; y < WIDE; y++)
        for (int x = 0; x < WIDE; x++) {
            int u = x < MORE          ? 0
                    : x < MORE + SIDE ? x - MORE
                                      : SIDE - 1,
                v = y < MORE          ? 0
                    : y < MORE + SIDE ? y - MORE
                                      : SIDE - 1;
            continued.pixels[y * WIDE + x] = small.pixels[v * SIDE + u];
        }
    for (double side = 20; side <= 80; side *= 2)
        for (double angle = 0; angle <= 0.5; angle += 0.25) {
            const face_view view = {{-12, 5, side, side}, angle}, moved = {{MORE - 12, MORE + 5, side, side}, angle};
            assert_ok(face_view_pixels(&small, &view, 32, 1, seen));
            assert_ok(face_view_pixels(&continued, &moved, 32, 1, expected));
            for (size_t i = 0; i < 32 * 32; i++) assert_true(fabsf(seen[i] - expected[i]) <= 1.01f);
        }
    amend_image_free(&small);
    amend_image_free(&continued);
}

/* A slope of gray stays a slope when it is turned, made smaller or larger: each value is that of its place. */
static void turned_pixels_lie_where_they_should(void **state)
{
    enum { SIDE = 200 };
    static const double sides[] = {12, 40, 90};
    amend_image slope = {0};
    float seen[40 * 40];
    (void)state;
    assert_ok(image_create(&slope, SIDE, SIDE, 1));
    for (size_t i = 0; i < SIDE * SIDE; i++) slope.pixels[i] = (unsigned char)(i % SIDE + i / SIDE / 4);
    for (size_t n = 0; n < 3; n++)
        for (double angle = -2; angle <= 2; angle += 0.8) {
            double side = sides[n], worst = 0;
            const face_view view = {{100 - side / 2, 90 - side / 2, side, side}, angle};
            assert_ok(face_view_pixels(&slope, &view, 40, 1, seen));
            for (size_t row = 0; row < 40; row++)
                for (size_t column = 0; column < 40; column++) {
                    double u = (((double)column + 0.5) / 40 - 0.5) * side, v = (((double)row + 0.5) / 40 - 0.5) * side;
                    double x = 100 + cos(angle) * u - sin(angle) * v, y = 90 + sin(angle) * u + cos(angle) * v;
                    double expected = (x - 0.5) + (y - 0.5) / 4 - 0.375;
                    worst = fmax(worst, fabs((double)seen[row * 40 + column] - expected));
                }
            if (worst > 1.6) fail_msg("side %g, angle %g: %g beside the place", side, angle, worst);
        }
    amend_image_free(&slope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_image),
                                       cmocka_unit_test(test_square_keeps_the_centre),
                                       cmocka_unit_test(test_boxes_that_miss_the_image),
                                       cmocka_unit_test(faces_beside_the_image),
                                       cmocka_unit_test(the_transform_of_points_comes_back),
                                       cmocka_unit_test(no_other_transform_is_nearer),
                                       cmocka_unit_test(points_without_sense),
                                       cmocka_unit_test(cut_faces),
                                       cmocka_unit_test(outside_the_edge_repeats),
                                       cmocka_unit_test(turned_pixels_lie_where_they_should)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
