/* The command `amend`: picks the subcommand. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "amend/version.h"
#include "cli/cli.h"

static const cli_command *const commands[] = {
    &cli_data,  &cli_synth, &cli_train,  &cli_ablate, &cli_eval,     &cli_audit, &cli_calibrate, &cli_predict,
    &cli_faces, &cli_info,  &cli_export, &cli_import, &cli_quantize, &cli_bench, &cli_report,
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
    fputs("\n'amend COMMAND --help' explains one command, with examples. 'amend --version' prints the version.\n",
          stream);
}

static bool asks_for_help(int count, char *const *words)
{
    for (int i = 0; i < count && strcmp(words[i], "--"); i++)
        if (!strcmp(words[i], "--help") || !strcmp(words[i], "-h")) return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_BAD_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_help(stdout);
        return CLI_DONE;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("amend %s\n", amend_version());
        return CLI_DONE;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name)) continue;
        if (asks_for_help(argc - 2, argv + 2)) {
            fputs(commands[i]->help, stdout);
            return CLI_DONE;
        }
        return commands[i]->run(argc - 1, argv + 1);
    }
    fprintf(stderr, "amend: no command '%s'; 'amend --help' lists them\n", argv[1]);
    return CLI_BAD_USAGE;
}
