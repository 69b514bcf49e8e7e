/* Training steps and checkpoints. */
#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/number.h"
#include "nn/loss.h"
#include "nn/plan.h"
#include "train/identity.h"
#include "weights/safetensors.h"

enum { NAME_SIZE = NN_NAME_SIZE + 32, COPIES = 4 };

struct trainer {
    trainer_options options;
    trainer_position position;
    size_t steps, part, sample_floats, classes;
    nn_params *params;
    nn_plan *plan;
    optimizer_array *arrays; /* those that learn */
    size_t array_count;
    float *state;    /* moments, averages, and the running statistics as they were before the step */
    float *before;   /* the latter, into state */
    float **average; /* per parameter, into state; NULL without an average */
    float *sum;      /* of the parts' gradients; NULL when a batch is one part */
    size_t state_floats;
};

static void share_state(trainer *t)
{
    float *next = t->state;
    for (size_t i = 0; i < t->params->count; i++) {
        nn_param *p = &t->params->items[i];
        if (t->average) {
            t->average[i] = next;
            memcpy(next, p->value, p->count * sizeof *next);
            next += p->count;
        }
        if (!nn_param_learns(p)) continue;
        t->arrays[t->array_count++] = (optimizer_array){.value = p->value,
                                                        .gradient = p->gradient,
                                                        .moment1 = next,
                                                        .moment2 = next + p->count,
                                                        .average = t->average ? t->average[i] : NULL,
                                                        .rounded = p->rounded,
                                                        .count = p->count,
                                                        .decay = t->options.decay_all || p->dims > 1,
                                                        .rate = (double)p->rate};
        next += 2 * p->count;
    }
    t->before = next;
}

/* A step that fails must leave the running statistics as they were. */
static void keep_statistics(trainer *t, bool restore)
{
    float *kept = t->before;
    for (size_t i = 0; i < t->params->count; i++) {
        nn_param *p = &t->params->items[i];
        if (p->trainable) continue;
        memcpy(restore ? p->value : kept, restore ? kept : p->value, p->count * sizeof *kept);
        kept += p->count;
    }
}

/* Two moments of what learns, the statistics as they were, the average. */
static size_t count_state(const trainer *t)
{
    size_t floats = t->options.average > 0 ? t->params->values : 0;
    for (size_t i = 0; i < t->params->count; i++) {
        const nn_param *p = &t->params->items[i];
        floats += nn_param_learns(p) ? 2 * p->count : p->trainable ? 0 : p->count;
    }
    return floats;
}

/* Bytes beside the plan. */
static size_t state_bytes(const trainer *t, size_t parts)
{
    size_t gradients = parts > 1 ? t->params->values : 0;
    size_t rounded = t->options.type == NN_BF16 ? t->params->values * sizeof(uint16_t) : 0;
    return (2 * t->params->values + t->state_floats + gradients) * sizeof(float) + rounded +
           teacher_bytes(t->options.teacher);
}

/* A plan for the whole batch, or for the largest equal part of at least two samples that the memory allows. */
static amend_status make_plan(trainer *t, const nn_table *table)
{
    const trainer_options *o = &t->options;
    amend_status status =
        status_error(AMEND_NO_MEMORY, "weights and optimiser alone need %zu MB, over the limit of %zu MB",
                     state_bytes(t, 1) / 1000000, o->memory / 1000000);
    for (size_t parts = 1; parts == 1 || o->batch / parts >= 2; parts++) {
        size_t held = state_bytes(t, parts);
        bool other = o->part && o->batch / parts != o->part;
        if (o->batch % parts || other || (o->memory && o->memory <= held)) continue;
        t->part = o->batch / parts;
        const nn_plan_options plan = {t->part, o->type, true, o->memory ? o->memory - held : 0};
        status = nn_plan_create(table, t->params, &plan, &t->plan);
        if (status.code != AMEND_NO_MEMORY || !o->memory) return status;
    }
    return status;
}

