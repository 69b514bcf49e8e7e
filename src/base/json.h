/* Results as JSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/status.h"

/* A name or message as a string; bytes that are not UTF-8 become '?'. NULL: out of memory. */
json_t *json_text(const char *text);

/* object[key] = value, the key made as above. Takes over `value`, which may be NULL: not made. Not 0: not made, or a
 * key that is there already. */
int json_set_text_key(json_t *object, const char *key, json_t *value);

/* A number; NaN, which JSON has not, as null. */
json_t *json_number(double value);

/* `value`, or, when something in it failed (not 0), NULL. As jansson's "new" setters take a NULL value for a failure,
 * their results need only be gathered. */
json_t *json_finished(json_t *value, int failures);

/* Puts `value` at the end of the results `array` and takes it over; NULL: it could not be made. */
amend_status json_append(json_t *array, json_t *value) AMEND_MUST_USE;

/* Writes `object` to the file `path`, "-" being standard output, and releases it. NULL: it could not be made. */
amend_status json_save(json_t *object, const char *path) AMEND_MUST_USE;

/* The same with digits enough for numbers that are to be added up. */
amend_status json_save_exact(json_t *object, const char *path) AMEND_MUST_USE;

#endif
