/* Drawing progress. */
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR = 20, LINE = 512, DEFAULT_COLUMNS = 80 };
static const double redraw_seconds = 0.1, plain_seconds = 10;

/* ", 1:02:03 left", or "" while nothing is known. */
static void format_left(const progress *p, char *text, size_t size)
{
    text[0] = '\0';
    if (!p->total || p->done <= p->first || p->done >= p->total) return;
    double each = (clock_seconds() - p->first_at) / (double)(p->done - p->first);
    double left = each * (double)(p->total - p->done);
    unsigned long long seconds = left < 1e9 ? (unsigned long long)left : 1000000000u;
    if (seconds < 3600)
        snprintf(text, size, ", %llu:%02llu left", seconds / 60, seconds % 60);
    else
        snprintf(text, size, ", %llu:%02llu:%02llu left", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static double share(const progress *p)
{
    if (!p->total) return 0;
    return p->done < p->total ? (double)p->done / (double)p->total : 1;
}

static size_t terminal_columns(void)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) || !window.ws_col) return DEFAULT_COLUMNS;
    return window.ws_col;
}

static void draw(const progress *p)
{
    char line[LINE], left[64], bar[BAR + 1];
    size_t filled = (size_t)(share(p) * BAR), columns = terminal_columns();
    memset(bar, '.', BAR);
    memset(bar, '#', filled);
    bar[BAR] = '\0';
    format_left(p, left, sizeof left);
    if (p->total)
        snprintf(line, sizeof line, "%s [%s] %.0f %%%s  %s", p->what, bar, 100 * share(p), left, p->detail);
    else
        snprintf(line, sizeof line, "%s %zu  %s", p->what, p->done, p->detail);
    /* A line that reaches the last column would wrap, and the next one could not overwrite it. */
    fprintf(stderr, "\r%.*s\x1b[K", (int)(columns < LINE ? columns - 1 : LINE), line);
    fflush(stderr);
}

static void print(const progress *p)
{
    char left[64];
    const char *before_detail = p->detail[0] ? ": " : "";
    format_left(p, left, sizeof left);
    if (p->total)
        fprintf(stderr, "%s: %zu of %zu (%.0f %%)%s%s%s\n", p->what, p->done, p->total, 100 * share(p), left,
                before_detail, p->detail);
    else
        fprintf(stderr, "%s: %zu%s%s\n", p->what, p->done, before_detail, p->detail);
}

static void show(progress *p)
{
    if (p->terminal)
        draw(p);
    else
        print(p);
    p->shown_at = clock_seconds();
    p->pending = false;
}

/* One that can be told to erase a line. */
static bool on_terminal(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && !(kind && !strcmp(kind, "dumb"));
}

void progress_start(progress *p, const char *what, size_t total)
{
    *p = (progress){.what = what, .total = total, .shown_at = clock_seconds(), .terminal = on_terminal()};
}

void progress_update(progress *p, size_t done, const char *detail)
{
    double now = clock_seconds();
    if (!p->updated) {
        p->updated = true;
        p->first = done;
        p->first_at = now;
    }
    p->done = done;
    p->pending = true;
    snprintf(p->detail, sizeof p->detail, "%s", detail ? detail : "");
    if (now - p->shown_at >= (p->terminal ? redraw_seconds : plain_seconds)) show(p);
}

void progress_interrupt(progress *p)
{
    if (!p->updated || !p->terminal) return;
    fputs("\r\x1b[K", stderr);
    p->pending = true;
}

void progress_finish(progress *p)
{
    if (!p->updated) return;
    if (p->pending) show(p);
    if (p->terminal) fputc('\n', stderr);
    p->updated = false;
}
