/* Settings of a program as a table of keys: read from an INI file, changed by "section.key=value", written back. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/* A variable of the environment; NULL: not set, or empty. */
const char *config_variable(const char *name);

typedef enum config_kind {
    CONFIG_SIZE,   /* size_t, low..high */
    CONFIG_REAL,   /* double, low..high */
    CONFIG_FLAG,   /* bool: true or false */
    CONFIG_CHOICE, /* int: index into `choices` */
    CONFIG_TEXT    /* char array of `high` bytes; "" is a value. No semicolon, which begins a comment */
} config_kind;

typedef struct config_key {
    const char *name; /* "train.epochs": section and key of the file */
    config_kind kind;
    size_t offset; /* of the value in the target struct */
    double low, high;
    const char *const *choices; /* ends with NULL */
    const char *help;           /* what it is, for messages */
} config_key;

/* Sets what the file at `path` gives; other values of `target` stay. Errors name file and line, and for an unknown key
 * the nearest known one. On failure `target` may hold a part of the file. */
amend_status config_load(const char *path, const config_key *keys, size_t count, void *target) AMEND_MUST_USE;

/* A section beside the keys, for which somebody else is responsible: `set` gets its pairs in the file's order. */
typedef struct config_section {
    const char *name;
    amend_status (*set)(void *user, const char *key, const char *value);
    void *user;
} config_section;

/* As config_load, with that section; errors of its `set` get file and line, too. */
amend_status config_load_with(const char *path, const config_key *keys, size_t count, void *target,
                              const config_section *other) AMEND_MUST_USE;

/* config_load for one "section.key=value" of a command line. */
amend_status config_set(const config_key *keys, size_t count, void *target, const char *assignment) AMEND_MUST_USE;

/* All values as an INI file that config_load reads back exactly. The stream's error flag tells of a failure. */
void config_write(FILE *stream, const config_key *keys, size_t count, const void *target);

/* Only the values that are not those of `defaults`, a line each. It tells settings apart, and says the same when a
 * later version has more keys. */
void config_write_changes(FILE *stream, const config_key *keys, size_t count, const void *target, const void *defaults);

#endif
