/* The wish to stop: noticed while somebody listens, kept by nested listeners, and the old handlers afterwards. */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/stop.h"

static volatile sig_atomic_t reached;

static void on_signal(int number)
{
    reached = number;
}

static void signals_are_noticed(void **state)
{
    (void)state;
    signal(SIGINT, on_signal);
    stop_listen();
    assert_false(stop_asked());
    stop_listen();
    raise(SIGINT);
    assert_true(stop_asked());
    stop_leave();
    assert_true(stop_asked()); /* the outer one has not answered yet */
    stop_listen();
    assert_true(stop_asked());
    stop_leave();
    stop_leave();
    assert_int_equal(reached, 0);
    raise(SIGINT);
    assert_int_equal(reached, SIGINT);
    signal(SIGINT, SIG_DFL);
}

static void a_new_listener_starts_anew(void **state)
{
    (void)state;
    stop_listen();
    assert_false(stop_asked());
    raise(SIGTERM);
    assert_true(stop_asked());
    stop_leave();
}

static void the_second_signal_ends_it(void **state)
{
    int status = 0;
    (void)state;
    pid_t child = fork();
    if (!child) {
        stop_listen();
        raise(SIGINT);
        if (stop_asked()) raise(SIGINT);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signals_are_noticed),
                                       cmocka_unit_test(a_new_listener_starts_anew),
                                       cmocka_unit_test(the_second_signal_ends_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
