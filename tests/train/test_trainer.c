/* Training that stops and goes on, and training that fails. */
#include "train/net.h"

#include "bf16.h"

static amend_status try_within(net *n, nn_type type, uint64_t seed, size_t batch, size_t memory)
{
    trainer_options options = net_options(type);
    options.batch = batch;
    options.memory = memory;
    return net_try(n, &options, seed, "");
}

static void make(net *n, nn_type type, uint64_t seed)
{
    assert_ok(try_within(n, type, seed, BATCH, 0));
}

static void resume_in(nn_type type)
{
    const char *path = in_test_folder("checkpoint.safetensors");
    net whole, first, second;
    epoch_sums sums = {.loss = 0.1, .seconds = 1e-9, .waited = 2, .right = 3, .images = 4, .batches = 5}, kept = sums;
    make(&whole, type, 1);
    make(&first, type, 1);
    make(&second, type, 2); /* other weights: all must come from the file */
    for (size_t i = 0; i < STEPS; i++) assert_ok(net_step(&whole, i, false));
    for (size_t i = 0; i < STEPS / 2; i++) assert_ok(net_step(&first, i, false));
    assert_ok(trainer_save(first.trainer, path, "recipe", &sums));
    sums = (epoch_sums){0};
    assert_ok(trainer_load(second.trainer, path, "recipe", &sums));
    assert_int_equal(trainer_at(second.trainer)->batch, STEPS / 2);
    assert_memory_equal(&sums, &kept, sizeof sums);
    for (size_t i = STEPS / 2; i < STEPS; i++) assert_ok(net_step(&second, i, false));
    assert_same_weights(&whole, &second);
    trainer_swap_average(whole.trainer);
    trainer_swap_average(second.trainer);
    assert_same_weights(&whole, &second);
    assert_refused(trainer_load(first.trainer, path, "another", &sums), AMEND_BAD_DATA, "another recipe");
    net_drop(&whole);
    net_drop(&first);
    net_drop(&second);
}

static void test_resumed_run_equals_one_never_stopped(void **state)
{
    (void)state;
    resume_in(NN_F32);
}

static void test_resumed_run_in_bf16(void **state)
{
    (void)state;
    needs_bf16();
    resume_in(NN_BF16);
}

static void test_loss_that_is_not_a_number(void **state)
{
    net broken, sound;
    (void)state;
    make(&broken, NN_F32, 1);
    make(&sound, NN_F32, 1);
    assert_ok(net_step(&broken, 0, false));
    assert_ok(net_step(&sound, 0, false));
    assert_refused(net_step(&broken, 1, true), AMEND_NUMERIC, "not a number");
    assert_same_weights(&broken, &sound);
    assert_int_equal(trainer_at(broken.trainer)->step, 1);
    net_drop(&broken);
    net_drop(&sound);
}

enum { LARGE = 64 };

/* Both halves of a batch the same: then the statistics of a half are those of the whole, and so are the gradients. */
static void fill_twice(float *pixels, float *targets)
{
    const size_t half = LARGE / 2 * SIDE * SIDE;
    rng r = rng_make(8, 8, 8);
    memset(targets, 0, LARGE * CLASSES * sizeof *targets);
    for (size_t i = 0; i < half; i++) pixels[i] = pixels[half + i] = (float)rng_normal(&r);
    for (size_t i = 0; i < LARGE; i++) targets[i * CLASSES + i % 2] = 1;
}

static void parts_keep_the_memory(void **state)
{
    static float pixels[LARGE * SIDE * SIDE], targets[LARGE * CLASSES];
    const data_batch batch = {pixels, targets, NULL, LARGE};
    net whole, parts;
    double losses[2];
    size_t right[2];
    (void)state;
    fill_twice(pixels, targets);
    assert_ok(try_within(&whole, NN_F32, 1, LARGE, 0));
    size_t all = trainer_bytes(whole.trainer);
    assert_int_equal(trainer_part(whole.trainer), LARGE);
    assert_ok(try_within(&parts, NN_F32, 1, LARGE, all - 1));
    assert_int_equal(trainer_part(parts.trainer), LARGE / 2);
    assert_true(trainer_bytes(parts.trainer) < all);
    assert_ok(trainer_step(whole.trainer, &batch, &losses[0], &right[0]));
    assert_ok(trainer_step(parts.trainer, &batch, &losses[1], &right[1]));
    assert_true(fabs(losses[0] - losses[1]) < 1e-5);
    assert_int_equal(right[0], right[1]);
    for (size_t i = 0; i < whole.params.count; i++) {
        const nn_param *a = &whole.params.items[i], *b = &parts.params.items[i];
        double apart = 0, size = 0;
        for (size_t k = 0; k < a->count && a->trainable; k++) {
            apart += pow((double)a->gradient[k] - (double)b->gradient[k], 2);
            size += pow((double)a->gradient[k], 2);
        }
        if (apart > 1e-6 * size + 1e-12) fail_msg("gradient of %s: %g of %g", a->name, sqrt(apart), sqrt(size));
    }
    net_drop(&parts);
    net_drop(&whole);
}

