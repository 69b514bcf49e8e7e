/* Training that stops and goes on, and training that fails. */
#include <math.h>

#include "bf16.h"
#include "base/mem.h"
#include "model/description.h"
#include "support.h"
#include "train/trainer.h"

enum { BATCH = 4, SIDE = 16, CLASSES = 3, STEPS = 6 };

typedef struct net {
    nn_table *table;
    nn_params params;
    trainer *trainer;
} net;

static amend_status try_within(net *n, nn_type type, uint64_t seed, size_t batch, size_t memory)
{
    const model_description d = {.small_stem = true,
                                 .width = 0.25,
                                 .head = ARM_HEAD_EMA,
                                 .arrangement = 8,
                                 .size = SIDE,
                                 .channels = 1,
                                 .classes = CLASSES};
    const trainer_options options = {.batch = batch,
                                     .memory = memory,
                                     .type = type,
                                     .optimizer = {OPTIMIZER_ADAMW, 0.9, 0.999, 1e-8, 0, false, 1e-2},
                                     .schedule = {.kind = SCHEDULE_COSINE, .rate = 1e-3, .epochs = 1},
                                     .average = 0.9,
                                     .clip = 1};
    assert_ok(mem_alloc(&n->table, 1, sizeof *n->table, "table"));
    assert_ok(description_build(&d, n->table));
    assert_ok(nn_params_create(n->table, &n->params));
    nn_params_init(&n->params, seed);
    return trainer_create(n->table, &n->params, &options, STEPS, &n->trainer);
}

static void make(net *n, nn_type type, uint64_t seed)
{
    assert_ok(try_within(n, type, seed, BATCH, 0));
}

static void drop(net *n)
{
    trainer_free(n->trainer);
    nn_params_free(&n->params);
    mem_free(n->table);
}

static amend_status step(net *n, size_t index, bool broken)
{
    static float pixels[BATCH * SIDE * SIDE], targets[BATCH * CLASSES];
    const data_batch batch = {pixels, targets, NULL, BATCH};
    rng r = rng_make(3, index, 0);
    double loss;
    size_t right;
    memset(targets, 0, sizeof targets);
    for (size_t i = 0; i < BATCH * SIDE * SIDE; i++) pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < BATCH; i++) targets[i * CLASSES + i % CLASSES] = 1;
    if (broken) pixels[5] = NAN;
    return trainer_step(n->trainer, &batch, &loss, &right);
}

static void assert_same_weights(const net *a, const net *b)
{
    for (size_t i = 0; i < a->params.count; i++)
        assert_memory_equal(a->params.items[i].value, b->params.items[i].value,
                            a->params.items[i].count * sizeof(float));
}

static void resume_in(nn_type type)
{
    const char *path = in_test_folder("checkpoint.safetensors");
    net whole, first, second;
    make(&whole, type, 1);
    make(&first, type, 1);
    make(&second, type, 2); /* other weights: all must come from the file */
    for (size_t i = 0; i < STEPS; i++) assert_ok(step(&whole, i, false));
    for (size_t i = 0; i < STEPS / 2; i++) assert_ok(step(&first, i, false));
    assert_ok(trainer_save(first.trainer, path, "recipe"));
    assert_ok(trainer_load(second.trainer, path, "recipe"));
    assert_int_equal(trainer_at(second.trainer)->batch, STEPS / 2);
    for (size_t i = STEPS / 2; i < STEPS; i++) assert_ok(step(&second, i, false));
    assert_same_weights(&whole, &second);
    trainer_swap_average(whole.trainer);
    trainer_swap_average(second.trainer);
    assert_same_weights(&whole, &second);
    assert_refused(trainer_load(first.trainer, path, "another"), AMEND_BAD_DATA, "another recipe");
    drop(&whole);
    drop(&first);
    drop(&second);
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
    assert_ok(step(&broken, 0, false));
    assert_ok(step(&sound, 0, false));
    assert_refused(step(&broken, 1, true), AMEND_NUMERIC, "not a number");
    assert_same_weights(&broken, &sound);
    assert_int_equal(trainer_at(broken.trainer)->step, 1);
    drop(&broken);
    drop(&sound);
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
    drop(&parts);
    drop(&whole);
}

static void memory_that_cannot_be_enough(void **state)
{
    net n;
    (void)state;
    assert_int_equal(try_within(&n, NN_F32, 1, BATCH, 1000000).code, AMEND_NO_MEMORY);
    assert_null(n.trainer);
    drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumed_run_equals_one_never_stopped), cmocka_unit_test(test_resumed_run_in_bf16),
        cmocka_unit_test(test_loss_that_is_not_a_number), cmocka_unit_test(parts_keep_the_memory),
        cmocka_unit_test(memory_that_cannot_be_enough)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
