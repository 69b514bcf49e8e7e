/* Optimisers against steps worked out by hand and against torch.optim. */
#include "support.h"

#include <math.h>

#include "nn/type.h"
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
    const optimizer_array array = {.value = value,
                                   .gradient = gradient,
                                   .moment1 = moment1,
                                   .moment2 = moment2,
                                   .count = COUNT,
                                   .decay = true,
                                   .rate = 1};
    for (int i = 0; i < COUNT; i++) value[i] = (float)(i % 5 - 2) / 4;
    for (size_t t = 1; t <= steps; t++) {
        for (size_t i = 0; i < COUNT; i++) gradient[i] = ((float)((i * 7 + t * 5) % 11) - 5) / 8;
        const optimizer_update now = {t, rate, 1, 0};
        optimizer_step(options, &array, 1, &now);
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

static void norm_and_scale(void **state)
{
    float gradient[2] = {3, 4};
    const optimizer_array array = {.gradient = gradient, .count = 2};
    (void)state;
    double norm = optimizer_norm(&array, 1);
    assert_true(fabs(norm - 5) < 1e-12);
    assert_true(fabs(optimizer_scale(norm, 1) - 0.2) < 1e-6);
    assert_true(optimizer_scale(norm, 0) == 1 && optimizer_scale(norm, 6) == 1);
    gradient[0] = NAN;
    assert_true(isnan(optimizer_norm(&array, 1)));
}

/* In one pass what clipping, a step, the average and rounding to bf16 give one after the other. */
static void one_pass_is_four(void **state)
{
    enum { MANY = 40000 }; /* more than a thread takes at a time */
    static float value[2][MANY], gradient[2][MANY], moments[2][2][MANY], average[2][MANY];
    static uint16_t rounded[MANY];
    const double limit = 0.5, kept = 0.75;
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        memset(moments, 0, sizeof moments);
        for (size_t i = 0; i < MANY; i++)
            for (int way = 0; way < 2; way++) {
                value[way][i] = average[way][i] = (float)(i % 13) / 8 - 0.75f;
                gradient[way][i] = (float)(i % 7) / 4 - 0.5f;
            }
        const optimizer_array whole = {value[0], gradient[0], moments[0][0], moments[0][1], average[0], rounded, MANY,
                                       true,     0.5};
        const optimizer_array bare = {value[1], gradient[1], moments[1][0], moments[1][1], NULL, NULL, MANY, true, 0.5};
        double scale = optimizer_scale(optimizer_norm(&whole, 1), limit);
        optimizer_step(&kinds[k], &whole, 1, &(optimizer_update){1, rate, scale, kept});
        for (size_t i = 0; i < MANY; i++) gradient[1][i] *= (float)scale;
        optimizer_step(&kinds[k], &bare, 1, &(optimizer_update){1, rate, 1, 0});
        optimizer_average(average[1], value[1], MANY, kept);
        assert_memory_equal(value[0], value[1], sizeof *value);
        assert_memory_equal(average[0], average[1], sizeof *average);
        for (size_t i = 0; i < MANY; i++) assert_int_equal(rounded[i], nn_to_bf16(value[1][i]));
    }
    assert_true(average[0][0] != value[0][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_steps_by_hand),
        cmocka_unit_test(as_torch),
        cmocka_unit_test(norm_and_scale),
        cmocka_unit_test(one_pass_is_four),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
