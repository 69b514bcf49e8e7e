/* The plain ARM head against PyTorch's values, a case worked out by hand, and central differences of itself. */
#include "sample_head.h"

static const char *const modes[] = {"none", "batch", "ema"}; /* by nn_affinity */
enum { MODES = 3 };

static const char *const files[] = {
    "tests/data/arm/arm_r4_3x2.safetensors",
    "tests/data/arm/arm_r8_4x6.safetensors",
    "tests/data/arm/arm_r16_2x2.safetensors",
    "tests/data/arm/arm_r16_7x7.safetensors",
};
enum { FILES = sizeof files / sizeof *files };

static const double STORED = 1e-5; /* PyTorch's values are kept in f32 */

static arm_reference *reference(const head *h, nn_affinity affinity)
{
    arm_reference *a = NULL;
    must(arm_reference_create(&h->geometry, h->batch, h->classes, affinity, &a));
    return a;
}

static void assert_stored(const safetensors *file, const char *prefix, const char *name, const double *got,
                          size_t count)
{
    char full[96];
    double *expected = doubles(count);
    snprintf(full, sizeof full, "%s%s", prefix, name);
    file_values(file, full, expected, count);
    assert_close(full, got, expected, count, STORED);
    mem_free(expected);
}

/* `stored` is the mode whose values to expect: training in ema equals that in batch, which the files hold. */
static void check_training(const safetensors *file, nn_affinity affinity, const char *stored)
{
    head h = head_read(file);
    arm_reference *a = reference(&h, affinity);
    head_array arrays[HEAD_ARRAYS];
    head_list(&h, arrays);
    must(arm_reference_train(a, &h.weights, &h.running, h.x));
    must(arm_reference_backward(a, &h.weights, h.target, &h.gradients, h.x_gradient));
    double loss = arm_reference_loss(a, h.target);
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%s.train.", stored);
    assert_stored(file, "", "planes", a->planes, h.batch * arm_geometry_features(&h.geometry));
    assert_stored(file, "", "de_albino_out", a->de_albino, h.batch * h.geometry.planes * h.outputs);
    assert_stored(file, prefix, "logits", a->logits, h.batch * h.classes);
    assert_stored(file, prefix, "loss", &loss, 1);
    assert_stored(file, prefix, "running_mean", h.running.running_mean, h.geometry.planes);
    assert_stored(file, prefix, "running_var", h.running.running_var, h.geometry.planes);
    for (size_t i = 0; i < HEAD_ARRAYS; i++) {
        char name[32];
        snprintf(name, sizeof name, "grad.%s", arrays[i].name);
        if (affinity == NN_AFFINITY_NONE && !strcmp(arrays[i].name, "alpha"))
            assert_true(*arrays[i].gradients == 0);
        else
            assert_stored(file, prefix, name, arrays[i].gradients, arrays[i].count);
    }
    arm_reference_free(a);
    head_free(&h);
}

static void check_evaluation(const safetensors *file, nn_affinity affinity)
{
    head h = head_read(file);
    arm_reference *a = reference(&h, affinity);
    arm_reference_evaluate(a, &h.weights, &h.running, h.x);
    assert_stored(file, modes[affinity], ".eval.logits", a->logits, h.batch * h.classes);
    arm_reference_free(a);
    head_free(&h);
}

static void test_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        safetensors *file = NULL;
        must(safetensors_open(files[i], &file));
        check_training(file, NN_AFFINITY_NONE, "none");
        check_training(file, NN_AFFINITY_BATCH, "batch");
        check_training(file, NN_AFFINITY_EMA, "batch");
        check_evaluation(file, NN_AFFINITY_NONE);
        check_evaluation(file, NN_AFFINITY_BATCH);
        check_evaluation(file, NN_AFFINITY_EMA);
        safetensors_free(file);
    }
}

/* Two images of 8 x 2 x 2, r = 2: two planes of 4 x 4, one window of 4 x 4 (stride 1). Image 0 has 4 c + 2 y + x in its
 * first plane's channels, so that the plane is
 *      0  4  1  5
 *      8 12  9 13
 *      2  6  3  7
 *     10 14 11 15
 * All else is 0. The kernel is 1 at (0, 1) and 2 at (3, 0): the convolution gives 4 + 2 * 10 = 24, else 0. */
