/* How far a long piece of work is, on standard error: one redrawn line on a terminal, a plain line now and then
 * elsewhere and where TERM is "dumb". Allocates nothing. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct progress {
    const char *what;
    size_t total, done;
    size_t first;    /* `done` at the first update: a resumed run does not begin at 0 */
    double first_at; /* when that was, in clock_seconds */
    double shown_at;
    bool updated; /* at least once */
    bool pending; /* the last update is not shown yet */
    bool terminal;
    char detail[200];
} progress;

/* `what` ("training") must outlive the progress. total 0: not known. */
void progress_start(progress *p, const char *what, size_t total);

/* `detail` is free text ("loss 1.23"), or NULL. Shown at most ten times a second on a terminal, else every ten seconds.
 */
void progress_update(progress *p, size_t done, const char *detail);

/* Makes room for a message: takes the line off the terminal until the next update. */
void progress_interrupt(progress *p);

/* Shows the last update and ends the line; nothing when there was none. Call it before an error that ends the work,
 * too. */
void progress_finish(progress *p);

#endif
