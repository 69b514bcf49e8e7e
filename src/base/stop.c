/* Signal handlers. */
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;
static int listeners;
static struct sigaction old_interrupt, old_terminate;

static void on_signal(int number)
{
    (void)number;
    asked = 1;
}

void stop_listen(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
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
