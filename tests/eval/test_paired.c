/* Student's t against closed forms and printed tables; the paired test against Student's own example and by hand. */
#include "support.h"

#include <math.h>

#include "eval/paired.h"
#include "eval/student.h"

static void assert_near(double got, double expected, double relative)
{
    if (!(fabs(got - expected) <= relative * fabs(expected))) fail_msg("%.17g, expected %.17g", got, expected);
}

/* I_x(1, b), I_x(a, 1) and I_x(a, a) at 1/2 are elementary; I_x(a, b) + I_1-x(b, a) = 1. */
static void incomplete_beta(void **state)
{
    (void)state;
    for (double x = 0.01; x < 1; x += 0.07)
        for (double a = 0.5; a < 300; a *= 1.9) {
            assert_near(student_beta(x, a, 1), pow(x, a), 1e-12);
            assert_near(student_beta(x, 1, a), -expm1(a * log1p(-x)), 1e-12);
            assert_near(student_beta(x, a, 3.5) + student_beta(1 - x, 3.5, a), 1, 1e-12);
            assert_near(student_beta(0.5, a, a), 0.5, 1e-12);
        }
    assert_true(student_beta(0, 2, 3) == 0 && student_beta(1, 2, 3) == 1 && isnan(student_beta(NAN, 2, 3)));
}

/* One and two degrees of freedom have closed forms, far into the tail. */
static void closed_forms(void **state)
{
    const double pi = acos(-1);
    (void)state;
    for (double t = 1e-6; t < 1e8; t *= 3.7) {
        assert_near(student_two_sided(t, 1), 2 / pi * atan2(1, t), 1e-12);
        double root = sqrt(t * t + 2);
        assert_near(student_two_sided(t, 2), 2 / (root * (root + t)), 1e-12); /* 1 - t / root, without cancellation */
        assert_near(student_two_sided(-t, 2), student_two_sided(t, 2), 0);
    }
    assert_near(student_two_sided(0, 7), 1, 0);
    assert_true(student_two_sided(INFINITY, 3) == 0 && isnan(student_two_sided(NAN, 3)));
}

/* Two-sided limits as printed in tables of the t distribution, to their last digit. */
static void printed_tables(void **state)
{
    static const struct {
        double freedom, ten, five, one, tenth; /* per cent */
    } rows[] = {
        {1, 6.314, 12.706, 63.657, 636.619}, {2, 2.920, 4.303, 9.925, 31.599}, {3, 2.353, 3.182, 5.841, 12.924},
        {4, 2.132, 2.776, 4.604, 8.610},     {5, 2.015, 2.571, 4.032, 6.869},  {9, 1.833, 2.262, 3.250, 4.781},
        {10, 1.812, 2.228, 3.169, 4.587},    {30, 1.697, 2.042, 2.750, 3.646}, {120, 1.658, 1.980, 2.617, 3.373}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double freedom = rows[i].freedom;
        assert_true(fabs(student_limit(0.1, freedom) - rows[i].ten) <= 0.0005);
        assert_true(fabs(student_limit(0.05, freedom) - rows[i].five) <= 0.0005);
        assert_true(fabs(student_limit(0.01, freedom) - rows[i].one) <= 0.0005);
        assert_true(fabs(student_limit(0.001, freedom) - rows[i].tenth) <= 0.0005);
    }
    assert_true(fabs(student_limit(0.05, 1e6) - 1.959964) < 1e-5); /* the normal distribution's */
}

/* Student, The Probable Error of a Mean, Biometrika 1908: hours of sleep gained with two drugs, the t-test's own
 * example; R's documentation of t.test gives t = -4.0621, p = 0.002833, interval -2.4598858 to -0.7001142. */
static void students_sleep(void **state)
{
    static const double first[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    static const double second[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    (void)state;
    paired_comparison c = paired_compare(first, second, 10);
    assert_int_equal(c.pairs, 10);
    assert_near(c.difference, -1.58, 1e-12);
    assert_near(c.low, -2.4598858, 1e-7);
    assert_near(c.high, -0.7001142, 1e-7);
    assert_near(c.p, 0.002833, 1e-4);
}

/* Differences 1, 2, 3: mean 2, deviation 1, t = 2 sqrt(3), two degrees of freedom: p = 1 - t / sqrt(t^2 + 2). */
static void by_hand(void **state)
{
    static const double a[] = {5, 7, 9}, b[] = {4, 5, 6};
    (void)state;
    double limit = 0.95 * sqrt(2 / (0.05 * 1.95)); /* that formula for p = 0.05, solved for t */
    paired_comparison c = paired_compare(a, b, 3);
    assert_near(c.difference, 2, 1e-15);
    assert_near(c.p, 1 - sqrt(12.0 / 14), 1e-12);
    assert_near(c.low, 2 - limit / sqrt(3), 1e-12);
    assert_near(c.high, 2 + limit / sqrt(3), 1e-12);
    assert_near(sample_mean(a, 3), 7, 0);
    assert_near(sample_deviation(a, 3), 2, 1e-15);
}

static void too_few(void **state)
{
    static const double a[] = {0.5, 0.75}, b[] = {0.25, 0.75}, moved[] = {0.25, 0.5};
    static const double thirds[] = {1.0 / 3, 2.0 / 3, 1}, sixths[] = {1.0 / 6, 0.5, 5.0 / 6};
    (void)state;
    paired_comparison c = paired_compare(a, b, 1);
    assert_true(c.pairs == 1 && c.difference == 0.25 && isnan(c.low) && isnan(c.high) && isnan(c.p));
    c = paired_compare(a, b, 0);
    assert_true(c.pairs == 0 && isnan(c.difference) && isnan(c.low) && isnan(c.p));
    c = paired_compare(a, a, 2); /* no difference anywhere */
    assert_true(c.pairs == 2 && c.difference == 0 && isnan(c.low) && isnan(c.high) && isnan(c.p));
    c = paired_compare(a, moved, 2); /* the same difference everywhere */
    assert_true(c.difference == 0.25 && isnan(c.low) && isnan(c.high) && isnan(c.p));
    c = paired_compare(thirds, sixths, 3); /* the same but for rounding */
    assert_near(c.difference, 1.0 / 6, 1e-12);
    assert_true(isnan(c.low) && isnan(c.p));
    assert_true(isnan(sample_mean(a, 0)) && isnan(sample_deviation(a, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(incomplete_beta), cmocka_unit_test(closed_forms),
                                       cmocka_unit_test(printed_tables),  cmocka_unit_test(students_sleep),
                                       cmocka_unit_test(by_hand),         cmocka_unit_test(too_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
