/* Fields of CSV: blanks, quotes, numbers. */
#include <stdint.h>

#include "data/csv.h"
#include "support.h"

static csv_file open_text(const char *text, size_t size)
{
    csv_file csv;
    write_bytes(in_test_folder("t.csv"), text, size);
    assert_ok(csv_open(in_test_folder("t.csv"), &csv));
    return csv;
}

static void one_pair_of_quotes(void **state)
{
    static const char text[] = "a,b,c,d\n \" x \" ,\"\"3\"\",\",\t\"\r\n";
    static const char *const fields[] = {"x", "\"3\"", "\"", "\""};
    bool more;
    (void)state;
    csv_file csv = open_text(text, sizeof text - 1);
    assert_ok(csv_next(&csv, &more));
    assert_true(more);
    for (size_t i = 0; i < 4; i++) assert_true(csv_is(csv.fields[i], fields[i]));
    csv_close(&csv);
}

/* A field of quotes alone costs no more than its length. */
static void many_quotes(void **state)
{
    enum { QUOTES = 1 << 22 };
    static char text[QUOTES + 3] = "a\n";
    bool more;
    (void)state;
    memset(text + 2, '"', QUOTES);
    text[QUOTES + 2] = '\n';
    csv_file csv = open_text(text, sizeof text);
    assert_ok(csv_next(&csv, &more));
    assert_int_equal(csv.fields[0].length, QUOTES - 2);
    csv_close(&csv);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        size_t limit, value;
        bool good;
    } cases[] = {{"0", 0, 0, true},
                 {"1", 0, 0, false},
                 {"7", 6, 0, false},
                 {"255", 255, 255, true},
                 {"256", 255, 0, false},
                 {"0000000000000000000000255", 255, 255, true},
                 {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
                 {"18446744073709551616", UINT64_MAX, 0, false},
                 {"18446744073709551617", UINT64_MAX, 0, false},
                 {"", 9, 0, false},
                 {"-1", 9, 0, false},
                 {"1 ", 9, 0, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t value = 77;
        const csv_text text = {cases[i].text, strlen(cases[i].text)};
        bool good = csv_number(text, cases[i].limit, &value);
        if (good != cases[i].good || (good && value != cases[i].value)) fail_msg("'%s'", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_pair_of_quotes), cmocka_unit_test(many_quotes),
                                       cmocka_unit_test(numbers)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
