/* JSON results of commands. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

#include "base/status.h"

/* Writes `object` to the file `path`, "-" being standard output, and releases it. NULL: it could not be made. */
amend_status json_save(json_t *object, const char *path) AMEND_MUST_USE;

/* The same with digits enough for numbers that are to be added up. */
amend_status json_save_exact(json_t *object, const char *path) AMEND_MUST_USE;

#endif