amend_status trainer_create(const nn_table *table, nn_params *params, const trainer_options *options, size_t steps,
                            trainer **made)
{
    nn_shape input = table->shapes[0];
    trainer *t = NULL;
    *made = NULL;
    if (!steps)
        return status_error(AMEND_BAD_DATA, "fewer training images than one batch of %zu; take a smaller train.batch",
                            options->batch);
    TRY(mem_alloc(&t, 1, sizeof *t, "trainer"));
    t->options = *options;
    t->params = params;
    t->steps = steps;
    t->sample_floats = input.h * input.w * input.c;
    t->classes = table->shapes[table->count - 1].c;
    t->state_floats = count_state(t);
    amend_status status = make_plan(t, table);
    if (!status.code) status = mem_alloc(&t->arrays, params->count, sizeof *t->arrays, "optimiser state");
    if (!status.code) status = mem_alloc(&t->state, t->state_floats, sizeof *t->state, "optimiser state");
    if (!status.code && t->part < options->batch)
        status = mem_alloc(&t->sum, params->values, sizeof *t->sum, "sum of gradients");
    if (!status.code && options->average > 0)
        status = mem_alloc(&t->average, params->count, sizeof *t->average, "weight average");
    if (status.code) {
        trainer_free(t);
        return status;
    }
    share_state(t);
    *made = t;
    return status;
}

void trainer_free(trainer *t)
{
    if (!t) return;
    nn_plan_free(t->plan);
    mem_free(t->arrays);
    mem_free(t->state);
    mem_free(t->average);
    mem_free(t->sum);
    mem_free(t);
}

static size_t count_right(const trainer *t, const float *targets)
{
    const float *logits = nn_plan_logits(t->plan);
    size_t right = 0;
    for (size_t n = 0; n < t->part; n++)
        right += nn_largest(logits + n * t->classes, t->classes) == nn_largest(targets + n * t->classes, t->classes);
    return right;
}

/* A young average follows the weights closely, so that it forgets the first values. */
static double average_decay(const trainer *t)
{
    double young = (2 + (double)t->position.step) / (11 + (double)t->position.step);
    return young < t->options.average ? young : t->options.average;
}

/* Those of running statistics; the optimiser makes the others, and what is frozen keeps its own. */
static void average_statistics(trainer *t, double decay)
{
    for (size_t i = 0; t->average && i < t->params->count; i++) {
        const nn_param *p = &t->params->items[i];
        if (!p->trainable && p->rate > 0) optimizer_average(t->average[i], p->value, p->count, decay);
    }
}

static void learn(trainer *t, double norm)
{
    const trainer_position *at = &t->position;
    const optimizer_update now = {.number = at->step + 1,
                                  .rate = schedule_rate(&t->options.schedule, at->epoch, at->batch, t->steps),
                                  .scale = optimizer_scale(norm, t->options.clip),
                                  .average = average_decay(t)};
    optimizer_step(&t->options.optimizer, t->arrays, t->array_count, &now);
    average_statistics(t, now.average);
    t->params->rounded_version = ++t->params->version;
}

/* Gradients of one part to the sum, or with `back` the sum to the gradients. */
static void sum_gradients(trainer *t, bool back, float share)
{
    float *sum = t->sum;
    for (size_t i = 0; i < t->array_count; i++) {
        const optimizer_array *a = &t->arrays[i];
        for (size_t k = 0; k < a->count && back; k++) a->gradient[k] = sum[k];
        for (size_t k = 0; k < a->count && !back; k++) sum[k] += share * a->gradient[k];
        sum += a->count;
    }
}

/* Forward and backward of the samples from `first` on, towards `targets`; adds its share to the mean loss. */
static amend_status run_part(trainer *t, const data_batch *batch, const float *targets, size_t first, double *loss,
                             size_t *right)
{
    const loss_options losses = {t->options.smoothing, t->options.class_weights};
    double share = (double)t->part / (double)t->options.batch;
    memcpy(nn_plan_pixels(t->plan), batch->pixels + first * t->sample_floats,
           t->part * t->sample_floats * sizeof(float));
    TRY(nn_plan_forward(t->plan, t->part, true));
    *right += count_right(t, batch->targets + first * t->classes);
    *loss += share * nn_cross_entropy(nn_plan_logits(t->plan), targets + first * t->classes, t->part, t->classes,
                                      &losses, nn_plan_logits_gradient(t->plan));
    if (!isfinite(*loss)) return status_ok();
    TRY(nn_plan_backward(t->plan));
    if (t->sum) sum_gradients(t, false, (float)share);
    return status_ok();
}

