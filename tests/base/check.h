/* What the tests of src/base share: checks of a status, a scratch folder. */
#ifndef TESTS_BASE_CHECK_H
#define TESTS_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

static inline void assert_ok(amend_status status)
{
    if (status.code) fail_msg("%s", status.message);
}

/* Fails with this code, and with a message that holds `part`. */
static inline void assert_fails(amend_status status, amend_code code, const char *part)
{
    if (status.code != code || !strstr(status.message, part))
        fail_msg("code %d, message \"%s\"; wanted code %d, \"%s\"", (int)status.code, status.message, (int)code, part);
}

static char scratch_folder[64];

static inline int scratch_setup(void **state)
{
    (void)state;
    snprintf(scratch_folder, sizeof scratch_folder, "/tmp/amend-test-XXXXXX");
    return !mkdtemp(scratch_folder);
}

static inline int scratch_teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
    return system(command);
}

/* A path in the scratch folder; valid until the fourth call from now. */
static inline const char *scratch(const char *name)
{
    static char paths[4][256];
    static size_t turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
    return path;
}

#endif
