/* The parts of a run's page. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/measured.h"
#include "train/log.h"

/* Of what was measured: figures, confusion, classes, calibration. */
void section_figures(FILE *out, const eval_report *report);
void section_confusion(FILE *out, const eval_report *report);
void section_classes(FILE *out, const eval_report *report);
void section_calibration(FILE *out, const eval_metrics *metrics);

/* The samples whose label got the least probability, with their pictures and evidence maps. */
amend_status section_wrong(FILE *out, const measured *m) AMEND_MUST_USE;

/* The paper's figures, and this run's beside the one of its data set; `m` NULL: nothing was measured. */
void section_published(FILE *out, const measured *m);

/* Curves of the epochs so far. */
amend_status section_training(FILE *out, const train_log *log, size_t epochs) AMEND_MUST_USE;

/* run.txt ("name = value" lines) as a table; recipe.ini as it is. */
void section_notes(FILE *out, const char *notes);
void section_recipe(FILE *out, const char *recipe);

#endif
