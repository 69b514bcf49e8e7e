/* Options of a subcommand: a table of names and where their values go; everything else is an operand. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

typedef struct cli_option {
    const char *name;   /* "--model" */
    const char **value; /* "--model M" or "--model=M"; NULL for a flag */
    bool *flag;
} cli_option;

/* Sorts argv into options and operands (operands to the front of argv, in their order; *operands counts them). "--"
 * ends the options. CLI_DONE, or CLI_BAD_USAGE with a message that names the nearest option. */
int cli_parse(const cli_command *command, int argc, char **argv, const cli_option *options, size_t count,
              int *operands);

/* Operands beyond `most` are refused by name. CLI_DONE or CLI_BAD_USAGE, as below. */
int cli_no_more(const cli_command *command, char *const *operands, int count, int most);

/* Index of `word` in a NULL-terminated list, or -1. */
int cli_choice(const char *word, const char *const *names);

/* The value `text` of an option as a number, low and high included; NULL, the option not given, leaves *value as it is.
 * CLI_BAD_USAGE with a message that names option, value and range. */
int cli_read_size(const cli_command *command, const char *option, const char *text, size_t low, size_t high,
                  size_t *value);
int cli_read_real(const cli_command *command, const char *option, const char *text, double low, double high,
                  double *value);

#endif
