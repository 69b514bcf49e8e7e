/* All protocols from one pass. */
#include "eval/audit.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/evaluate.h"

typedef struct audit_data {
    size_t count, classes;
    float *logits; /* without affinity */
    size_t *labels, *order;
    model_affinity parts;
} audit_data;

const char *audit_order_name(audit_order order)
{
    static const char *const names[] = {"listed", "sorted", "shuffled"};
    return names[order];
}

/* ---- orders ---- */

static void sort_by_class(audit_data *a)
{
    size_t at = 0;
    for (size_t label = 0; label < a->classes; label++)
        for (size_t i = 0; i < a->count; i++)
            if (a->labels[i] == label) a->order[at++] = i;
}

static void put_in_order(audit_data *a, audit_order order, size_t shuffle)
{
    for (size_t i = 0; i < a->count; i++) a->order[i] = i;
    if (order == AUDIT_SORTED) sort_by_class(a);
    if (order != AUDIT_SHUFFLED) return;
    /* Not rng_shuffle, whose orders would be others than those of published figures. */
    rng r = rng_make(shuffle, 0x61756469 /* "audi" */, 0);
    for (size_t i = a->count; i > 1; i--) {
        size_t k = (size_t)(rng_uniform(&r) * (double)i), held = a->order[i - 1];
        a->order[i - 1] = a->order[k];
        a->order[k] = held;
    }
}

/* ---- one protocol ---- */

/* What affinity adds to each logit of the batch. */
static void shared_part(const audit_data *a, arm_head mode, size_t first, size_t count, double *shift)
{
    for (size_t k = 0; k < a->classes; k++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) sum += (double)a->logits[a->order[first + i] * a->classes + k];
        double generic =
            mode == ARM_HEAD_EMA ? (double)a->parts.generic[k] : sum / (double)count - (double)a->parts.bias[k];
        shift[k] = mode == ARM_HEAD_EMA || mode == ARM_HEAD_BATCH ? (double)a->parts.alpha * generic : 0;
    }
}

static bool is_right(const audit_data *a, size_t image, const double *shift)
{
    const float *logits = a->logits + image * a->classes;
    size_t best = 0;
    for (size_t k = 1; k < a->classes; k++)
        if ((double)logits[k] + shift[k] > (double)logits[best] + shift[best]) best = k;
    return best == a->labels[image];
}

static double top1_of(const audit_data *a, arm_head mode, size_t batch)
{
    size_t right = 0;
    for (size_t first = 0; first < a->count; first += batch) {
        double shift[MODEL_MAX_CLASSES];
        size_t count = a->count - first < batch ? a->count - first : batch;
        shared_part(a, mode, first, count, shift);
        for (size_t i = 0; i < count; i++) right += is_right(a, a->order[first + i], shift);
    }
    return (double)right / (double)a->count;
}

static void add_shuffle(audit_cell *cell, double top1, size_t number)
{
    if (!number || top1 < cell->lowest) cell->lowest = top1;
    if (!number || top1 > cell->highest) cell->highest = top1;
    double before = cell->top1, share = 1 / (double)(number + 1); /* Welford's running mean and variance */
    cell->top1 += (top1 - before) * share;
    cell->deviation += (top1 - before) * (top1 - cell->top1);
}

static void measure(audit_data *a, audit_report *report)
{
    for (size_t o = 0; o < AUDIT_ORDERS; o++) {
        size_t repeats = o == AUDIT_SHUFFLED ? report->shuffles : 1;
        for (size_t n = 0; n < repeats; n++) {
            put_in_order(a, (audit_order)o, n);
            for (size_t m = 0; m < report->mode_count; m++)
                for (size_t b = 0; b < AUDIT_BATCHES; b++)
                    add_shuffle(&report->cells[m][o][b], top1_of(a, report->modes[m], (size_t)1 << b), n);
        }
        for (size_t m = 0; m < report->mode_count; m++)
            for (size_t b = 0; b < AUDIT_BATCHES; b++) {
                audit_cell *cell = &report->cells[m][o][b];
                cell->deviation = repeats > 1 ? sqrt(fmax(cell->deviation, 0) / (double)(repeats - 1)) : 0;
            }
    }
}

/* ---- the whole ---- */

static amend_status read_logits(amend_model *model, const dataset *set, audit_data *a)
{
    bool pooled = model_describe(model)->head == ARM_HEAD_GAP;
    const evaluate_options options = {.head = pooled ? ARM_HEAD_GAP : ARM_HEAD_NONE, .batch = 64, .type = NN_F32};
    if (!pooled) TRY(model_affinity_of(model, &a->parts));
    TRY(mem_alloc(&a->logits, a->count * a->classes, sizeof *a->logits, "logits"));
    TRY(mem_alloc(&a->labels, a->count, sizeof *a->labels, "labels"));
    TRY(mem_alloc(&a->order, a->count, sizeof *a->order, "order"));
    for (size_t i = 0; i < a->count; i++) a->labels[i] = dataset_label(set, i);
    return evaluate_logits(model, set, &options, a->logits);
}

amend_status audit_model(amend_model *model, const dataset *set, size_t shuffles, audit_report *report)
{
    audit_data a = {.count = dataset_count(set), .classes = amend_model_classes(model)};
    arm_head head = model_describe(model)->head;
    memset(report, 0, sizeof *report);
    if (!shuffles || shuffles > 1000)
        return status_error(AMEND_BAD_ARGUMENT, "%zu shuffles; 1..1000 are possible", shuffles);
    report->images = a.count;
    report->shuffles = shuffles;
    if (head == ARM_HEAD_GAP) report->modes[report->mode_count++] = ARM_HEAD_GAP;
    if (head == ARM_HEAD_EMA) report->modes[report->mode_count++] = ARM_HEAD_EMA;
    if (head == ARM_HEAD_EMA || head == ARM_HEAD_BATCH) report->modes[report->mode_count++] = ARM_HEAD_BATCH;
    if (head != ARM_HEAD_GAP) report->modes[report->mode_count++] = ARM_HEAD_NONE;
    amend_status status = read_logits(model, set, &a);
    if (!status.code) measure(&a, report);
    mem_free(a.logits);
    mem_free(a.labels);
    mem_free(a.order);
    return status;
}

double audit_spread(const audit_report *report, size_t mode)
{
    double low = 1, high = 0;
    for (size_t o = 0; o < AUDIT_ORDERS; o++)
        for (size_t b = 0; b < AUDIT_BATCHES; b++) {
            low = fmin(low, report->cells[mode][o][b].lowest);
            high = fmax(high, report->cells[mode][o][b].highest);
        }
    return high - low;
}
