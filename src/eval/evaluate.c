/* Evaluation in batches. */
#include "eval/evaluate.h"

#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "nn/loss.h"

static amend_status same_classes(amend_model *model, const dataset *set)
{
    size_t classes = amend_model_classes(model);
    bool same = dataset_classes(set) == classes;
    for (size_t i = 0; same && i < classes; i++)
        same = !strcmp(dataset_label_name(set, i), amend_model_label(model, i));
    if (same) return status_ok();
    return status_error(
        AMEND_BAD_DATA,
        "%s was trained on %zu classes (%s ...), the data set has %zu (%s ...); take a model of this set",
        amend_model_path(model), classes, amend_model_label(model, 0), dataset_classes(set),
        dataset_label_name(set, 0));
}

static amend_status run_batches(const evaluate_options *options, nn_plan *plan, loader *batches, size_t classes,
                                size_t floats, size_t count, float *probabilities)
{
    progress bar;
    size_t done = 0;
    amend_status status = loader_start(batches, 0, 0);
    progress_start(&bar, "evaluating", count);
    while (!status.code) {
        data_batch batch;
        status = loader_next(batches, &batch);
        if (status.code || !batch.count) break;
        memset(nn_plan_pixels(plan), 0, options->batch * floats * sizeof(float));
        memcpy(nn_plan_pixels(plan), batch.pixels, batch.count * floats * sizeof(float));
        status = nn_plan_forward(plan, batch.count, false);
        if (status.code) break;
        nn_softmax(nn_plan_logits(plan), batch.count, classes, probabilities + done * classes);
        done += batch.count;
        progress_update(&bar, done, "");
    }
    progress_finish(&bar);
    return status;
}

amend_status evaluate_dataset(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities)
{
    const model_description *d = model_describe(model);
    const loader_options batching = {.batch = options->batch,
                                     .size = d->size,
                                     .channels = d->channels,
                                     .normal = d->normal,
                                     .threads = 1,
                                     .keep_last = true};
    nn_plan *plan = NULL;
    loader *batches = NULL;
    TRY(same_classes(model, set));
    amend_status status = model_plan(model, options->head, options->batch, options->type, &plan);
    if (!status.code) status = loader_create(set, &batching, &batches);
    if (!status.code)
        status = run_batches(options, plan, batches, d->classes, d->size * d->size * d->channels, dataset_count(set),
                             probabilities);
    loader_free(batches);
    nn_plan_free(plan);
    return status;
}