/* As a run was begun, whatever memory there is when it goes on. */
static void parts_that_are_given(void **state)
{
    trainer_options options = net_options(NN_F32);
    net n;
    size_t part = 99;
    const epoch_sums sums = {0};
    const char *path = in_test_folder("parts.safetensors");
    (void)state;
    options.batch = LARGE;
    options.part = LARGE / 4;
    assert_ok(net_try(&n, &options, 1, ""));
    assert_int_equal(trainer_part(n.trainer), LARGE / 4);
    assert_ok(trainer_save(n.trainer, path, "a-28-part7", &sums));
    assert_ok(trainer_read_part(path, &part));
    assert_int_equal(part, 7);
    assert_ok(trainer_save(n.trainer, path, "a-28", &sums));
    assert_ok(trainer_read_part(path, &part));
    assert_int_equal(part, 0);
    net_drop(&n);
}

static void memory_that_cannot_be_enough(void **state)
{
    net n;
    (void)state;
    assert_int_equal(try_within(&n, NN_F32, 1, BATCH, 1000000).code, AMEND_NO_MEMORY);
    assert_null(n.trainer);
    net_drop(&n);
}

/* Halves that differ: the gradient is the mean of theirs, each with the statistics of its own. */
static void every_part_counts(void **state)
{
    enum { HALF = LARGE / 2 };
    static float pixels[LARGE * SIDE * SIDE], targets[LARGE * CLASSES];
    trainer_options options = net_options(NN_F32);
    net parts, half[2];
    double loss, losses[2];
    size_t right, rights[2];
    rng r = rng_make(8, 8, 9);
    (void)state;
    memset(targets, 0, sizeof targets);
    for (size_t i = 0; i < LARGE * SIDE * SIDE; i++) pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < LARGE; i++) targets[i * CLASSES + i % CLASSES] = 1;
    options.batch = LARGE;
    options.part = HALF;
    assert_ok(net_try(&parts, &options, 1, ""));
    const data_batch whole = {pixels, targets, NULL, LARGE};
    assert_ok(trainer_step(parts.trainer, &whole, &loss, &right));
    options.batch = HALF;
    options.part = 0;
    for (size_t n = 0; n < 2; n++) {
        const data_batch own = {pixels + n * HALF * SIDE * SIDE, targets + n * HALF * CLASSES, NULL, HALF};
        assert_ok(net_try(&half[n], &options, 1, ""));
        assert_ok(trainer_step(half[n].trainer, &own, &losses[n], &rights[n]));
    }
    assert_true(fabs(loss - (losses[0] + losses[1]) / 2) < 1e-5);
    assert_int_equal(right, rights[0] + rights[1]);
    for (size_t i = 0; i < parts.params.count; i++) {
        const nn_param *p = &parts.params.items[i];
        const float *first = half[0].params.items[i].gradient, *second = half[1].params.items[i].gradient;
        double apart = 0, size = 0;
        for (size_t k = 0; p->trainable && k < p->count; k++) {
            double mean = ((double)first[k] + (double)second[k]) / 2;
            apart += pow((double)p->gradient[k] - mean, 2);
            size += mean * mean;
        }
        if (apart > 1e-6 * size + 1e-12) fail_msg("gradient of %s: %g of %g", p->name, sqrt(apart), sqrt(size));
    }
    net_drop(&parts);
    net_drop(&half[0]);
    net_drop(&half[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_counts),           cmocka_unit_test(test_resumed_run_equals_one_never_stopped),
        cmocka_unit_test(test_resumed_run_in_bf16),    cmocka_unit_test(test_loss_that_is_not_a_number),
        cmocka_unit_test(parts_keep_the_memory),       cmocka_unit_test(parts_that_are_given),
        cmocka_unit_test(memory_that_cannot_be_enough)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
