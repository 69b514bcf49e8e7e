/* How far a long piece of work is, on standard error. On a terminal one line that is redrawn, at most ten times a
 * second; elsewhere (a log) a plain line at most every ten seconds. Both end with a line that stays.
 *
 *     progress p;
 *     progress_start(&p, "epoch 3", batches);
 *     for (...) progress_update(&p, done, "loss 0.41");
 *     progress_finish(&p);
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { PROGRESS_DETAIL_SIZE = 128, PROGRESS_LINE_SIZE = 1024 };

/* A plain value: nothing to free. */
typedef struct progress {
    const char *what; /* borrowed until progress_finish */
    size_t total;     /* 0: not known, shown as a bare count */
    size_t done;
    double started, shown; /* clock_seconds of the start, and of the last line */
    bool terminal;
    char detail[PROGRESS_DETAIL_SIZE];
} progress;

void progress_start(progress *p, const char *what, size_t total);

/* `done` of the total are finished; `detail` (copied, may be NULL) is shown beside. Cheap when nothing is due. */
void progress_update(progress *p, size_t done, const char *detail);

/* The last line, with the time taken. */
void progress_finish(progress *p);

/* The line that would be shown at the moment `now`, in at most `width` columns; `ended` as by progress_finish. */
void progress_format(const progress *p, double now, size_t width, bool ended, char line[PROGRESS_LINE_SIZE]);

#endif
