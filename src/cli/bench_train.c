/* amend bench train: training steps on random pixels and labels; time does not depend on what is seen. */
#include <string.h>

#include "base/mem.h"
#include "cli/bench.h"
#include "train/trainer.h"

static amend_status make_batch(size_t count, size_t floats, size_t classes, data_batch *batch)
{
    rng r = rng_make(1, 2, 3);
    memset(batch, 0, sizeof *batch);
    batch->count = count;
    TRY(mem_alloc(&batch->pixels, count * floats, sizeof(float), "batch"));
    TRY(mem_alloc(&batch->targets, count * classes, sizeof(float), "batch"));
    for (size_t i = 0; i < count * floats; i++) batch->pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < count; i++) batch->targets[i * classes + rng_below(&r, classes)] = 1;
    return status_ok();
}

typedef struct steps {
    trainer *trainer;
    data_batch batch;
} steps;

static amend_status one_step(void *data)
{
    steps *s = data;
    double loss;
    size_t right;
    return trainer_step(s->trainer, &s->batch, &loss, &right);
}

static amend_status measure(const bench_request *r, const nn_table *table, const nn_params *params, steps *s,
                            bench_result *result)
{
    const model_description *d = &r->network;
    TRY(make_batch(r->batch, d->size * d->size * d->channels, d->classes, &s->batch));
    TRY(bench_rounds(one_step, s, table, params, r->seconds, result));
    result->planned = trainer_bytes(s->trainer);
    return status_ok();
}

amend_status bench_train(const bench_request *r, bench_result *result)
{
    const trainer_options options = {
        .batch = r->batch,
        .type = r->type,
        .optimizer = {OPTIMIZER_ADAM, 0.9, 0.999, 1e-8, 0, false, 1e-4},
        .schedule = {.kind = SCHEDULE_EXPONENTIAL, .rate = 1e-4, .factor = 1, .epochs = 1}};
    nn_table *table = NULL;
    nn_params params = {0};
    steps s = {0};
    *result = (bench_result){.what = "training step", .type = r->type, .batch = r->batch};
    amend_status status = mem_alloc(&table, 1, sizeof *table, "network");
    if (!status.code) status = description_build(&r->network, table);
    if (!status.code) status = nn_params_create(table, &params);
    if (!status.code) nn_params_init(&params, 1);
    if (!status.code) status = trainer_create(table, &params, &options, 1000000, &s.trainer);
    if (!status.code) status = measure(r, table, &params, &s, result);
    mem_free(s.batch.pixels);
    mem_free(s.batch.targets);
    trainer_free(s.trainer);
    nn_params_free(&params);
    mem_free(table);
    return status;
}
