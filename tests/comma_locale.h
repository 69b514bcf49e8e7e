/* A locale with a decimal comma, made on the spot: the machine may have none. */
#ifndef TEST_COMMA_LOCALE_H
#define TEST_COMMA_LOCALE_H

#include <locale.h>

#include "support.h"

/* From here on numbers have a comma in this program; skips the test, with a word, where localedef makes no locale. */
static inline void use_comma_locale(void)
{
    static const char source[] = "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n";
    char command[512];
    write_bytes(in_test_folder("comma.src"), source, sizeof source - 1);
    snprintf(command, sizeof command, "cd %s && localedef -c -f ANSI_X3.4-1968 -i comma.src ./comma >made 2>&1",
             test_folder);
    (void)!system(command);
    setenv("LOCPATH", test_folder, 1);
    if (!setlocale(LC_NUMERIC, "comma")) {
        print_message("skipped: localedef makes no locale here\n");
        skip();
    }
    char half[8];
    snprintf(half, sizeof half, "%.1f", 0.5);
    assert_string_equal(half, "0,5");
}

static inline void leave_comma_locale(void)
{
    setlocale(LC_NUMERIC, "C");
}

#endif