amend_status trainer_step(trainer *t, const data_batch *batch, double *loss, size_t *right)
{
    const float *targets = batch->targets;
    *loss = 0;
    *right = 0;
    if (batch->count != t->options.batch)
        return status_error(AMEND_BAD_ARGUMENT, "a training step takes %zu samples, not %zu", t->options.batch,
                            batch->count);
    if (t->options.teacher) TRY(teacher_targets(t->options.teacher, batch, &targets));
    keep_statistics(t, false);
    if (t->sum) memset(t->sum, 0, t->params->values * sizeof *t->sum);
    for (size_t first = 0; first < batch->count && isfinite(*loss); first += t->part)
        TRY(run_part(t, batch, targets, first, loss, right));
    if (t->sum) sum_gradients(t, true, 1);
    double norm = isfinite(*loss) ? optimizer_norm(t->arrays, t->array_count) : NAN;
    if (!isfinite(norm)) {
        keep_statistics(t, true);
        return status_error(
            AMEND_NUMERIC,
            "epoch %zu, batch %zu: the loss or its gradient is not a number; the last checkpoint is good; "
            "try a smaller optimizer.rate, or optimizer.clip=1",
            t->position.epoch + 1, t->position.batch + 1);
    }
    learn(t, norm);
    t->position.step++;
    t->position.batch++;
    return status_ok();
}

const trainer_position *trainer_at(const trainer *t)
{
    return &t->position;
}

void trainer_next_epoch(trainer *t)
{
    t->position.epoch++;
    t->position.batch = 0;
}

void trainer_swap_average(trainer *t)
{
    for (size_t i = 0; t->average && i < t->params->count; i++) {
        float *value = t->params->items[i].value;
        for (size_t k = 0; k < t->params->items[i].count; k++) {
            float held = value[k];
            value[k] = t->average[i][k];
            t->average[i][k] = held;
        }
    }
    t->params->version++;
}

size_t trainer_part(const trainer *t)
{
    return t->part;
}

size_t trainer_bytes(const trainer *t)
{
    return nn_plan_bytes(t->plan) + state_bytes(t, t->sum ? 2 : 1);
}

/* ---- checkpoints ---- */

/* Which arrays of one parameter a checkpoint holds, under which prefix; NULL: it has no such array. */
static float *copy_of(const trainer *t, size_t item, size_t *array, int copy)
{
    const nn_param *p = &t->params->items[item];
    switch (copy) {
    case 0:
        return p->value;
    case 1:
        return nn_param_learns(p) ? t->arrays[*array].moment1 : NULL;
    case 2:
        return nn_param_learns(p) ? t->arrays[(*array)++].moment2 : NULL;
    default:
        return t->average ? t->average[item] : NULL;
    }
}

typedef amend_status visit(void *context, const char *name, const nn_param *param, float *values);

static amend_status visit_all(const trainer *t, visit *each, void *context)
{
    static const char *const prefixes[COPIES] = {"", "moment1.", "moment2.", "average."};
    size_t array = 0;
    for (size_t i = 0; i < t->params->count; i++)
        for (int copy = 0; copy < COPIES; copy++) {
            char name[NAME_SIZE];
            float *values = copy_of(t, i, &array, copy);
            if (!values) continue;
            snprintf(name, sizeof name, "%s%s", prefixes[copy], t->params->items[i].name);
            TRY(each(context, name, &t->params->items[i], values));
        }
    return status_ok();
}

typedef struct entry_list {
    tensor_entry *entries;
    char (*names)[NAME_SIZE];
    size_t count;
} entry_list;

static amend_status list_entry(void *context, const char *name, const nn_param *param, float *values)
{
    entry_list *list = context;
    tensor_entry *entry = &list->entries[list->count];
    snprintf(list->names[list->count], NAME_SIZE, "%s", name);
    entry->name = list->names[list->count++];
    entry->stored = TENSOR_F32;
    entry->dims = param->dims;
    memcpy(entry->shape, param->shape, param->dims * sizeof *param->shape);
    entry->data = values;
    return status_ok();
}

