/* What tests of several rooms share: statuses, a folder of their own, Python as a witness. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

#define assert_ok(expression)                                                                                          \
    do {                                                                                                               \
        amend_status assert_status_ = (expression);                                                                    \
        if (assert_status_.code) fail_msg("%s", assert_status_.message);                                               \
    } while (0)

/* Fails with that code, and the message contains `part`. */
#define assert_refused(expression, expected_code, part)                                                                \
    do {                                                                                                               \
        amend_status assert_status_ = (expression);                                                                    \
        if (!strstr(assert_status_.message, part))                                                                     \
            fail_msg("'%s' does not contain '%s'", assert_status_.message, part);                                      \
        assert_int_equal(assert_status_.code, expected_code);                                                          \
    } while (0)

/* A folder that a group of tests has for itself, as set-up and tear-down of cmocka. */
static char test_folder[] = "/tmp/amend-test-XXXXXX";

static inline int make_test_folder(void **state)
{
    (void)state;
    return mkdtemp(test_folder) ? 0 : -1;
}

static inline int remove_test_folder(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", test_folder);
    return system(command);
}

/* A path inside it, good until the next call. */
static inline const char *in_test_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", test_folder, name);
    return path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

/* Raw floats that Python has written. */
static inline void read_floats(const char *path, float *values, size_t count)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_int_equal(fread(values, sizeof *values, count, stream), count);
    assert_int_equal(fgetc(stream), EOF);
    fclose(stream);
}

/* A Python that can import `modules` ("numpy, torch"): $AMEND_PYTHON, else the usual ones. Skips the test, with a word,
 * where there is none. */
static inline const char *python_with(const char *modules)
{
    const char *candidates[] = {getenv("AMEND_PYTHON"), "python3", "/usr/bin/python3"};
    for (size_t i = 0; i < 3; i++) {
        char command[512];
        if (!candidates[i]) continue;
        snprintf(command, sizeof command, "%s -c 'import %s' 2>/dev/null", candidates[i], modules);
        if (!system(command)) return candidates[i];
    }
    print_message("skipped: no python3 with %s here; AMEND_PYTHON may name one\n", modules);
    skip();
    return NULL;
}

/* Runs `script` (no single quotes) with the test folder as sys.argv[1]. */
static inline void run_python(const char *python, const char *script)
{
    char command[4096];
    int length = snprintf(command, sizeof command, "%s -c '%s' %s", python, script, test_folder);
    assert_in_range(length, 1, sizeof command - 1);
    if (system(command)) fail_msg("the Python side failed");
}

#endif
