/* Metrics from probabilities: counted once into the confusion matrix and the calibration bins, then summed up. */
#include "eval/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "nn/loss.h"

static const double interval_z = 1.959963984540054; /* 97.5 % quantile of the normal distribution */
static const double sum_tolerance = 0.01;           /* room for half precision */

static amend_status check_row(const float *row, size_t classes, size_t index)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        if (!isfinite(row[k]))
            return status_error(AMEND_NUMERIC, "sample %zu: probability of class %zu is not finite", index, k);
        if (row[k] < 0) return status_error(AMEND_BAD_ARGUMENT, "sample %zu: probability %g", index, (double)row[k]);
        sum += row[k];
    }
    if (fabs(sum - 1) > sum_tolerance)
        return status_error(AMEND_BAD_ARGUMENT, "sample %zu: probabilities sum to %g, not 1; apply softmax first",
                            index, sum);
    return status_ok();
}

static void add_to_bin(eval_bin *bins, double confidence, bool right)
{
    double at = ceil(confidence * EVAL_ECE_BINS) - 1;
    eval_bin *b = &bins[(size_t)fmin(fmax(at, 0), EVAL_ECE_BINS - 1)];
    b->count++;
    b->right += right;
    b->confidence += confidence;
}

static double calibration_error(const eval_bin *bins, size_t count)
{
    double error = 0;
    for (size_t b = 0; b < EVAL_ECE_BINS; b++) error += fabs((double)bins[b].right - bins[b].confidence);
    return error / (double)count;
}

static void set_interval(eval_metrics *m)
{
    double n = (double)m->count, z2 = interval_z * interval_z;
    double middle = (m->top1 + z2 / (2 * n)) / (1 + z2 / n);
    double half = interval_z / (1 + z2 / n) * sqrt(m->top1 * (1 - m->top1) / n + z2 / (4 * n * n));
    m->top1_low = fmax(0, middle - half);
    m->top1_high = fmin(1, middle + half);
}

static eval_class measure_class(const eval_metrics *m, size_t k)
{
    size_t right = m->confusion[k * m->classes + k], predicted = 0;
    eval_class class = {0};
    for (size_t i = 0; i < m->classes; i++) {
        class.count += m->confusion[k * m->classes + i];
        predicted += m->confusion[i * m->classes + k];
    }
    class.precision = predicted ? (double)right / (double)predicted : NAN;
    class.recall = class.count ? (double)right / (double)class.count : NAN;
    class.f1 = class.count + predicted ? 2 * (double)right / (double)(class.count + predicted) : NAN;
    return class;
}

static void sum_up_classes(eval_metrics *m)
{
    size_t right = 0, present = 0;
    for (size_t k = 0; k < m->classes; k++) {
        eval_class class = measure_class(m, k);
        m->per_class[k] = class;
        right += m->confusion[k * m->classes + k];
        if (!class.count) continue;
        present++;
        m->mean_class += class.recall;
        m->macro_f1 += class.f1;
    }
    m->top1 = (double)right / (double)m->count;
    m->mean_class /= (double)present;
    m->macro_f1 /= (double)present;
}

amend_status eval_measure(const float *probabilities, const size_t *labels, size_t count, size_t classes,
                          eval_metrics *metrics)
{
    memset(metrics, 0, sizeof *metrics);
    if (!count || !classes)
        return status_error(AMEND_BAD_ARGUMENT, "nothing to measure: %zu samples, %zu classes", count, classes);
    TRY(mem_alloc(&metrics->per_class, classes, sizeof *metrics->per_class, "metrics of the classes"));
    TRY(mem_alloc(&metrics->confusion, classes, classes * sizeof *metrics->confusion, "confusion matrix"));
    metrics->count = count;
    metrics->classes = classes;
    for (size_t i = 0; i < count; i++) {
        const float *row = probabilities + i * classes;
        size_t predicted;
        TRY(check_row(row, classes, i));
        if (labels[i] >= classes)
            return status_error(AMEND_BAD_ARGUMENT, "sample %zu: label %zu of %zu classes", i, labels[i], classes);
        predicted = nn_largest(row, classes);
        metrics->confusion[labels[i] * classes + predicted]++;
        add_to_bin(metrics->bins, row[predicted], predicted == labels[i]);
    }
    sum_up_classes(metrics);
    set_interval(metrics);
    metrics->ece = calibration_error(metrics->bins, count);
    return status_ok();
}

void eval_metrics_free(eval_metrics *metrics)
{
    if (!metrics) return;
    mem_free(metrics->per_class);
    mem_free(metrics->confusion);
    memset(metrics, 0, sizeof *metrics);
}