static head head_by_hand(void)
{
    head h = head_make(2, 8, 2, 2, 2, 2, NULL);
    for (size_t i = 0; i < 16; i++) h.x[i] = (double)i;
    h.weights.de_albino[1] = 1;
    h.weights.de_albino[12] = 2;
    h.weights.bn_weight[0] = 3;
    h.weights.bn_bias[0] = 1;
    h.weights.bn_weight[1] = 1;
    *h.weights.alpha = 0.5;
    h.weights.fc_weight[0] = 1;
    h.weights.fc_weight[1] = -1;
    h.weights.fc_bias[0] = 0.25;
    h.running.running_mean[0] = 20;
    h.running.running_var[0] = 4 - ARM_EPSILON;
    h.running.running_mean[1] = -1;
    h.running.running_var[1] = 1 - ARM_EPSILON;
    h.running.generic[0] = 2;
    h.target[0] = 1;
    h.target[3] = 1;
    return h;
}

/* logits = (e + 0.25, -e) for the expected f_expression e of each image */
static void assert_expression(const arm_reference *a, double first, double second)
{
    const double expression[] = {first, second};
    const double logits[] = {first + 0.25, -first, second + 0.25, -second};
    assert_close("expression", a->expression, expression, 2, 1e-6);
    assert_close("logits", a->logits, logits, 4, 1e-6);
}

/* Normalised with the running values, image 0: (3 (24 - 20) / 2 + 1, (0 + 1) / 1) = (7, 1), mean 4;
 * image 1: (3 (0 - 20) / 2 + 1, 1) = (-29, 1), mean -14. Their mean is -5. */
static void test_by_hand_evaluation(void **state)
{
    (void)state;
    const double expected[MODES][2] = {{4, -14}, {4 - 2.5, -14 - 2.5}, {4 + 1, -14 + 1}};
    for (size_t mode = 0; mode < MODES; mode++) {
        head h = head_by_hand();
        arm_reference *a = reference(&h, (nn_affinity)mode);
        arm_reference_evaluate(a, &h.weights, &h.running, h.x);
        assert_expression(a, expected[mode][0], expected[mode][1]);
        arm_reference_free(a);
        head_free(&h);
    }
}

/* Plane 0 has 24 and 0: mean 12, variance 144 (unbiased 288), so (3 + 1, -3 + 1); plane 1 has zeros, so (0, 0).
 * f_unique is 2 and -1, their mean 0.5. */
static void test_by_hand_training(void **state)
{
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++) {
        const double shared = mode == NN_AFFINITY_NONE ? 0 : 0.5 * 0.5;
        head h = head_by_hand();
        arm_reference *a = reference(&h, (nn_affinity)mode);
        must(arm_reference_train(a, &h.weights, &h.running, h.x));
        assert_expression(a, 2 + shared, -1 + shared);
        assert_close("running mean", h.running.running_mean, (double[]){0.9 * 20 + 0.1 * 12, -0.9}, 2, 1e-12);
        assert_close("running variance", h.running.running_var, (double[]){0.9 * 4 + 0.1 * 288, 0.9}, 2, 1e-6);
        assert_close("running generic", h.running.generic,
                     (double[]){mode == NN_AFFINITY_EMA ? 0.9 * 2 + 0.1 * 0.5 : 2}, 1, 1e-6);
        /* cross entropy of (e + 0.25, -e) with class 0 for image 0 and class 1 for image 1 */
        double loss = (log1p(exp(-2 * (2 + shared) - 0.25)) + log1p(exp(2 * (-1 + shared) + 0.25))) / 2;
        assert_float_equal(arm_reference_loss(a, h.target), loss, 1e-6);
        arm_reference_free(a);
        head_free(&h);
    }
}

/* The loss at the present values; leaves the running values as they were. */
static double loss_at(arm_reference *a, const head *h, bool training)
{
    if (!training) {
        arm_reference_evaluate(a, &h->weights, &h->running, h->x);
        return arm_reference_loss(a, h->target);
    }
    double mean[8], variance[8], generic[64];
    assert_true(h->geometry.planes <= 8 && h->outputs <= 64);
    memcpy(mean, h->running.running_mean, h->geometry.planes * sizeof *mean);
    memcpy(variance, h->running.running_var, h->geometry.planes * sizeof *variance);
    memcpy(generic, h->running.generic, h->outputs * sizeof *generic);
    must(arm_reference_train(a, &h->weights, &(arm_reference_state){mean, variance, generic}, h->x));
    return arm_reference_loss(a, h->target);
}

/* Five points, so that a step large enough against rounding still has an error of step^4. */
static double difference(arm_reference *a, const head *h, bool training, double *value)
{
    const double step = 1e-3, middle = *value;
    double loss[4];
    for (int i = 0; i < 4; i++) {
        *value = middle + step * (double[]){-2, -1, 1, 2}[i];
        loss[i] = loss_at(a, h, training);
    }
    *value = middle;
    return (8 * (loss[2] - loss[1]) - (loss[3] - loss[0])) / (12 * step);
}

