/* Training and evaluation of one run. */
#include "ablate/run.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "eval/evaluate.h"
#include "train/identity.h"
#include "train/log.h"
#include "train/notes.h"
#include "train/run.h"

/* Older versions' notes have no hashes; then the recipe tells, but for the content of files. */
static amend_status is_other_by_recipe(const ablate_run *run, bool *other)
{
    char path[FILE_PATH];
    uint64_t held_hash, hash;
    recipe held = recipe_defaults();
    TRY(file_in(run->folder, "recipe.ini", path));
    if (!file_exists(path)) return status_ok();
    TRY(config_load(path, recipe_keys, recipe_key_count, &held));
    TRY(recipe_hash(&held, &held_hash));
    TRY(recipe_hash(&run->recipe, &hash));
    *other |= held_hash != hash;
    return status_ok();
}

amend_status ablate_run_is_other(const ablate_run *run, bool *other)
{
    char path[FILE_PATH];
    train_costs held = {0};
    TRY(file_in(run->folder, "run.txt", path));
    if (file_exists(path)) TRY(notes_read(path, &held));
    if (!held.recipe_hash) return is_other_by_recipe(run, other);
    *other = held.recipe_hash != run->recipe_hash || held.data_hash != run->data_hash;
    return status_ok();
}

amend_status ablate_run_forget(const ablate_run *run)
{
    static const char *const names[] = {"checkpoint.safetensors", "model.safetensors", "log.csv", "recipe.ini",
                                        "run.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[FILE_PATH];
        TRY(file_in(run->folder, names[i], path));
        if (unlink(path) && errno != ENOENT) return status_errno(path, "remove");
    }
    return status_ok();
}

static amend_status train(const ablate_run *run, const char *model)
{
    const train_request request = {&run->recipe, run->data, run->folder, 0, true};
    if (file_exists(model)) return status_ok();
    return train_run(&request);
}

/* Time from the log, memory and machine from the notes. */
static amend_status read_costs(const ablate_run *run, ablate_result *result)
{
    char path[FILE_PATH];
    train_log log = {0};
    train_costs costs;
    double images = 0;
    TRY(file_in(run->folder, "run.txt", path));
    TRY(notes_read(path, &costs));
    TRY(file_in(run->folder, "log.csv", path));
    amend_status status = log_read(path, SIZE_MAX, &log);
    for (size_t i = 0; i < log.count; i++) {
        images += log.rows[i].images_per_second * log.rows[i].seconds;
        result->seconds += log.rows[i].seconds;
    }
    log_free(&log);
    result->images_per_second = result->seconds > 0 ? images / result->seconds : 0;
    result->planned_bytes = costs.planned_bytes;
    result->parameters = costs.parameters;
    results_field(result->processor, sizeof result->processor, costs.processor);
    return status;
}

static amend_status measure_set(amend_model *model, const dataset *set, ablate_result *result)
{
    arm_head head = model_describe(model)->head;
    const evaluate_options how = {.head = head, .batch = evaluate_batch(head), .type = NN_F32};
    eval_metrics metrics;
    float *probabilities = NULL;
    TRY(mem_alloc(&probabilities, dataset_count(set) * amend_model_classes(model), sizeof(float), "predictions"));
    amend_status status = evaluate_metrics(model, set, &how, probabilities, &metrics);
    result->top1 = metrics.top1;
    result->mean_class = metrics.mean_class;
    result->macro_f1 = metrics.macro_f1;
    result->ece = metrics.ece;
    result->count = metrics.count;
    eval_metrics_free(&metrics);
    mem_free(probabilities);
    return status;
}

static amend_status measure(const ablate_run *run, const char *path, ablate_result *result)
{
    amend_model *model = NULL;
    dataset *set = NULL;
    data_options options = recipe_data(&run->recipe, run->data);
    options.split = run->split;
    options.soft = false;
    TRY(model_open(path, &model));
    amend_status status = dataset_open(&options, &set);
    if (!status.code) result->measured = run_data_hash(set);
    if (!status.code) status = measure_set(model, set, result);
    dataset_free(set);
    amend_model_free(model);
    return status;
}

amend_status ablate_run_do(const ablate_run *run, ablate_result *result)
{
    char model[FILE_PATH];
    TRY(file_in(run->folder, "model.safetensors", model));
    TRY(train(run, model));
    TRY(measure(run, model, result));
    return read_costs(run, result);
}
