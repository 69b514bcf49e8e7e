/* Signal handlers. */
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t asked;
static int listeners;
static struct sigaction old_interrupt, old_terminate;

/* The next one of its kind ends the program: see sa_flags. */
static void on_signal(int number)
{
    static const char said[] = "\nstopping after this step; once more stops at once\n";
    (void)number;
    asked = 1;
    if (write(STDERR_FILENO, said, sizeof said - 1) < 0) return; /* nobody listens */
}

void stop_listen(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    if (listeners++) return;
    asked = 0;
    sigaction(SIGINT, &action, &old_interrupt);
    sigaction(SIGTERM, &action, &old_terminate);
}

void stop_leave(void)
{
    if (--listeners) return;
    sigaction(SIGINT, &old_interrupt, NULL);
    sigaction(SIGTERM, &old_terminate, NULL);
}

bool stop_asked(void)
{
    return asked;
}
