/* Parsing of options. */
#include "cli/args.h"

#include <string.h>

#include "base/text.h"

enum { MAX_OPTIONS = 32 };

static const cli_option *find(const cli_option *options, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == length && !strncmp(options[i].name, word, length)) return &options[i];
    return NULL;
}

static int unknown(const cli_command *command, const cli_option *options, size_t count, const char *word)
{
    const char *names[MAX_OPTIONS];
    for (size_t i = 0; i < count && i < MAX_OPTIONS; i++) names[i] = options[i].name;
    const char *nearest = text_nearest(word, names, count < MAX_OPTIONS ? count : MAX_OPTIONS);
    if (nearest) return cli_usage(command, "no option '%s'; did you mean '%s'?", word, nearest);
    return cli_usage(command, "no option '%s'", word);
}

/* Takes the option at argv[*i] and its value. */
static int take(const cli_command *command, int argc, char **argv, int *i, const cli_option *options, size_t count)
{
    char *word = argv[*i], *equals = strchr(word, '=');
    const cli_option *option = find(options, count, word, equals ? (size_t)(equals - word) : strlen(word));
    if (!option) return unknown(command, options, count, word);
    if (option->flag) {
        if (equals) return cli_usage(command, "'%s' takes no value", option->name);
        *option->flag = true;
        return CLI_DONE;
    }
    if (!equals && *i + 1 >= argc) return cli_usage(command, "'%s' needs a value", option->name);
    *option->value = equals ? equals + 1 : argv[++*i];
    return CLI_DONE;
}

int cli_parse(const cli_command *command, int argc, char **argv, const cli_option *options, size_t count, int *operands)
{
    bool only_operands = false;
    *operands = 0;
    for (int i = 1; i < argc; i++) {
        if (!only_operands && !strcmp(argv[i], "--")) {
            only_operands = true;
        } else if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
            argv[(*operands)++] = argv[i];
        } else {
            int result = take(command, argc, argv, &i, options, count);
            if (result) return result;
        }
    }
    return CLI_DONE;
}
