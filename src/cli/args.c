/* Parsing of options. */
#include "cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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
    char name[64]; /* without "=VALUE" */
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < count && i < MAX_OPTIONS; i++) names[i] = options[i].name;
    const char *nearest = text_nearest(name, names, count < MAX_OPTIONS ? count : MAX_OPTIONS);
    if (nearest) return cli_usage(command, "no option '%s'; did you mean '%s'?", name, nearest);
    return cli_usage(command, "no option '%s'", name);
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

int cli_no_more(const cli_command *command, char *const *operands, int count, int most)
{
    return count > most ? cli_usage(command, "cannot use '%s'", operands[most]) : CLI_DONE;
}

int cli_choice(const char *word, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(word, names[i])) return i;
    return -1;
}

int cli_read_size(const cli_command *command, const char *option, const char *text, size_t low, size_t high,
                  size_t *value)
{
    char *end;
    if (!text) return CLI_DONE;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    bool whole = *text >= '0' && *text <= '9' && !*end && !errno; /* strtoull accepts signs and blanks */
    if (!whole || number < low || number > high)
        return cli_usage(command, "%s %s: a whole number from %zu to %zu", option, text, low, high);
    *value = (size_t)number;
    return CLI_DONE;
}

int cli_read_real(const cli_command *command, const char *option, const char *text, double low, double high,
                  double *value)
{
    char *end;
    if (!text) return CLI_DONE;
    double number = strtod(text, &end);
    if (end == text || *end || !(number >= low && number <= high))
        return cli_usage(command, "%s %s: a number from %g to %g", option, text, low, high);
    *value = number;
    return CLI_DONE;
}
