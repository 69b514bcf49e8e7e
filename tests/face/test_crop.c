/* From the box of a face to the square that a network sees. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/status.h"
#include "face/crop.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_image),
                                       cmocka_unit_test(test_square_keeps_the_centre),
                                       cmocka_unit_test(test_boxes_that_miss_the_image)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
