/* What runs again and again allocates nothing: training steps with their loader, and inference. oneDNN makes a list of
 * arguments in each call; AddressSanitizer's hooks, which see the allocations of all libraries, show that this is all:
 * small blocks, all given back. */
#include <stdatomic.h>

#include "bf16.h"
#include "base/mem.h"
#include "data/loader.h"
#include "data/synth.h"
#include "model/folded.h"
#include "nn/program.h"
#include "support.h"
#include "train/trainer.h"

enum { BATCH = 4, SIDE = 32, CLASSES = 3, WARM = 2, STEADY = 4 };

#if defined(__SANITIZE_ADDRESS__)
#define COUNTS true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTS true
#endif
#endif
#ifndef COUNTS
#define COUNTS false
#endif

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *)) __attribute__((weak));

enum { SMALL = 1024 };

static atomic_size_t large, taken, given;

static void on_malloc(const volatile void *block, size_t size)
{
    (void)block;
    atomic_fetch_add(&taken, 1);
    if (size > SMALL) atomic_fetch_add(&large, 1);
}

static void on_free(const volatile void *block)
{
    if (block) atomic_fetch_add(&given, 1);
}

static int set_up(void **state)
{
    if (make_test_folder(state)) return -1;
    if (!COUNTS || !__sanitizer_install_malloc_and_free_hooks) {
        print_message("built without AddressSanitizer: allocations are not counted\n");
        return 0;
    }
    return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) ? 0 : -1;
}

typedef struct counts {
    size_t ours, large, held;
} counts;

static counts count(void)
{
    return (counts){mem_calls(), atomic_load(&large), atomic_load(&taken) - atomic_load(&given)};
}

static void assert_steady(counts before)
{
    counts now = count();
    assert_int_equal(now.ours, before.ours);
    assert_int_equal(now.large, before.large);
    assert_int_equal(now.held, before.held);
}

static void the_counters_count(void **state)
{
    void *block = NULL;
    counts before = count();
    (void)state;
    assert_ok(mem_alloc(&block, 1, 2 * SMALL, "block"));
    assert_int_equal(count().ours, before.ours + 1);
    assert_int_equal(count().large, before.large + COUNTS);
    assert_int_equal(count().held, before.held + COUNTS);
    mem_free(block);
    assert_int_equal(count().held, before.held);
}

static model_description describe(void)
{
    return (model_description){.small_stem = true,
                               .width = 0.25,
                               .head = ARM_HEAD_EMA,
                               .arrangement = 8,
                               .size = SIDE,
                               .channels = 1,
                               .classes = CLASSES,
                               .normal = {{0.5f}, {0.25f}}};
}

typedef struct training {
    nn_table *table;
    nn_params params;
    trainer *trainer;
    float pixels[BATCH * SIDE * SIDE], targets[BATCH * CLASSES];
} training;

static training *training_make(nn_type type)
{
    const model_description d = describe();
    const trainer_options options = {.batch = BATCH,
                                     .type = type,
                                     .optimizer = {OPTIMIZER_ADAM, 0.9, 0.999, 1e-8, 0, false, 1e-4},
                                     .schedule = {.kind = SCHEDULE_COSINE, .rate = 1e-3, .epochs = 1},
                                     .average = 0.9,
                                     .clip = 1};
    training *t = NULL;
    rng r = rng_make(3, 1, 4);
    assert_ok(mem_alloc(&t, 1, sizeof *t, "training"));
    assert_ok(mem_alloc(&t->table, 1, sizeof *t->table, "table"));
    assert_ok(description_build(&d, t->table));
    assert_ok(nn_params_create(t->table, &t->params));
    nn_params_init(&t->params, 1);
    assert_ok(trainer_create(t->table, &t->params, &options, WARM + STEADY, &t->trainer));
    for (size_t i = 0; i < BATCH * SIDE * SIDE; i++) t->pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < BATCH; i++) t->targets[i * CLASSES + i % CLASSES] = 1;
    return t;
}

static void training_free(training *t)
{
    trainer_free(t->trainer);
    nn_params_free(&t->params);
    mem_free(t->table);
    mem_free(t);
}

static void steps_of(nn_type type)
{
    training *t = training_make(type);
    const data_batch batch = {t->pixels, t->targets, NULL, BATCH};
    counts before = {0};
    size_t right;
    double loss;
    for (int i = 0; i < WARM + STEADY; i++) {
        if (i == WARM) before = count();
        assert_ok(trainer_step(t->trainer, &batch, &loss, &right));
    }
    assert_steady(before);
    training_free(t);
}

static void training_steps(void **state)
{
    (void)state;
    steps_of(NN_F32);
}

static void training_steps_bf16(void **state)
{
    (void)state;
    needs_bf16();
    steps_of(NN_BF16);
}

static void inference(void **state)
{
    const model_description d = describe();
    training *t = training_make(NN_F32);
    model_folded *folded = NULL;
    nn_program *program = NULL;
    nn_context *context = NULL;
    nn_program_options options = {.batch = BATCH, .deviation = {1}};
    (void)state;
    assert_ok(model_fold(&d, &t->params, &folded));
    for (size_t i = 0; i < NN_MAX_ROWS; i++) folded->steps.step[i] = 0.05f;
    options.steps = &folded->steps;
    for (int type = NN_F32; type <= NN_U8; type++) {
        options.type = (nn_type)type;
        if (!dnn_has(options.type)) continue;
        assert_ok(nn_program_create(&folded->table, &folded->params, &options, &program));
        assert_ok(nn_context_create(program, &context));
        for (int i = 0; i < WARM; i++) assert_ok(nn_context_run(context, BATCH));
        counts before = count();
        for (int i = 0; i < STEADY; i++) assert_ok(nn_context_run(context, BATCH));
        assert_steady(before);
        nn_context_free(context);
        nn_program_free(program);
    }
    model_folded_free(folded);
    training_free(t);
}

/* Batches from a drawn set, augmented. */
static void loading(void **state)
{
    dataset *set = NULL;
    loader *batches = NULL;
    data_batch batch;
    data_options data = data_options_defaults(in_test_folder("set"));
    const synth_set drawn = {.folder = in_test_folder("set"), .count = 70, .size = 48, .seed = 1};
    (void)state;
    assert_ok(synth_write_set(&drawn));
    data.split = DATA_TRAIN;
    data.size = SIDE;
    data.channels = 1;
    assert_ok(dataset_open(&data, &set));
    const loader_options options = {
        .batch = BATCH,
        .size = SIDE,
        .channels = 1,
        .augment = {.flip = 0.5, .rotation = 10, .scale = 0.1, .erase = 0.5, .erase_low = 0.02, .erase_high = 0.1},
        .normal = {{0.5f}, {0.25f}},
        .threads = 1,
        .shuffle = true};
    assert_ok(loader_create(set, &options, &batches));
    assert_ok(loader_start(batches, 0, 0));
    for (int i = 0; i < WARM; i++) assert_ok(loader_next(batches, &batch));
    counts before = count();
    for (int i = 0; i < STEADY; i++) assert_ok(loader_next(batches, &batch));
    assert_steady(before);
    loader_free(batches);
    dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_counters_count), cmocka_unit_test(training_steps),
                                       cmocka_unit_test(training_steps_bf16), cmocka_unit_test(inference),
                                       cmocka_unit_test(loading)};
    return cmocka_run_group_tests(tests, set_up, remove_test_folder);
}
