/* amend bench infer: the whole way from pixels in memory to logits. */
#include <string.h>

#include "base/mem.h"
#include "cli/bench.h"
#include "image/image.h"
#include "model/folded.h"
#include "model/model.h"
#include "nn/dnn.h"

/* A network with random weights; without ranges from data, 8-bit activations get steps that only cost time. */
static amend_status random_program(const bench_request *r, nn_type type, nn_program **program)
{
    const model_description *d = &r->network;
    nn_table *table = NULL;
    nn_params params = {0};
    model_folded *folded = NULL;
    nn_steps ranges;
    nn_program_options options = {.batch = r->batch, .type = type, .steps = &ranges};
    for (size_t i = 0; i < NN_MAX_ROWS; i++) ranges.step[i] = 0.05f;
    memcpy(options.mean, d->normal.mean, sizeof d->normal.mean);
    memcpy(options.deviation, d->normal.deviation, sizeof d->normal.deviation);
    amend_status status = mem_alloc(&table, 1, sizeof *table, "network");
    if (!status.code) status = description_build(d, table);
    if (!status.code) status = nn_params_create(table, &params);
    if (!status.code) nn_params_init(&params, 1);
    if (!status.code) status = model_fold(d, &params, &folded);
    if (!status.code) status = nn_program_create(&folded->table, &folded->params, &options, program);
    model_folded_free(folded);
    nn_params_free(&params);
    mem_free(table);
    return status;
}

/* The request borrows the model's description. */
static amend_status model_file_program(bench_request *r, nn_type *type, amend_model **model, nn_program **program)
{
    TRY(model_open(r->model, model));
    r->network = *model_describe(*model);
    if (r->best_type) *type = model_best_type(*model);
    return model_program(*model, r->batch, *type, program);
}

static amend_status run_once(void *context)
{
    return nn_context_run(context, 1);
}

static amend_status measure(const bench_request *r, const nn_program *program, bench_result *result)
{
    const model_description *d = &r->network;
    nn_context *context = NULL;
    nn_table *table = NULL;
    size_t features;
    amend_status status = mem_alloc(&table, 1, sizeof *table, "network");
    if (!status.code) status = description_backbone(d, table, &features);
    if (!status.code) status = nn_context_create(program, &context);
    if (!status.code) {
        rng random = rng_make(1, 2, 3);
        for (size_t i = 0; i < r->batch * d->size * d->size * d->channels; i++)
            nn_context_pixels(context)[i] = (uint8_t)rng_below(&random, 256);
        status = bench_rounds(run_once, context, table, NULL, r->seconds, result);
        result->planned = nn_program_bytes(program) + nn_program_context_bytes(program);
    }
    nn_context_free(context);
    mem_free(table);
    return status;
}

typedef struct call {
    amend_model *model;
    amend_image photo;
} call;

static amend_status predict_once(void *data)
{
    const amend_box face = {100, 80, 300, 300};
    float probabilities[AMEND_MAX_CLASSES];
    call *c = data;
    return amend_model_predict(c->model, &c->photo, &face, probabilities);
}

/* The whole of what a program calls for one face, but for reading the photo. */
static amend_status time_call(const bench_request *r, nn_type type, double *seconds)
{
    const amend_precision precision = type == NN_U8     ? AMEND_PRECISION_INT8
                                      : type == NN_BF16 ? AMEND_PRECISION_BF16
                                                        : AMEND_PRECISION_F32;
    call c = {0};
    bench_times times = {0};
    amend_status status = amend_model_open_precision(r->model, precision, &c.model);
    if (!status.code) status = image_create(&c.photo, 512, 512, 3);
    if (!status.code) memset(c.photo.pixels, 0, c.photo.width * c.photo.height * c.photo.channels);
    if (!status.code) status = bench_time(predict_once, &c, r->seconds / 4, &times);
    *seconds = times.median;
    amend_image_free(&c.photo);
    amend_model_free(c.model);
    return status;
}

amend_status bench_infer(const bench_request *request, bench_result *result)
{
    bench_request r = *request;
    amend_model *model = NULL;
    nn_program *program = NULL;
    nn_type type = r.type;
    if (r.best_type) type = dnn_has_fast(NN_U8) ? NN_U8 : dnn_has_fast(NN_BF16) ? NN_BF16 : NN_F32;
    amend_status status =
        r.model ? model_file_program(&r, &type, &model, &program) : random_program(&r, type, &program);
    *result = (bench_result){.what = "inference", .type = type, .batch = r.batch};
    if (!status.code) status = measure(&r, program, result);
    nn_program_free(program);
    amend_model_free(model);
    if (!status.code && r.model && r.batch == 1) status = time_call(&r, type, &result->call);
    return status;
}
