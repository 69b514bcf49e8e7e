/* The subcommands: one file each, cli/cmd_NAME.c. Exit status: 0 done, 1 failed, 2 bad usage. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/status.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_BAD_USAGE = 2 };

/* argv[0] is the subcommand's name. */
typedef int cli_run(int argc, char **argv);

typedef struct cli_command {
    const char *name;
    cli_run *run;
    const char *summary; /* one line for `amend --help` */
    const char *help;    /* printed by `amend NAME --help`: usage, options, examples */
} cli_command;

/* Defined by each cmd_NAME.c and listed in main.c. */
extern const cli_command cli_data, cli_synth, cli_train, cli_ablate, cli_faces, cli_eval, cli_audit, cli_calibrate,
    cli_predict, cli_info, cli_export, cli_import, cli_quantize, cli_bench, cli_report;

/* "amend: MESSAGE" on standard error; returns CLI_FAILED. */
int cli_fail(amend_status status);

/* "amend NAME: MESSAGE" and "Try 'amend NAME --help'." on standard error; returns CLI_BAD_USAGE. */
int cli_usage(const cli_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
