/* The wish to stop: noticed while somebody listens, kept by nested listeners, and the old handlers afterwards. */
#include "support.h"

#include <signal.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signals_are_noticed),
                                       cmocka_unit_test(a_new_listener_starts_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
