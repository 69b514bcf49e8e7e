/* Words to options of a data set. */
#include "cli/data_args.h"

#include <string.h>

/* Index of `word` in a NULL-terminated list, or -1. */
static int choice(const char *word, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(word, names[i])) return i;
    return -1;
}

cli_data_words cli_data_defaults(void)
{
    return (cli_data_words){.split = "test", .rule = "plurality", .classes = "8"};
}

int cli_data_read(const cli_command *command, const cli_data_words *words, const char *path, data_options *options)
{
    static const char *const splits[] = {"train", "valid", "test", NULL}, *const rules[] = {"plurality", "majority",
                                                                                            NULL};
    static const char *const classes[] = {"7", "8", NULL};
    int split = choice(words->split, splits), rule = choice(words->rule, rules),
        count = choice(words->classes, classes);
    if (split < 0) return cli_usage(command, "--split %s: train, valid or test", words->split);
    if (rule < 0) return cli_usage(command, "--rule %s: plurality or majority", words->rule);
    if (count < 0) return cli_usage(command, "--classes %s: 7 or 8", words->classes);
    *options = data_options_defaults(path);
    options->layout = words->layout;
    options->split = (data_split)split;
    options->rule = (data_rule)rule;
    options->classes = 7 + (size_t)count;
    return CLI_DONE;
}