/* Relative error below 1e-6; gradients a thousandth of their tensor's largest are measured against that thousandth. */
static void check_array(arm_reference *a, const head *h, bool training, const head_array *array)
{
    const double floor = 1e-3 * largest(array->gradients, array->count);
    for (size_t i = 0; i < array->count; i++) {
        double exact = array->gradients[i], measured = difference(a, h, training, &array->values[i]);
        if (!(fabs(exact - measured) <= 1e-6 * fmax(fabs(exact), floor) + 1e-12))
            fail_msg("%s, %s: gradient of %s[%zu] is %.12g, differences give %.12g", modes[a->affinity],
                     training ? "training" : "evaluation", array->name, i, exact, measured);
    }
}

static void check_gradients(nn_affinity affinity, bool training, size_t r, const arm_variant *variant)
{
    head h = head_random_variant(3, 8, 3, 4, r, 3, variant);
    arm_reference *a = reference(&h, affinity);
    if (variant) a->mode = variant->generic;
    head_array arrays[HEAD_ARRAYS];
    head_list(&h, arrays);
    loss_at(a, &h, training);
    must(arm_reference_backward(a, &h.weights, h.target, &h.gradients, h.x_gradient));
    for (size_t i = 0; i < HEAD_ARRAYS; i++) check_array(a, &h, training, &arrays[i]);
    arm_reference_free(a);
    head_free(&h);
}

static void test_differences(void **state)
{
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++) {
        check_gradients((nn_affinity)mode, true, 2, NULL);
        check_gradients((nn_affinity)mode, false, 2, NULL);
    }
}

static void test_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAD_VARIANTS; i++) {
        check_gradients(NN_AFFINITY_EMA, true, head_variants[i].r, &head_variants[i].variant);
        check_gradients(NN_AFFINITY_BATCH, false, head_variants[i].r, &head_variants[i].variant);
    }
}

/* The mean of the batch as a constant: as a running mean that happens to be the same. */
static void test_constant_generic(void **state)
{
    (void)state;
    head h = head_random(3, 8, 3, 4, 2, 3), same = head_random(3, 8, 3, 4, 2, 3);
    arm_reference *constant = reference(&h, NN_AFFINITY_EMA), *running = reference(&same, NN_AFFINITY_EMA);
    head_array got[HEAD_ARRAYS], expected[HEAD_ARRAYS];
    constant->mode = NN_GENERIC_CONSTANT;
    running->mode = NN_GENERIC_RUNNING;
    must(arm_reference_train(constant, &h.weights, &h.running, h.x));
    memcpy(same.running.generic, constant->generic, h.outputs * sizeof *constant->generic);
    must(arm_reference_train(running, &same.weights, &same.running, same.x));
    must(arm_reference_backward(constant, &h.weights, h.target, &h.gradients, h.x_gradient));
    must(arm_reference_backward(running, &same.weights, same.target, &same.gradients, same.x_gradient));
    head_list(&h, got);
    head_list(&same, expected);
    for (size_t i = 0; i < HEAD_ARRAYS; i++)
        assert_close(got[i].name, got[i].gradients, expected[i].gradients, got[i].count, 1e-12);
    arm_reference_free(constant);
    arm_reference_free(running);
    head_free(&h);
    head_free(&same);
}

static void test_one_value_refused(void **state)
{
    (void)state;
    head h = head_random(1, 4, 2, 2, 2, 2);
    arm_reference *a = reference(&h, NN_AFFINITY_EMA);
    assert_int_equal(arm_reference_train(a, &h.weights, &h.running, h.x).code, AMEND_BAD_ARGUMENT);
    arm_reference_free(a);
    head_free(&h);
}

/* Every allocation of create and backward may fail, and nothing leaks or is left behind. */
static void test_out_of_memory(void **state)
{
    (void)state;
    head h = head_random(2, 4, 2, 2, 2, 2);
    arm_reference *a = NULL;
    amend_status st = {.code = AMEND_NO_MEMORY};
    for (size_t n = 1; st.code; n++) {
        mem_fail_at(n);
        st = arm_reference_create(&h.geometry, h.batch, h.classes, NN_AFFINITY_NONE, &a);
        assert_true(st.code ? st.code == AMEND_NO_MEMORY && !a : a != NULL);
    }
    mem_fail_at(0);
    must(arm_reference_train(a, &h.weights, &h.running, h.x));
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        st = arm_reference_backward(a, &h.weights, h.target, &h.gradients, h.x_gradient);
        assert_int_equal(st.code, AMEND_NO_MEMORY);
    }
    mem_fail_at(0);
    arm_reference_free(a);
    head_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pytorch),           cmocka_unit_test(test_by_hand_evaluation),
        cmocka_unit_test(test_by_hand_training),  cmocka_unit_test(test_differences),
        cmocka_unit_test(test_variants),          cmocka_unit_test(test_constant_generic),
        cmocka_unit_test(test_one_value_refused), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
