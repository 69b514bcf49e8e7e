/* JSON to a file or to standard output. */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

json_t *json_text(const char *text)
{
    char *clean = NULL;
    json_t *string = json_string(text);
    if (string || mem_copy_string(&clean, text).code) return string;
    text_make_valid(clean);
    string = json_string(clean);
    mem_free(clean);
    return string;
}

int json_set_text_key(json_t *object, const char *key, json_t *value)
{
    json_t *clean = json_text(key);
    int failed = !clean || json_object_get(object, json_string_value(clean));
    if (failed)
        json_decref(value);
    else
        failed = json_object_set_new(object, json_string_value(clean), value);
    json_decref(clean);
    return failed;
}

json_t *json_number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

json_t *json_finished(json_t *value, int failures)
{
    if (!failures) return value;
    json_decref(value);
    return NULL;
}

static amend_status not_made(void)
{
    return status_error(AMEND_NO_MEMORY, "JSON: out of memory, or names that are not UTF-8 and differ in nothing else");
}

amend_status json_append(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) ? not_made() : status_ok();
}

static amend_status dump(const json_t *object, size_t digits, FILE *stream, const char *name)
{
    if (json_dumpf(object, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(digits)) || fputc('\n', stream) == EOF ||
        fflush(stream))
        return status_error(AMEND_IO, "%s: JSON could not be written; is the disk full?", name);
    return status_ok();
}

static amend_status save(json_t *object, size_t digits, const char *path)
{
    file_replacement file = {0};
    if (!object) return not_made();
    bool to_file = strcmp(path, "-") != 0;
    amend_status status = to_file ? file_replace_begin(path, &file) : status_ok();
    if (!status.code) {
        status = dump(object, digits, to_file ? file.stream : stdout, to_file ? path : "standard output");
        if (to_file && !status.code)
            status = file_replace_commit(&file);
        else if (to_file)
            file_replace_abandon(&file);
    }
    json_decref(object);
    return status;
}

amend_status json_save(json_t *object, const char *path)
{
    return save(object, 6, path);
}

amend_status json_save_exact(json_t *object, const char *path)
{
    return save(object, 9, path);
}
