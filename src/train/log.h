/* The run's log: a row an epoch, as CSV and as curves. A resumed run keeps the rows of the epochs it does not repeat.
 */
#ifndef TRAIN_LOG_H
#define TRAIN_LOG_H

#include <stddef.h>

#include "base/status.h"

typedef struct log_row {
    double epoch, rate, loss, top1, images_per_second, seconds, waited;
} log_row;

typedef struct train_log {
    log_row *rows;
    size_t count, capacity;
} train_log; /* zeroed: empty */

/* A value an epoch, from the first on; NAN where the log has no row, as after it was moved away. */
typedef struct log_lines {
    size_t epochs;
    double *loss, *top1 /* in % */, *rate; /* one block, which begins with loss */
} log_lines;

/* Rows of the first `epochs` epochs from PATH; a missing file is an empty log. */
amend_status log_read(const char *path, size_t epochs, train_log *log) AMEND_MUST_USE;
amend_status log_add(train_log *log, log_row row) AMEND_MUST_USE;
amend_status log_write(const train_log *log, const char *path) AMEND_MUST_USE;   /* CSV, whole or not at all */
amend_status log_picture(const train_log *log, const char *path) AMEND_MUST_USE; /* PNG with loss and accuracy */
amend_status log_curves(const train_log *log, log_lines *lines) AMEND_MUST_USE;  /* the caller frees lines->loss */
void log_free(train_log *log);

#endif