amend_status trainer_save(const trainer *t, const char *path, const char *identity, const epoch_sums *sums)
{
    entry_list list = {0};
    char numbers[3][24], epoch[160];
    const size_t values[3] = {t->position.epoch, t->position.batch, t->position.step};
    for (int i = 0; i < 3; i++) snprintf(numbers[i], sizeof numbers[i], "%zu", values[i]);
    number_print(epoch, sizeof epoch, "%.17g %.17g %.17g %zu %zu %zu", sums->loss, sums->seconds, sums->waited,
                 sums->right, sums->images, sums->batches);
    const meta_entry meta[] = {{"amend.checkpoint", "1"},   {"amend.identity", identity}, {"amend.epoch", numbers[0]},
                               {"amend.batch", numbers[1]}, {"amend.step", numbers[2]},   {"amend.epoch_sums", epoch}};
    amend_status status = mem_alloc(&list.entries, t->params->count * COPIES, sizeof *list.entries, "checkpoint");
    if (!status.code) status = mem_alloc(&list.names, t->params->count * COPIES, sizeof *list.names, "checkpoint");
    if (!status.code) status = visit_all(t, list_entry, &list);
    if (!status.code) status = safetensors_write(path, list.entries, list.count, meta, sizeof meta / sizeof *meta);
    mem_free(list.entries);
    mem_free(list.names);
    return status;
}

static amend_status read_entry(void *context, const char *name, const nn_param *param, float *values)
{
    return safetensors_read_f32(context, name, param->shape, param->dims, values);
}

static amend_status read_number(const safetensors *file, const char *key, size_t limit, size_t *number)
{
    const char *text = safetensors_meta(file, key);
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || *text < '0' || *text > '9' || *end || value > limit)
        return status_error(AMEND_BAD_DATA, "%s: '%s' is missing or out of range: not a checkpoint of this run",
                            safetensors_path(file), key);
    *number = (size_t)value;
    return status_ok();
}

/* Checkpoints of older versions have none. */
static amend_status read_sums(const safetensors *file, epoch_sums *sums)
{
    const char *text = safetensors_meta(file, "amend.epoch_sums");
    double *const reals[] = {&sums->loss, &sums->seconds, &sums->waited};
    char *rest = (char *)text;
    *sums = (epoch_sums){0};
    for (int i = 0; text && i < 3; i++) *reals[i] = number_read(rest, &rest);
    if (!text || sscanf(rest, "%zu %zu %zu", &sums->right, &sums->images, &sums->batches) == 3) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: 'amend.epoch_sums' is not six numbers: not a checkpoint of this run",
                        safetensors_path(file));
}

amend_status trainer_read_part(const char *path, size_t *part)
{
    safetensors *file = NULL;
    TRY(safetensors_open(path, &file));
    const char *identity = safetensors_meta(file, "amend.identity");
    *part = identity ? run_identity_part(identity) : 0;
    safetensors_free(file);
    return status_ok();
}

amend_status trainer_load(trainer *t, const char *path, const char *identity, epoch_sums *sums)
{
    safetensors *file = NULL;
    TRY(safetensors_open(path, &file));
    const char *found = safetensors_meta(file, "amend.identity");
    amend_status status = status_ok();
    if (!found || !run_identity_is(found, identity))
        status = status_error(AMEND_BAD_DATA,
                              "%s: the checkpoint belongs to another recipe or data set; resume with the same ones, or "
                              "train into another folder",
                              path);
    if (!status.code) status = read_number(file, "amend.epoch", 1000000, &t->position.epoch);
    if (!status.code) status = read_number(file, "amend.batch", t->steps, &t->position.batch);
    if (!status.code) status = read_number(file, "amend.step", SIZE_MAX / 2, &t->position.step);
    if (!status.code) status = read_sums(file, sums);
    if (!status.code) status = visit_all(t, read_entry, file);
    t->params->version++;
    safetensors_free(file);
    return status;
}
