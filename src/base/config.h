/* Recipes: settings in an INI file, described by a table of keys and stored in a struct of the caller's.
 *
 *     [train]
 *     # a comment; ";" begins one too, also after a value
 *     batch = 64
 *     optimizer = adam
 *     out = "a text may be quoted, with \" \\ \n \t \x3b in it, "
 *           "and be continued on further lines"
 *
 * A line that is not a comment may have 190 bytes. Flags are yes/no, true/false, on/off or 1/0. A UTF-8 byte order mark
 * is skipped. Numbers have a decimal point as long as the program leaves the locale alone. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

enum { CONFIG_TEXT_SIZE = 256 }; /* bytes, with the NUL */

typedef enum config_type { CONFIG_SIZE, CONFIG_REAL, CONFIG_FLAG, CONFIG_TEXT, CONFIG_CHOICE } config_type;

typedef struct config_key {
    const char *name; /* "train.batch": section.key, at most 49 letters each; names without a section stand first */
    config_type type;
    size_t offset;    /* in the target: of a size_t, double, bool, char[CONFIG_TEXT_SIZE], int (index of choice) */
    double low, high; /* CONFIG_SIZE, CONFIG_REAL: the range, both ends allowed; the high one may be INFINITY */
    const char *const *choices; /* CONFIG_CHOICE: NULL-terminated */
    const char *help;           /* what the value means, its unit; NULL: nothing to say */
} config_key;

/* Sets in *target what the file gives and leaves the rest as it is. On failure (message "PATH:LINE: ...") what stood
 * above that line is set. */
amend_status config_load(const char *path, const config_key *keys, size_t count, void *target) AMEND_MUST_USE;

/* The same from one "section.key=value", as given on the command line. On failure *target is as it was. */
amend_status config_set(const config_key *keys, size_t count, void *target, const char *assignment) AMEND_MUST_USE;

/* All keys, with help, as a file from which config_load reads back exactly these values. Whether the writing succeeded
 * is the stream's to tell (ferror). */
void config_write(FILE *stream, const config_key *keys, size_t count, const void *target);

#endif
