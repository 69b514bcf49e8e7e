/* Charts as SVG inside a page; their colours are the page's. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdio.h>

#include "eval/metrics.h"

/* One value an epoch; not finite: a gap. `title` is ours. */
void chart_curve(FILE *out, const char *title, const double *values, size_t count);

/* Share of right predictions over their confidence, a bar a bin; on the dashed line confidence is earned. */
void chart_reliability(FILE *out, const eval_bin bins[EVAL_ECE_BINS]);

#endif
