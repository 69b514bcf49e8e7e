/* Outputs that cannot be, found out in time. */
#include "cli/output.h"

#include <string.h>

#include "base/file.h"

static amend_status check_folder(const char *path)
{
    if (file_is_folder(path)) return status_ok();
    if (file_exists(path) || file_is_link(path))
        return status_error(AMEND_IO, "%s: exists and is not a folder; name another one", path);
    return status_ok();
}

/* By their names amend takes files for ONNX, and other programs some for PyTorch's. */
static bool is_of_another_format(const char *path)
{
    return file_has_ending(path, ".onnx") || file_has_ending(path, ".pth") || file_has_ending(path, ".pt");
}

int cli_check_output(const cli_command *command, const char *option, const char *path, cli_output kind)
{
    const char *what = kind == CLI_OUTPUT_FOLDER ? "folder" : "file";
    if (!path) return CLI_DONE;
    if (!*path) return cli_usage(command, "%s: the name of a %s is missing", option, what);
    if (!strcmp(path, "-") && kind == CLI_OUTPUT_TEXT) return CLI_DONE;
    if (!strcmp(path, "-"))
        return cli_usage(command, "%s -: this cannot go to standard output; name a %s", option, what);
    if (kind == CLI_OUTPUT_WEIGHTS && is_of_another_format(path))
        return cli_usage(command,
                         "%s %s: what is written here is safetensors; name a file .safetensors ('amend export' makes "
                         ".onnx of a model)",
                         option, path);
    amend_status status = kind == CLI_OUTPUT_FOLDER ? check_folder(path) : file_check_place(path);
    return status.code ? cli_fail(status) : CLI_DONE;
}

int cli_check_json(const cli_command *command, const char *json, const char *made)
{
    size_t length = made ? strlen(made) : 0;
    bool begins = json && length && !strncmp(json, made, length) && !file_exists(made);
    const char *name = begins ? json + length + strspn(json + length, "/") : "";
    bool inside = *name && !strchr(name, '/') && name[-1] == '/';
    return inside ? CLI_DONE : cli_check_output(command, "--json", json, CLI_OUTPUT_TEXT);
}

amend_status cli_would_replace(const char *path, const char *option, const char *what, const char *other)
{
    return status_error(AMEND_BAD_ARGUMENT, "%s: %s would replace the %s itself; name another %s", path, option, what,
                        other);
}

int cli_check_kept(const char *option, const char *path, const char *input, const char *what)
{
    if (!path || !input || !file_is_same(path, input)) return CLI_DONE;
    return cli_fail(cli_would_replace(path, option, what, "file"));
}
