/* Learning rates over time: values worked out by hand, and no jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "train/schedule.h"

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-12)) fail_msg("%.17g, wanted %.17g", a, b);
}

static void exponential(void **state)
{
    const schedule_options o = {SCHEDULE_EXPONENTIAL, 0.1, 0.9, 0, 0, 0, 10};
    (void)state;
    near(schedule_rate(&o, 0, 0, 7), 0.1);
    near(schedule_rate(&o, 0, 6, 7), 0.1);
    near(schedule_rate(&o, 1, 0, 7), 0.09);
    near(schedule_rate(&o, 3, 5, 7), 0.0729);
}

static void steps(void **state)
{
    const schedule_options o = {SCHEDULE_STEP, 1, 0.1, 0, 3, 0, 10};
    (void)state;
    near(schedule_rate(&o, 2, 6, 7), 1);
    near(schedule_rate(&o, 3, 0, 7), 0.1);
    near(schedule_rate(&o, 8, 0, 7), 0.01);
}

static void cosine(void **state)
{
    const schedule_options o = {SCHEDULE_COSINE, 2, 0, 0.1, 0, 0, 4};
    (void)state;
    near(schedule_rate(&o, 0, 0, 10), 2);
    near(schedule_rate(&o, 1, 0, 10), 2 * (0.1 + 0.9 * (2 + sqrt(2)) / 4));
    near(schedule_rate(&o, 2, 0, 10), 2 * 0.55);
    near(schedule_rate(&o, 2, 5, 10), 2 * (0.1 + 0.45 * (1 + cos(acos(-1) * 2.5 / 4))));
    near(schedule_rate(&o, 4, 0, 10), 2 * 0.1);
}

/* Warm-up of 1.5 epochs of 10 steps: step n has (n + 1) / 16 of the rate, and step 15 the whole of it. */
static void warmup(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_EXPONENTIAL; kind <= SCHEDULE_STEP; kind++) {
        const schedule_options o = {(schedule_kind)kind, 0.8, 1, 0, 1, 1.5, 4};
        near(schedule_rate(&o, 0, 0, 10), 0.05);
        near(schedule_rate(&o, 0, 7, 10), 0.4);
        near(schedule_rate(&o, 1, 4, 10), 0.75);
        near(schedule_rate(&o, 1, 5, 10), 0.8);
    }
    const schedule_options cosine_after = {SCHEDULE_COSINE, 1, 0, 0, 0, 2, 4};
    near(schedule_rate(&cosine_after, 3, 0, 10), 0.5); /* half of what the warm-up leaves */
    const schedule_options step_after = {SCHEDULE_STEP, 1, 0.1, 0, 2, 2.5, 8};
    near(schedule_rate(&step_after, 2, 5, 10), 1);
    near(schedule_rate(&step_after, 4, 4, 10), 1);
    near(schedule_rate(&step_after, 4, 5, 10), 0.1);
    const schedule_options factor_after = {SCHEDULE_EXPONENTIAL, 1, 0.9, 0, 0, 0.7, 8};
    near(schedule_rate(&factor_after, 1, 6, 10), 1);
    near(schedule_rate(&factor_after, 1, 7, 10), 0.9);
}

static void rates_stay_in_bounds(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_EXPONENTIAL; kind <= SCHEDULE_STEP; kind++) {
        const schedule_options o = {(schedule_kind)kind, 0.3, 0.5, 0.01, 2, 0.7, 6};
        double before = 0;
        for (size_t n = 0; n < 6 * 13; n++) {
            double rate = schedule_rate(&o, n / 13, n % 13, 13);
            assert_true(rate > 0 && rate <= 0.3);
            if (n < 10) assert_true(rate > before); /* 0.7 * 13 = 9.1 steps of rise */
            if (n > 10) assert_true(rate <= before);
            before = rate;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential),
        cmocka_unit_test(steps),
        cmocka_unit_test(cosine),
        cmocka_unit_test(warmup),
        cmocka_unit_test(rates_stay_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
