/* Messages: one line, cut to size, prefixed. */
#include "support.h"

#include <errno.h>

static void success_is_empty(void **state)
{
    (void)state;
    assert_int_equal(status_ok().code, AMEND_OK);
    assert_string_equal(status_ok().message, "");
    assert_int_equal(status_prefix(status_ok(), "file").code, AMEND_OK);
    assert_string_equal(status_prefix(status_ok(), "file").message, "");
}

static void long_messages_are_cut(void **state)
{
    char text[AMEND_MESSAGE_SIZE + 1];
    (void)state;
    memset(text, 'x', sizeof text);
    text[AMEND_MESSAGE_SIZE] = '\0';
    amend_status cut = status_error(AMEND_IO, "%s", text);
    assert_int_equal(strlen(cut.message), AMEND_MESSAGE_SIZE - 1);
    assert_string_equal(cut.message + AMEND_MESSAGE_SIZE - 5, "x...");
    text[AMEND_MESSAGE_SIZE - 1] = '\0';
    assert_string_equal(status_error(AMEND_IO, "%s", text).message, text);
}

static void messages_are_one_line(void **state)
{
    (void)state;
    assert_string_equal(status_error(AMEND_IO, "a\nb\x1b[2Jc").message, "a b [2Jc");
    assert_string_equal(status_error(AMEND_IO, "a\xc2\x9b"
                                               "2Jc\xc3\xa9")
                            .message,
                        "a  2Jc\xc3\xa9"); /* as wide a control */
}

static void prefix_keeps_the_code(void **state)
{
    (void)state;
    assert_refused(status_prefix(status_error(AMEND_NUMERIC, "loss is NaN"), "epoch %d", 3), AMEND_NUMERIC,
                   "epoch 3: loss is NaN");
}

static void system_errors_name_the_path(void **state)
{
    (void)state;
    errno = ENOENT;
    assert_refused(status_errno("a.png", "open"), AMEND_IO, "a.png: cannot open: No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_empty),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(messages_are_one_line),
        cmocka_unit_test(prefix_keeps_the_code),
        cmocka_unit_test(system_errors_name_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
