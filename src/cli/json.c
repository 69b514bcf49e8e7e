/* JSON to a file or to standard output. */
#include "cli/json.h"

#include <string.h>

#include "base/file.h"

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
    if (!object) return status_error(AMEND_NO_MEMORY, "JSON: out of memory, or a name is not UTF-8");
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
