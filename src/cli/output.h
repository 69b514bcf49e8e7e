/* Where a command's results go, looked at before its work. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/cli.h"

typedef enum cli_output {
    CLI_OUTPUT_TEXT,    /* a file, or - for standard output */
    CLI_OUTPUT_FILE,    /* a file and nothing else: a picture, a page, ONNX */
    CLI_OUTPUT_WEIGHTS, /* a safetensors file */
    CLI_OUTPUT_FOLDER   /* a folder, there or not */
} cli_output;

/* CLI_DONE when `path` can be written or is NULL; else a message was printed, and this is the exit status. */
int cli_check_output(const cli_command *command, const char *option, const char *path, cli_output kind);

/* The same of --json; `made` is a folder, or NULL, that the command makes: the file may go into it. */
int cli_check_json(const cli_command *command, const char *json, const char *made);

/* The error of an option whose file at `path` is the `what` ("photo") that the work begins with; `other` ("file" or
 * "folder") is what the option should name. */
amend_status cli_would_replace(const char *path, const char *option, const char *what,
                               const char *other) AMEND_MUST_USE;

/* The same when `path` is not the file `input` ("photo", "model"; either may be NULL), which it would replace. */
int cli_check_kept(const char *option, const char *path, const char *input, const char *what);

#endif
