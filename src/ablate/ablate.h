/* An ablation in a folder: OUT/ROW/seed-N for each run, OUT/results.csv after each of them. */
#ifndef ABLATE_ABLATE_H
#define ABLATE_ABLATE_H

#include "ablate/results.h"
#include "data/dataset.h"

typedef struct ablate_request {
    const ablate_plan *plan; /* finished */
    const char *data, *out;
    data_split split;
    bool redo; /* make anew what the folder holds of other recipes or data sets, instead of refusing */
} ablate_request;

/* Does what is not done yet: the first seed of every row, then the second, and so on. A run that fails is a line of the
 * results like others and is tried again by the next call. Progress goes to standard error. AMEND_INTERRUPTED: the user
 * stopped it; the same call goes on. */
amend_status ablate_all(const ablate_request *request) AMEND_MUST_USE;

/* What the folder holds. *results is freed with results_free, also after failure. */
amend_status ablate_read(const char *out, ablate_results *results) AMEND_MUST_USE;

#endif
