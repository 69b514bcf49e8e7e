/* How far a model's figure depends on the test protocol: batch size and order of the images, for each affinity mode.
 *
 * Sharing affinity adds alpha times the mean of the batch to what the (affine) classifier sees, so to each logit it
 * adds the same number for all images of a batch: alpha (mean of the batch's logits without affinity - bias). All
 * protocols follow exactly from one pass without affinity. */
#ifndef EVAL_AUDIT_H
#define EVAL_AUDIT_H

#include "data/dataset.h"
#include "model/model.h"

typedef enum audit_order { AUDIT_LISTED, AUDIT_SORTED, AUDIT_SHUFFLED, AUDIT_ORDERS } audit_order;

/* Batch sizes 1, 2, 4 ... 256. */
enum { AUDIT_BATCHES = 9, AUDIT_MODES = 3 };

typedef struct audit_cell {
    double top1;                       /* shuffled: the mean over the shuffles */
    double lowest, highest, deviation; /* over the shuffles; else top1, top1, 0 */
} audit_cell;

typedef struct audit_report {
    arm_head modes[AUDIT_MODES]; /* ema (where the model has it), batch, none; or gap alone */
    size_t mode_count, images, shuffles;
    audit_cell cells[AUDIT_MODES][AUDIT_ORDERS][AUDIT_BATCHES];
} audit_report;

const char *audit_order_name(audit_order order); /* "listed", "sorted", "shuffled" */

/* shuffles: 1..1000, seeded. */
amend_status audit_model(amend_model *model, const dataset *set, size_t shuffles, audit_report *report) AMEND_MUST_USE;

/* Largest less smallest top-1 of a mode. */
double audit_spread(const audit_report *report, size_t mode);

#endif
