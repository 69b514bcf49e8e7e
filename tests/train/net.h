/* A small network in training, and its steps on random pixels. */
#ifndef TESTS_TRAIN_NET_H
#define TESTS_TRAIN_NET_H

#include "support.h"

#include <math.h>

#include "base/mem.h"
#include "model/description.h"
#include "train/rates.h"
#include "train/trainer.h"

enum { BATCH = 4, SIDE = 16, CLASSES = 3, STEPS = 6 };

typedef struct net {
    nn_table *table;
    nn_params params;
    trainer *trainer;
} net;

static inline trainer_options net_options(nn_type type)
{
    return (trainer_options){.batch = BATCH,
                             .type = type,
                             .optimizer = {OPTIMIZER_ADAMW, 0.9, 0.999, 1e-8, 0, false, 1e-2},
                             .schedule = {.kind = SCHEDULE_COSINE, .rate = 1e-3, .epochs = 1},
                             .average = 0.9,
                             .clip = 1};
}

/* rates: as a recipe's optimizer.rates. */
static inline amend_status net_try(net *n, const trainer_options *options, uint64_t seed, const char *rates)
{
    const model_description d = {.small_stem = true,
                                 .width = 0.25,
                                 .head = ARM_HEAD_EMA,
                                 .arrangement = 8,
                                 .size = SIDE,
                                 .channels = 1,
                                 .classes = CLASSES};
    assert_ok(mem_alloc(&n->table, 1, sizeof *n->table, "table"));
    assert_ok(description_build(&d, n->table));
    assert_ok(nn_params_create(n->table, &n->params));
    nn_params_init(&n->params, seed);
    assert_ok(rates_apply(rates, &n->params));
    return trainer_create(n->table, &n->params, options, STEPS, &n->trainer);
}

static inline void net_drop(net *n)
{
    trainer_free(n->trainer);
    nn_params_free(&n->params);
    mem_free(n->table);
}

static inline amend_status net_step(net *n, size_t index, bool broken)
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

static inline void assert_same_weights(const net *a, const net *b)
{
    for (size_t i = 0; i < a->params.count; i++)
        assert_memory_equal(a->params.items[i].value, b->params.items[i].value,
                            a->params.items[i].count * sizeof(float));
}

#endif
