/* The trained model of a run on a split: what the page shows of it. */
#ifndef REPORT_MEASURED_H
#define REPORT_MEASURED_H

#include "eval/report.h"
#include "model/model.h"

typedef struct measured {
    amend_model *model;
    dataset *set;
    float *probabilities; /* count x classes */
    eval_metrics metrics;
    eval_report report; /* of metrics; its strings are here and in the model */
    const char *labels[AMEND_MAX_CLASSES];
    char input[96];
} measured;

/* Evaluates the model at `path` on the data set of `options`, single images in f32 with the model's own
 * affinity. `split` and `rule` name those of the options. *m must stay where it is; freed with measured_free, also
 * after failure. */
amend_status measured_create(const char *path, const data_options *options, const char *split, const char *rule,
                             measured *m) AMEND_MUST_USE;
void measured_free(measured *m); /* accepts a zeroed one */

#endif
