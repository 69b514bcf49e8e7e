/* Temperatures that are known. */
#include "eval/calibrate.h"

#include <math.h>

#include "base/rng.h"
#include "support.h"

enum { COUNT = 20000, CLASSES = 4 };

/* Labels drawn from softmax(z); logits given as `sharpness` times z: the temperature is the sharpness. */
static void sharpness_is_found(void **state)
{
    (void)state;
    static float logits[COUNT * CLASSES];
    static size_t labels[COUNT];
    static const double sharpness[] = {0.5, 1, 2.5};
    calibration c;
    for (int s = 0; s < 3; s++) {
        rng r = rng_make(7, 3, (uint64_t)s);
        for (size_t i = 0; i < COUNT; i++) {
            double z[CLASSES], total = 0, at = 0;
            for (size_t k = 0; k < CLASSES; k++) total += exp(z[k] = 2 * rng_normal(&r));
            double draw = rng_uniform(&r) * total;
            for (labels[i] = 0; labels[i] + 1 < CLASSES && (at += exp(z[labels[i]])) < draw;) labels[i]++;
            for (size_t k = 0; k < CLASSES; k++) logits[i * CLASSES + k] = (float)(sharpness[s] * z[k]);
        }
        assert_ok(calibrate(logits, labels, COUNT, CLASSES, 0, &c));
        if (fabs(c.temperature / sharpness[s] - 1) > 0.05) fail_msg("%g, expected %g", c.temperature, sharpness[s]);
        assert_true(c.nll_after <= c.nll_before + 1e-9);
        assert_true(c.ece_unseen < 0.02);
        if (s != 1) assert_true(c.ece_after < c.ece_before);
        double fitted = c.temperature, after = c.nll_after;
        assert_ok(calibrate(logits, labels, COUNT, CLASSES, fitted, &c));
        assert_true(c.nll_before == after && c.temperature == fitted && c.ece_before == c.ece_after);
    }
    logits[CLASSES] = NAN;
    assert_refused(calibrate(logits, labels, COUNT, CLASSES, 0, &c), AMEND_NUMERIC, "not finite");
    assert_refused(calibrate(logits, labels, 19, CLASSES, 0, &c), AMEND_BAD_DATA, "too few");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sharpness_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
