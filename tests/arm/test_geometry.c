/* Shapes of the ARM head, their errors, and the coverage count against a plain count of windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "arm/geometry.h"

static arm_geometry make(size_t channels, size_t height, size_t width, size_t r)
{
    arm_geometry g;
    amend_status st = arm_geometry_make(channels, height, width, r, NULL, &g);
    assert_string_equal(st.message, "");
    return g;
}

static void assert_refused(size_t channels, size_t height, size_t width, size_t r, const char *words)
{
    arm_geometry g;
    amend_status st = arm_geometry_make(channels, height, width, r, NULL, &g);
    assert_int_equal(st.code, AMEND_BAD_ARGUMENT);
    if (!strstr(st.message, words)) fail_msg("\"%s\" does not say \"%s\"", st.message, words);
}

static void test_paper(void **state)
{
    (void)state;
    arm_geometry g = make(512, 7, 7, 16);
    assert_int_equal(g.planes, 2);
    assert_int_equal(g.arranged_height, 112);
    assert_int_equal(g.arranged_width, 112);
    assert_int_equal(g.kernel, 32);
    assert_int_equal(g.stride, 8);
    assert_int_equal(g.out_height, 11);
    assert_int_equal(g.out_width, 11);
    assert_int_equal(arm_geometry_features(&g), 512 * 49);
    assert_int_equal(arm_geometry_outputs(&g), 121);
}

static void test_not_square(void **state)
{
    (void)state;
    arm_geometry g = make(192, 4, 6, 8);
    assert_int_equal(g.planes, 3);
    assert_int_equal(g.out_height, 5);
    assert_int_equal(g.out_width, 9);
    g = make(16, 3, 2, 4);
    assert_int_equal(g.out_height, 3);
    assert_int_equal(g.out_width, 1);
}

static void test_errors(void **state)
{
    (void)state;
    assert_refused(512, 7, 7, 0, "must be even");
    assert_refused(512, 7, 7, 15, "must be even");
    assert_refused(320, 7, 7, 16, "choose one of 2, 4, 8");
    assert_refused(576, 7, 7, 16, "choose one of 2, 4, 6, 8, 12, 24, or project the channels to 512 (model.project)");
    assert_refused(960, 7, 7, 16, "or project the channels to 1024");
    assert_refused(30, 7, 7, 16, "or project the channels to 256");
    assert_refused(4, 7, 7, SIZE_MAX - 1, "choose one of 2");
    assert_refused(0, 7, 7, 2, "multiple of 4");
    assert_refused(30, 7, 7, 2, "multiple of 4");
    assert_refused(512, 1, 7, 16, "too small");
    assert_refused(512, 7, 1, 16, "too small");
    assert_refused(512, SIZE_MAX / 2, 3, 16, "too large");
}

static void test_variants(void **state)
{
    (void)state;
    arm_geometry g = make(512, 7, 7, 1); /* no arrangement: the kernel still spans 2 x 2 positions */
    assert_int_equal(g.planes, 512);
    assert_int_equal(g.kernel, 2);
    assert_int_equal(g.stride, 1);
    assert_int_equal(g.out_height, 6);
    amend_status st = arm_geometry_make(512, 7, 7, 16, &(arm_variant){.de_albino = ARM_NO_KERNEL}, &g);
    assert_string_equal(st.message, "");
    assert_int_equal(arm_geometry_outputs(&g), 112 * 112);
    assert_int_equal(arm_geometry_taps(&g), 0);
    st = arm_geometry_make(512, 7, 7, 16, &(arm_variant){ARM_KERNEL_A_PLANE, 16, 16, NN_GENERIC_GRADIENT, 0}, &g);
    assert_string_equal(st.message, "");
    assert_int_equal(arm_geometry_outputs(&g), 7 * 7);
    assert_int_equal(arm_geometry_taps(&g), 2 * 16 * 16);
    assert_int_equal(arm_geometry_make(512, 7, 7, 16, &(arm_variant){.kernel = 113}, &g).code, AMEND_BAD_ARGUMENT);
    st = arm_geometry_make(576, 7, 7, 16, &(arm_variant){.project = 768}, &g);
    assert_string_equal(st.message, "");
    assert_int_equal(g.channels, 768);
    assert_int_equal(g.planes, 3);
    st = arm_geometry_make(512, 7, 7, 16, &(arm_variant){.de_albino = ARM_NO_KERNEL, .kernel = 4}, &g);
    assert_int_equal(st.code, AMEND_BAD_ARGUMENT);
}

static size_t count_windows(const arm_geometry *g, size_t y, size_t x)
{
    size_t count = 0;
    for (size_t top = 0; top + g->kernel <= g->arranged_height; top += g->stride)
        for (size_t left = 0; left + g->kernel <= g->arranged_width; left += g->stride)
            count += top <= y && y < top + g->kernel && left <= x && x < left + g->kernel;
    return count;
}

static void assert_coverage(arm_geometry g)
{
    size_t total = 0;
    for (size_t y = 0; y < g.arranged_height; y++)
        for (size_t x = 0; x < g.arranged_width; x++) {
            assert_int_equal(arm_geometry_coverage(&g, y, x), count_windows(&g, y, x));
            total += arm_geometry_coverage(&g, y, x);
        }
    assert_int_equal(total, arm_geometry_outputs(&g) * g.kernel * g.kernel);
}

static void test_coverage(void **state)
{
    (void)state;
    assert_coverage(make(512, 7, 7, 16));
    assert_coverage(make(256, 2, 2, 16));
    assert_coverage(make(192, 4, 6, 8));
    assert_coverage(make(16, 3, 2, 4));
    assert_coverage(make(4, 5, 3, 2));
    arm_geometry gaps;
    assert_int_equal(arm_geometry_make(4, 4, 5, 2, &(arm_variant){.kernel = 2, .stride = 3}, &gaps).code, AMEND_OK);
    assert_coverage(gaps);
    arm_geometry paper = make(512, 7, 7, 16);
    assert_int_equal(arm_geometry_coverage(&paper, 0, 0), 1);
    assert_int_equal(arm_geometry_coverage(&paper, 0, 56), 4);
    assert_int_equal(arm_geometry_coverage(&paper, 56, 56), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paper),    cmocka_unit_test(test_not_square), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_variants), cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
