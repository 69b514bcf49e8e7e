/* Progress: what reaches a log and what a terminal. */
#define _XOPEN_SOURCE 600 /* pseudo-terminals */
#include "support.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"

/* Runs a job with standard error on `descriptor`; a message comes behind the update `message`. */
static void work_on(int descriptor, size_t updates, size_t message)
{
    progress p;
    int saved = dup(STDERR_FILENO);
    dup2(descriptor, STDERR_FILENO);
    progress_start(&p, "training", updates);
    for (size_t i = 1; i <= updates; i++) {
        progress_update(&p, i, "loss 0.4");
        if (i == message) progress_interrupt(&p);
    }
    progress_finish(&p);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void log_has_one_plain_line(void **state)
{
    char text[4096] = "";
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    work_on(fileno(file), 100000, 50000);
    work_on(fileno(file), 0, 0); /* nothing done: nothing said */
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "training: 100000 of 100000 (100 %): loss 0.4\n");
}

/* What a terminal of this kind, 30 columns wide, gets of a job of 1000 updates. */
static void read_terminal(const char *kind, char *text, size_t room)
{
    struct winsize size = {.ws_row = 24, .ws_col = 30};
    size_t length = 0;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) {
        print_message("no pseudo-terminal here: skipped\n");
        skip();
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(setenv("TERM", kind, 1), 0);
    work_on(slave, 1000, 500);
    close(slave); /* what was written stays to be read, a piece at a time */
    for (ssize_t got; (got = read(master, text + length, room - 1 - length)) > 0;) length += (size_t)got;
    close(master);
    text[length] = '\0';
}

static void terminal_is_redrawn(void **state)
{
    static char text[65536];
    (void)state;
    double before = clock_seconds();
    read_terminal("xterm", text, sizeof text);
    double passed = clock_seconds() - before;
    size_t drawn = 0;
    for (const char *c = text; (c = strstr(c, "\x1b[K")); c++) drawn++;
    assert_true(drawn >= 2 && (double)drawn <= 3 + 10 * passed);
    assert_non_null(strstr(text, "\r\x1b[K")); /* room for the message */
    /* 29 of the 30 columns. */
    assert_non_null(strstr(text, "\rtraining [###################\x1b[K\r\n"));
}

static void dumb_terminal_is_a_log(void **state)
{
    static char text[65536];
    (void)state;
    read_terminal("dumb", text, sizeof text);
    assert_string_equal(text, "training: 1000 of 1000 (100 %): loss 0.4\r\n");
}

static void clock_goes_forward(void **state)
{
    (void)state;
    double before = clock_seconds();
    usleep(2000);
    double passed = clock_seconds() - before;
    assert_true(passed >= 0.002 && passed < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_has_one_plain_line),
        cmocka_unit_test(terminal_is_redrawn),
        cmocka_unit_test(dumb_terminal_is_a_log),
        cmocka_unit_test(clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
