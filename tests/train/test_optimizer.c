/* Optimisers against steps worked out by hand and against torch.optim. */
#include "support.h"

#include <math.h>

#include "train/optimizer.h"

enum { COUNT = 7, STEPS = 5 };
static const double decay = 0.125, rate = 0.0625;

static const optimizer_options kinds[] = {
    {OPTIMIZER_ADAM, 0.9, 0.999, 1e-8, 0, false, 0.125},
    {OPTIMIZER_ADAMW, 0.9, 0.999, 1e-8, 0, false, 0.125},
    {OPTIMIZER_SGD, 0, 0, 0, 0.9, false, 0.125},
    {OPTIMIZER_SGD, 0, 0, 0, 0.9, true, 0.125},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Binary fractions, so that Python begins with the same bits. */
static void descend(const optimizer_options *options, float *value, size_t steps)
{
    float gradient[COUNT], moment1[COUNT] = {0}, moment2[COUNT] = {0};
    const optimizer_array array = {value, gradient, moment1, moment2, COUNT, true, 1};
    for (int i = 0; i < COUNT; i++) value[i] = (float)(i % 5 - 2) / 4;
    for (size_t t = 1; t <= steps; t++) {
        for (size_t i = 0; i < COUNT; i++) gradient[i] = ((float)((i * 7 + t * 5) % 11) - 5) / 8;
        optimizer_step(options, &array, 1, t, rate);
    }
}

/* The first step of Adam is rate * sign(gradient), that of SGD rate * gradient. */
static void first_steps_by_hand(void **state)
{
    float value[COUNT];
    (void)state;
    double w = -0.5, g = 0; /* number 0: (0 * 7 + 1 * 5) % 11 - 5 = 0, so weight decay alone moves it */
    descend(&kinds[0], value, 1);
    assert_true(fabs(value[0] - (w + rate)) < 1e-6);
    descend(&kinds[1], value, 1);
    assert_true(fabs(value[0] - w * (1 - rate * decay)) < 1e-7);
    descend(&kinds[2], value, 1);
    assert_true(fabs(value[0] - (w - rate * (g + decay * w))) < 1e-7);
    descend(&kinds[3], value, 1);
    assert_true(fabs(value[0] - (w - rate * 1.9 * (g + decay * w))) < 1e-7);
}

static void as_torch(void **state)
{
    float theirs[KINDS][COUNT], ours[COUNT];
    (void)state;
    run_python(
        python_with("torch"),
        "import sys, torch\n"
        "o = torch.optim\n"
        "a = dict(lr=0.0625, weight_decay=0.125)\n"
        "for make in (lambda p: o.Adam(p, **a), lambda p: o.AdamW(p, **a),\n"
        "             lambda p: o.SGD(p, momentum=0.9, **a), lambda p: o.SGD(p, momentum=0.9, nesterov=True, **a)):\n"
        "    w = torch.tensor([(i % 5 - 2) / 4 for i in range(7)], requires_grad=True)\n"
        "    s = make([w])\n"
        "    for t in range(1, 6):\n"
        "        w.grad = torch.tensor([((i * 7 + t * 5) % 11 - 5) / 8 for i in range(7)])\n"
        "        s.step()\n"
        "    with open(sys.argv[1] + \"/torch\", \"a\") as f:\n"
        "        f.write(\" \".join(\"%.9g\" % v for v in w.tolist()) + \"\\n\")\n");
    FILE *stream = fopen(in_test_folder("torch"), "r");
    assert_non_null(stream);
    for (size_t i = 0; i < KINDS * COUNT; i++) assert_int_equal(fscanf(stream, "%f", &theirs[i / COUNT][i % COUNT]), 1);
    fclose(stream);
    for (size_t k = 0; k < KINDS; k++) {
        descend(&kinds[k], ours, STEPS);
        for (size_t i = 0; i < COUNT; i++)
            if (fabsf(ours[i] - theirs[k][i]) > 2e-6f)
                fail_msg("optimiser %zu, value %zu: %.9g, torch %.9g", k, i, (double)ours[i], (double)theirs[k][i]);
    }
}

static void clipping_and_average(void **state)
{
    float gradient[2] = {3, 4}, average[1] = {1}, value[1] = {3};
    const optimizer_array array = {NULL, gradient, NULL, NULL, 2, false, 1};
    (void)state;
    assert_true(fabs(optimizer_clip(&array, 1, 0) - 5) < 1e-12 && gradient[1] == 4);
    assert_true(fabs(optimizer_clip(&array, 1, 1) - 5) < 1e-12);
    assert_true(fabsf(gradient[0] - 0.6f) < 1e-6f && fabsf(gradient[1] - 0.8f) < 1e-6f);
    optimizer_average(average, value, 1, 0.75);
    assert_true(average[0] == 1.5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_steps_by_hand),
        cmocka_unit_test(as_torch),
        cmocka_unit_test(clipping_and_average),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
