/* What commands ask about a data set: --layout, --split, --rule, --classes. */
#ifndef CLI_DATA_ARGS_H
#define CLI_DATA_ARGS_H

#include "cli/args.h"
#include "data/dataset.h"

typedef struct cli_data_words {
    const char *layout, *split, *rule, *classes; /* as given; layout may be NULL */
} cli_data_words;

/* Rows of a table of options, but for --split, which not every command has. */
#define CLI_DATA_OPTIONS(words)                                                                                        \
    {"--layout", &(words).layout, NULL}, {"--rule", &(words).rule, NULL},                                              \
    {                                                                                                                  \
        "--classes", &(words).classes, NULL                                                                            \
    }

/* Guessed layout, test split, plurality, 8 classes. */
cli_data_words cli_data_defaults(void);

/* CLI_DONE, or CLI_BAD_USAGE with a message. */
int cli_data_read(const cli_command *command, const cli_data_words *words, const char *path, data_options *options);

/* "train", "valid" or "test": as above. */
int cli_split_read(const cli_command *command, const char *word, data_split *split);

#endif
