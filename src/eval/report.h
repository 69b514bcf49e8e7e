/* Metrics for people, programs and papers. What was measured, and how, stands in each of them. */
#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include <stdio.h>

#include "eval/metrics.h"

/* How the figures came about, in words; NULL where a field does not apply. Strings are borrowed and UTF-8. */
typedef struct eval_protocol {
    const char *data;      /* path of the data set */
    const char *layout;    /* "rafdb", "ferplus" ... */
    const char *split;     /* "train", "valid", "test" */
    const char *left_out;  /* which of its images are not measured, other than by `classes` */
    const char *rule;      /* FER+: how votes became labels */
    const char *classes;   /* across data sets: which are measured */
    const char *affinity;  /* "ema", "batch", "none", "gap" */
    const char *input;     /* size, crop, normalisation */
    const char *tta;       /* "flip": test-time augmentation */
    const char *precision; /* "f32", "bf16", "int8" */
    const char *batch;     /* images in a batch and their order */
    const char *seed;
    const char *model; /* path of the weights */
} eval_protocol;

typedef struct eval_report {
    const eval_metrics *metrics;
    const char *const *labels; /* metrics->classes names */
    eval_protocol protocol;
} eval_report;

/* A table of plain text. */
amend_status eval_report_text(const eval_report *report, FILE *stream) AMEND_MUST_USE;

/* JSON, schema 1, to a file, whole or not at all; "-" is standard output. Keys: schema, top1, top1_interval [low,
 * high], mean_class, macro_f1, ece, count, confusion (rows are truth), labels, per_class [{label, count, precision,
 * recall, f1}] and protocol. What is not defined is null. */
amend_status eval_report_write_json(const eval_report *report, const char *path) AMEND_MUST_USE;

/* The confusion matrix as a PNG file. */
amend_status eval_report_picture(const eval_report *report, const char *path) AMEND_MUST_USE;

#endif
