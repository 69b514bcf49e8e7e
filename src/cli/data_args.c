/* Words to options of a data set. */
#include "cli/data_args.h"

#include <string.h>

cli_data_words cli_data_defaults(void)
{
    return (cli_data_words){.split = "test", .rule = "plurality", .classes = "8"};
}

int cli_split_read(const cli_command *command, const char *word, data_split *split)
{
    size_t i = 0;
    while (i < DATA_SPLITS && strcmp(word, data_split_name((data_split)i))) i++;
    if (i == DATA_SPLITS) return cli_usage(command, "--split %s: train, valid or test", word);
    *split = (data_split)i;
    return CLI_DONE;
}

/* What only one layout looks at does not go with others. A set that cannot be read says so when it is opened. */
static int check_layout(const cli_command *command, const cli_data_words *words, const data_options *options)
{
    const char *layout;
    amend_status found = dataset_find_layout(options, &layout);
    if (found.code == AMEND_BAD_ARGUMENT) return cli_usage(command, "--layout: %s", found.message);
    if (found.code) return CLI_DONE;
    if (options->classes != 8 && strcmp(layout, "affectnet"))
        return cli_usage(command, "--classes %s: for AffectNet, and %s is of layout %s", words->classes, options->path,
                         layout);
    if (options->rule != DATA_PLURALITY && strcmp(layout, "ferplus"))
        return cli_usage(command, "--rule %s: for FER+, and %s is of layout %s", words->rule, options->path, layout);
    return CLI_DONE;
}

int cli_data_read(const cli_command *command, const cli_data_words *words, const char *path, data_options *options)
{
    static const char *const rules[] = {"plurality", "majority", NULL}, *const classes[] = {"7", "8", NULL};
    int rule = cli_choice(words->rule, rules), count = cli_choice(words->classes, classes);
    data_split split = DATA_TEST;
    int result = cli_split_read(command, words->split, &split);
    if (result) return result;
    if (rule < 0) return cli_usage(command, "--rule %s: plurality or majority", words->rule);
    if (count < 0) return cli_usage(command, "--classes %s: 7 or 8", words->classes);
    *options = data_options_defaults(path);
    options->layout = words->layout;
    options->split = split;
    options->rule = (data_rule)rule;
    options->classes = 7 + (size_t)count;
    return check_layout(command, words, options);
}
