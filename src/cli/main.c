/* The command `amend`: picks the subcommand. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "amend/version.h"
#include "base/text.h"
#include "cli/cli.h"

static const cli_command *const commands[] = {
    &cli_data,    &cli_synth, &cli_train, &cli_ablate, &cli_eval,   &cli_audit,    &cli_calibrate, &cli_predict,
    &cli_explain, &cli_faces, &cli_info,  &cli_export, &cli_import, &cli_quantize, &cli_bench,     &cli_report,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

int cli_fail(amend_status status)
{
    fprintf(stderr, "amend: %s\n", status.message);
    return CLI_FAILED;
}

int cli_usage(const cli_command *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "amend %s: ", command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nTry 'amend %s --help'.\n", command->name);
    return CLI_BAD_USAGE;
}

static void print_help(FILE *stream)
{
    fputs("Usage: amend COMMAND [ARGUMENTS]\n"
          "Facial expression recognition with the Amending Representation Module.\n\n",
          stream);
    for (int i = 0; i < COMMANDS; i++) fprintf(stream, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'amend COMMAND --help' or 'amend help COMMAND' explains one command, with examples. 'amend --version' "
          "prints the\nversion.\n",
          stream);
}

/* What was printed must have arrived. */
static int finish(int result)
{
    if (!fflush(stdout) && !ferror(stdout)) return result;
    fprintf(stderr, "amend: standard output could not be written; is the disk full?\n");
    return CLI_FAILED;
}

static bool asks_for_help(int count, char *const *words)
{
    for (int i = 0; i < count && strcmp(words[i], "--"); i++)
        if (!strcmp(words[i], "--help") || !strcmp(words[i], "-h")) return true;
    return false;
}

static int unknown(const char *word)
{
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
    const char *nearest = text_nearest(word, names, COMMANDS);
    if (nearest)
        fprintf(stderr, "amend: no command '%s'; did you mean '%s'?\n", word, nearest);
    else
        fprintf(stderr, "amend: no command '%s'; 'amend --help' lists them\n", word);
    return CLI_BAD_USAGE;
}

/* `words` begin with the command's name. */
static int run_command(int count, char **words, bool help)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(words[0], commands[i]->name)) continue;
        if (!help && !asks_for_help(count - 1, words + 1)) return commands[i]->run(count, words);
        fputs(commands[i]->help, stdout);
        return CLI_DONE;
    }
    return unknown(words[0]);
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_BAD_USAGE;
    }
    bool help = !strcmp(argv[1], "help");
    if (help && argc > 2 && argv[2][0] != '-') return run_command(argc - 2, argv + 2, true);
    if (help || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help(stdout);
        return CLI_DONE;
    }
    if (strcmp(argv[1], "--version")) return run_command(argc - 1, argv + 1, false);
    printf("amend %s\n", amend_version());
    return CLI_DONE;
}

int main(int argc, char **argv)
{
    return finish(run(argc, argv));
}
