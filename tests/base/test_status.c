/* Status values. */
#include "check.h"

#include <errno.h>

static amend_status passes_on(int code)
{
    TRY(code ? status_error((amend_code)code, "first") : status_ok());
    return status_error(AMEND_INTERNAL, "went on");
}

static void success_is_empty(void **state)
{
    (void)state;
    amend_status status = status_prefix(status_ok(), "prefix %d", 1);
    assert_int_equal(status.code, AMEND_OK);
    assert_string_equal(status.message, "");
}

static void message_is_formatted(void **state)
{
    (void)state;
    amend_status status = status_prefix(status_error(AMEND_BAD_DATA, "row %d of %s", 7, "a.csv"), "R%d", 2);
    assert_int_equal(status.code, AMEND_BAD_DATA);
    assert_string_equal(status.message, "R2: row 7 of a.csv");
}

static void long_message_is_cut(void **state)
{
    char exact[AMEND_MESSAGE_SIZE], longer[AMEND_MESSAGE_SIZE + 1];
    (void)state;
    memset(exact, 'x', sizeof exact);
    exact[sizeof exact - 1] = '\0';
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(status_error(AMEND_IO, "%s", exact).message, exact);
    memcpy(exact + sizeof exact - 4, "...", 4);
    assert_string_equal(status_error(AMEND_IO, "%s", longer).message, exact);
    assert_int_equal(strlen(status_prefix(status_error(AMEND_IO, "%s", longer), "%s", longer).message),
                     AMEND_MESSAGE_SIZE - 1);
}

static void message_is_one_line(void **state)
{
    (void)state;
    assert_string_equal(status_error(AMEND_IO, "a\nb\x1b[31m\x7f\tc").message, "a b [31m  c");
}

static void errno_is_told(void **state)
{
    (void)state;
    errno = ENOENT;
    assert_fails(status_errno("some/file", "open"), AMEND_IO, "some/file: cannot open: No such file");
}

static void try_returns_the_failure(void **state)
{
    (void)state;
    assert_fails(passes_on(AMEND_NUMERIC), AMEND_NUMERIC, "first");
    assert_fails(passes_on(AMEND_OK), AMEND_INTERNAL, "went on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_empty),    cmocka_unit_test(message_is_formatted),
        cmocka_unit_test(long_message_is_cut), cmocka_unit_test(message_is_one_line),
        cmocka_unit_test(errno_is_told),       cmocka_unit_test(try_returns_the_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
