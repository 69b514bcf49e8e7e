/* Progress lines on standard error. */
#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR = 20, LEAST_DETAIL = 8, LEAST_WIDTH = 8, MOST_WIDTH = 240, PLAIN_WIDTH = 120 };

/* A byte that begins a character: every byte but UTF-8's continuation bytes. */
static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t columns_of(const char *text)
{
    size_t columns = 0;
    for (; *text; text++) columns += begins_character(*text);
    return columns;
}

/* Cuts `text` after `width` characters, never inside one. */
static void cut(char *text, size_t width)
{
    size_t columns = 0;
    for (; *text; text++)
        if (begins_character(*text) && columns++ == width) break;
    *text = '\0';
}

/* Appends `more` when the whole then still fits in `width` columns. */
static bool append_if_fits(char line[PROGRESS_LINE_SIZE], const char *more, size_t width)
{
    size_t used = strlen(line), size = strlen(more) + 1;
    if (columns_of(line) + columns_of(more) > width || size > PROGRESS_LINE_SIZE - used) return false;
    memcpy(line + used, more, size);
    return true;
}

static void format_time(double seconds, char *text, size_t size)
{
    if (!(seconds < 1e9)) seconds = 1e9; /* decades: no promise, but a number that fits */
    unsigned long s = (unsigned long)(seconds + 0.5);
    if (s < 60)
        snprintf(text, size, "%lu s", s);
    else if (s < 3600)
        snprintf(text, size, "%lu min %02lu s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, size, "%lu h %02lu min", s / 3600, s % 3600 / 60);
    else
        snprintf(text, size, "%lu d %02lu h", s / 86400, s % 86400 / 3600);
}

static void format_count(const progress *p, char *text, size_t size)
{
    if (p->total)
        snprintf(text, size, " %3.0f%%", 100 * (double)p->done / (double)p->total);
    else
        snprintf(text, size, " %zu", p->done);
}

static void format_bar(const progress *p, char text[BAR + 4])
{
    size_t full = (size_t)(BAR * ((double)p->done / (double)p->total));
    text[0] = ' ';
    text[1] = '[';
    for (size_t i = 0; i < BAR; i++) text[2 + i] = i < full ? '#' : '.';
    memcpy(text + 2 + BAR, "]", 2);
}

/* ", 12 s left" or, at the end, ", 12 s"; "" as long as nothing is known. */
static void format_duration(const progress *p, double now, bool ended, char *text, size_t size)
{
    char time[32];
    double elapsed = now > p->started ? now - p->started : 0;
    text[0] = '\0';
    if (!ended && (!p->total || !p->done)) return;
    format_time(ended ? elapsed : elapsed * ((double)(p->total - p->done) / (double)p->done), time, sizeof time);
    snprintf(text, size, ", %s%s", time, ended ? "" : " left");
}

/* What must be seen comes first: the count, the time, a detail that can be read; the bar is for whoever has room. */
void progress_format(const progress *p, double now, size_t width, bool ended, char line[PROGRESS_LINE_SIZE])
{
    char count[32], bar[BAR + 4] = "", detail[PROGRESS_DETAIL_SIZE + 2] = "", duration[48];
    if (width > MOST_WIDTH) width = MOST_WIDTH;
    format_count(p, count, sizeof count);
    format_duration(p, now, ended, duration, sizeof duration);
    if (p->total && !ended) format_bar(p, bar);
    if (p->detail[0]) snprintf(detail, sizeof detail, "  %s", p->detail);

    size_t fixed = columns_of(count) + columns_of(duration), wanted = columns_of(detail);
    snprintf(line, PROGRESS_LINE_SIZE, "%.*s", PROGRESS_LINE_SIZE / 2, p->what);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) *c = '?';
    cut(line, width > columns_of(count) ? width - columns_of(count) : 0);
    if (columns_of(line) + columns_of(bar) + fixed + wanted <= width) append_if_fits(line, bar, width);
    append_if_fits(line, count, width);

    size_t room = width - columns_of(line), tail = columns_of(duration);
    if (wanted && room >= tail + LEAST_DETAIL) cut(detail, room - tail);
    append_if_fits(line, detail, width);
    append_if_fits(line, duration, width);
}

/* Asked for each line: the user may have resized the window. One column stays free, or some terminals would wrap. */
static size_t terminal_width(void)
{
    struct winsize size = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col) return 79;
    return size.ws_col > LEAST_WIDTH ? size.ws_col - 1u : LEAST_WIDTH;
}

static void show(progress *p, double now, bool ended)
{
    char line[PROGRESS_LINE_SIZE];
    progress_format(p, now, p->terminal ? terminal_width() : PLAIN_WIDTH, ended, line);
    if (p->terminal)
        fprintf(stderr, "\r%s\033[K%s", line, ended ? "\n" : ""); /* erases what a longer line left */
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    p->shown = now;
}

void progress_start(progress *p, const char *what, size_t total)
{
    memset(p, 0, sizeof *p);
    p->what = what;
    p->total = total;
    p->terminal = isatty(STDERR_FILENO);
    p->started = p->shown = clock_seconds();
    if (p->terminal) show(p, p->started, false);
}

/* A detail may hold a file's name, so control characters in it must not reach the terminal. */
static void set_detail(progress *p, const char *detail)
{
    size_t i = 0;
    for (; detail && detail[i] && i < PROGRESS_DETAIL_SIZE - 1; i++)
        p->detail[i] = (unsigned char)detail[i] < 32 || detail[i] == 127 ? '?' : detail[i];
    if (detail && detail[i]) /* cut short: not within a character */
        while (i && !begins_character(detail[i])) i--;
    p->detail[i] = '\0';
}

void progress_update(progress *p, size_t done, const char *detail)
{
    double now = clock_seconds();
    p->done = p->total && done > p->total ? p->total : done;
    set_detail(p, detail);
    if (now - p->shown >= (p->terminal ? 0.1 : 10.0)) show(p, now, false);
}

void progress_finish(progress *p)
{
    show(p, clock_seconds(), true);
}
