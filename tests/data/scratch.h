/* A folder for one test's files, and what the data tests write into it. */
#ifndef TESTS_DATA_SCRATCH_H
#define TESTS_DATA_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/dataset.h"

static char scratch[64];

static int scratch_open(void **state)
{
    (void)state;
    strcpy(scratch, "/tmp/amend-data-XXXXXX");
    return !mkdtemp(scratch);
}

static int scratch_close(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", scratch);
    return system(command);
}

static inline void scratch_path(const char *name, char *path, size_t size)
{
    assert_true((size_t)snprintf(path, size, "%s/%s", scratch, name) < size);
}

static inline void scratch_write(const char *name, const char *text)
{
    char path[256];
    scratch_path(name, path, sizeof path);
    assert_int_equal(file_write(path, text, strlen(text)).code, AMEND_OK);
}

static inline void scratch_folder(const char *name)
{
    char path[256];
    scratch_path(name, path, sizeof path);
    assert_int_equal(file_make_folder(path).code, AMEND_OK);
}

/* A gray image of one value. */
static inline void scratch_png(const char *name, unsigned char value)
{
    char path[256];
    amend_image image = {0};
    scratch_path(name, path, sizeof path);
    assert_int_equal(image_create(&image, 6, 4, 1).code, AMEND_OK);
    memset(image.pixels, value, 24);
    assert_int_equal(image_write_png(path, &image).code, AMEND_OK);
    amend_image_free(&image);
}

/* "PREFIX V V ... V SUFFIX" with `count` pixels of `value`, appended to `text`. */
static inline void append_row(char *text, const char *prefix, int value, size_t count, const char *suffix)
{
    char *p = text + strlen(text);
    p += sprintf(p, "%s", prefix);
    for (size_t i = 0; i < count; i++) p += sprintf(p, i ? " %d" : "%d", value);
    sprintf(p, "%s", suffix);
}

static inline dataset *open_good(const data_options *options)
{
    dataset *set = NULL;
    amend_status st = dataset_open(options, &set);
    if (st.code) fail_msg("%s", st.message);
    return set;
}

/* The message must hold `part`. */
static inline void expect_refused(const data_options *options, const char *part)
{
    dataset *set = NULL;
    amend_status st = dataset_open(options, &set);
    assert_int_not_equal(st.code, AMEND_OK);
    assert_null(set);
    if (!strstr(st.message, part)) fail_msg("'%s' not in '%s'", part, st.message);
}

#endif
