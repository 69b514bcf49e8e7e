/* Evaluation in batches. */
#include "eval/evaluate.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"

size_t evaluate_batch(arm_head head)
{
    enum { FAST = 64 };
    return head == ARM_HEAD_BATCH ? 1 : FAST;
}

amend_status evaluate_check_classes(amend_model *model, const dataset *set)
{
    size_t classes = amend_model_classes(model);
    size_t others = dataset_classes(set), at = 0;
    while (at < classes && at < others && !strcmp(dataset_label_name(set, at), amend_model_label(model, at))) at++;
    if (at == classes && at == others) return status_ok();
    return status_error(
        AMEND_BAD_DATA,
        "%s was trained on %zu classes, the data set has %zu (class %zu is %s there, %s here); take a model of this "
        "set, or measure on the classes that both have, with 'amend eval --shared'",
        amend_model_path(model), classes, others, at + 1, at < classes ? amend_model_label(model, at) : "none",
        at < others ? dataset_label_name(set, at) : "none");
}

/* What gives logits for a batch: the folded program, or for `batch` affinity over several images the unfolded plan. */
typedef struct network {
    nn_program *program;
    nn_context *context;
    nn_plan *plan;
} network;

static void network_free(network *n)
{
    nn_context_free(n->context);
    nn_program_free(n->program);
    nn_plan_free(n->plan);
}

static amend_status network_open(amend_model *model, const evaluate_options *options, network *n)
{
    bool alone = options->head != ARM_HEAD_BATCH || options->batch == 1;
    bool folds = alone && options->head == model_describe(model)->head;
    if (!folds && (options->type == NN_U8 || model_check_weights(model).code))
        return status_error(
            AMEND_UNSUPPORTED,
            "%s: affinity %s%s cannot be measured in 8 bits, nor of a network that was folded for good; "
            "take the model it was made from%s",
            amend_model_path(model), arm_head_names[options->head], alone ? "" : " over several images",
            alone ? "" : ", or --batch 1");
    if (!folds) return model_plan(model, options->head, options->batch, options->type, &n->plan);
    TRY(model_program(model, options->batch, options->type, &n->program));
    return nn_context_create(n->program, &n->context);
}

/* values: count x `each` pixels; normalised for a plan, on 0..255 for a program. */
static amend_status network_run(network *n, const float *values, size_t count, size_t each, const float **logits)
{
    if (n->context) {
        data_bytes(values, count * each, nn_context_pixels(n->context));
        TRY(nn_context_run(n->context, count));
        *logits = nn_context_logits(n->context);
        return status_ok();
    }
    memcpy(nn_plan_pixels(n->plan), values, count * each * sizeof *values);
    TRY(nn_plan_forward(n->plan, count, false));
    *logits = nn_plan_logits(n->plan);
    return status_ok();
}

static amend_status run_batches(const model_description *d, network *n, loader *batches, size_t count, float *logits)
{
    progress bar;
    size_t done = 0, each = d->size * d->size * d->channels;
    amend_status status = loader_start(batches, 0, 0);
    progress_start(&bar, "evaluating", count);
    while (!status.code) {
        data_batch batch;
        const float *found;
        status = loader_next(batches, &batch);
        if (status.code || !batch.count) break;
        status = network_run(n, batch.pixels, batch.count, each, &found);
        if (status.code) break;
        memcpy(logits + done * d->classes, found, batch.count * d->classes * sizeof *found);
        done += batch.count;
        progress_update(&bar, done, "");
    }
    progress_finish(&bar);
    return status;
}

static amend_status find_logits(amend_model *model, const dataset *set, const evaluate_options *options, bool mirrored,
                                float *logits)
{
    const model_description *d = model_describe(model);
    network n = {0};
    loader *batches = NULL;
    if (!options->shared) TRY(evaluate_check_classes(model, set));
    amend_status status = network_open(model, options, &n);
    const loader_options batching = {.batch = options->batch,
                                     .size = d->size,
                                     .channels = d->channels,
                                     .augment.flip = mirrored,
                                     .normal = n.context ? data_normal_bytes : d->normal,
                                     .threads = 1,
                                     .keep_last = true};
    if (!status.code) status = loader_create(set, &batching, &batches);
    if (!status.code) status = run_batches(d, &n, batches, dataset_count(set), logits);
    loader_free(batches);
    network_free(&n);
    return status;
}

amend_status evaluate_logits(amend_model *model, const dataset *set, const evaluate_options *options, float *logits)
{
    return find_logits(model, set, options, false, logits);
}

static amend_status find_probabilities(amend_model *model, const dataset *set, const evaluate_options *options,
                                       bool mirrored, float *probabilities)
{
    TRY(find_logits(model, set, options, mirrored, probabilities));
    description_probabilities(model_describe(model), probabilities, dataset_count(set), probabilities);
    return status_ok();
}

amend_status evaluate_dataset(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities)
{
    size_t count = dataset_count(set) * amend_model_classes(model);
    float *mirrored = NULL;
    TRY(find_probabilities(model, set, options, false, probabilities));
    if (!options->flip) return status_ok();
    TRY(mem_alloc(&mirrored, count, sizeof *mirrored, "predictions"));
    amend_status status = find_probabilities(model, set, options, true, mirrored);
    for (size_t i = 0; !status.code && i < count; i++) probabilities[i] = (probabilities[i] + mirrored[i]) / 2;
    mem_free(mirrored);
    return status;
}

/* What is measured: all images and classes, or the shared ones. */
static amend_status measure(const dataset *set, const evaluate_options *options, size_t classes, float *probabilities,
                            size_t *labels, eval_metrics *metrics)
{
    size_t count = dataset_count(set);
    if (!options->shared) {
        for (size_t i = 0; i < count; i++) labels[i] = dataset_label(set, i);
        return eval_measure(probabilities, labels, count, classes, metrics);
    }
    count = shared_reduce(options->shared, set, classes, probabilities, labels);
    if (!count) return status_error(AMEND_BAD_DATA, "no image of a shared class (%s)", options->shared->text);
    return eval_measure(probabilities, labels, count, options->shared->count, metrics);
}

amend_status evaluate_metrics(amend_model *model, const dataset *set, const evaluate_options *options,
                              float *probabilities, eval_metrics *metrics)
{
    size_t *labels = NULL;
    *metrics = (eval_metrics){0};
    TRY(evaluate_dataset(model, set, options, probabilities));
    TRY(mem_alloc(&labels, dataset_count(set), sizeof *labels, "labels"));
    amend_status status = measure(set, options, amend_model_classes(model), probabilities, labels, metrics);
    mem_free(labels);
    return status;
}
