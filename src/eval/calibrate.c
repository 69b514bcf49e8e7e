/* The best temperature by golden section over its logarithm. */
#include "eval/calibrate.h"

#include <math.h>

#include "base/mem.h"
#include "eval/metrics.h"
#include "nn/loss.h"

/* Every `step`-th row from `first` on. */
typedef struct rows {
    const float *logits;
    const size_t *labels;
    size_t count, classes, first, step;
} rows;

static double nll(const rows *r, double temperature)
{
    double sum = 0;
    size_t used = 0;
    for (size_t i = r->first; i < r->count; i += r->step, used++) {
        const float *z = r->logits + i * r->classes;
        double top = (double)z[0], total = 0;
        for (size_t k = 1; k < r->classes; k++) top = fmax(top, (double)z[k]);
        for (size_t k = 0; k < r->classes; k++) total += exp(((double)z[k] - top) / temperature);
        sum += log(total) - ((double)z[r->labels[i]] - top) / temperature;
    }
    return sum / (double)used;
}

static double fit(const rows *r)
{
    const double golden = (sqrt(5) - 1) / 2;
    double low = log(0.05), high = log(20);
    while (high - low > 1e-5) {
        double a = high - golden * (high - low), b = low + golden * (high - low);
        if (nll(r, exp(a)) < nll(r, exp(b)))
            high = b;
        else
            low = a;
    }
    return exp((low + high) / 2);
}

/* Calibration error of the rows at a temperature; `probabilities` and `labels` have room for all. */
static amend_status ece(const rows *r, double temperature, float *probabilities, size_t *labels, double *error)
{
    eval_metrics metrics = {0};
    size_t used = 0;
    for (size_t i = r->first; i < r->count; i += r->step, used++) {
        labels[used] = r->labels[i];
        for (size_t k = 0; k < r->classes; k++)
            probabilities[used * r->classes + k] = r->logits[i * r->classes + k] / (float)temperature;
    }
    nn_softmax(probabilities, used, r->classes, probabilities);
    amend_status status = eval_measure(probabilities, labels, used, r->classes, &metrics);
    *error = metrics.ece;
    eval_metrics_free(&metrics);
    return status;
}

static amend_status measure(const rows *all, double before, float *probabilities, size_t *labels, calibration *c)
{
    double halves[2];
    c->temperature = fit(all);
    c->nll_before = nll(all, before);
    c->nll_after = nll(all, c->temperature);
    TRY(ece(all, before, probabilities, labels, &c->ece_before));
    TRY(ece(all, c->temperature, probabilities, labels, &c->ece_after));
    for (size_t half = 0; half < 2; half++) {
        rows seen = *all, unseen = *all;
        seen.step = unseen.step = 2;
        seen.first = half;
        unseen.first = 1 - half;
        TRY(ece(&unseen, fit(&seen), probabilities, labels, &halves[half]));
    }
    c->ece_unseen = (halves[0] + halves[1]) / 2;
    return status_ok();
}

amend_status calibrate(const float *logits, const size_t *labels, size_t count, size_t classes, double before,
                       calibration *result)
{
    const rows all = {logits, labels, count, classes, 0, 1};
    float *probabilities = NULL;
    size_t *copies = NULL;
    if (count < 20)
        return status_error(AMEND_BAD_DATA, "%zu images are too few to calibrate with; 20 are needed", count);
    amend_status status = mem_alloc(&probabilities, count * classes, sizeof *probabilities, "probabilities");
    if (!status.code) status = mem_alloc(&copies, count, sizeof *copies, "labels");
    if (!status.code) status = measure(&all, before > 0 ? before : 1, probabilities, copies, result);
    mem_free(probabilities);
    mem_free(copies);
    return status;
}
