/* amend synth: writes a set of drawn faces. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "data/synth.h"

enum { BAR_CELLS = 40, PLAIN_LINES = 10 };

/* A bar on a terminal, a line each tenth elsewhere. */
static void show_progress(size_t done, size_t count)
{
    if (isatty(STDERR_FILENO)) {
        int cells = (int)(done * BAR_CELLS / count);
        if (done < count && cells == (int)((done - 1) * BAR_CELLS / count)) return;
        fprintf(stderr, "\r[%.*s%*s] %zu/%zu%s", cells, "========================================", BAR_CELLS - cells,
                "", done, count, done == count ? "\n" : "");
    } else if (done * PLAIN_LINES / count != (done - 1) * PLAIN_LINES / count) {
        fprintf(stderr, "%zu of %zu faces\n", done, count);
    }
}

/* A whole decimal number of at most 64 bits. */
static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    if (*text < '0' || *text > '9') return false; /* strtoull accepts signs and blanks */
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !*end && !errno;
}

static int read_arguments(int argc, char **argv, synth_set *set)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'},
        {"count", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"size", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        uint64_t number = 0;
        if (option == '?') return cli_usage(&cli_synth, "cannot use '%s'", argv[optind - 1]);
        if (option != 'o' && !read_number(optarg, &number))
            return cli_usage(&cli_synth, "'%s' is not a whole number", optarg);
        if (option == 'o') set->folder = optarg;
        if (option == 'n') set->count = (size_t)number;
        if (option == 's') set->seed = number;
        if (option == 'p') set->size = (size_t)number;
    }
    if (optind < argc) return cli_usage(&cli_synth, "cannot use '%s'", argv[optind]);
    if (!set->folder || !*set->folder) return cli_usage(&cli_synth, "--out DIR is missing");
    if (!set->count) return cli_usage(&cli_synth, "--count N is missing");
    return CLI_DONE;
}

static int run_synth(int argc, char **argv)
{
    synth_set set = {.size = SYNTH_DEFAULT_SIZE, .seed = 1, .progress = show_progress};
    amend_status status;
    int usage = read_arguments(argc, argv, &set);
    if (usage != CLI_DONE) return usage;
    status = synth_write_set(&set);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_synth = {
    .name = "synth",
    .run = run_synth,
    .summary = "draw labelled faces, to try training without any data set",
    .help = "Usage: amend synth --out DIR --count N [--seed S] [--size PX]\n"
            "Draws N faces with seven expressions (angry, disgust, fear, happy, sad, surprise, neutral) and writes\n"
            "DIR/train/CLASS/0000.png and so on, also under DIR/valid and DIR/test: of ten images of a class, eight\n"
            "train, one validates, one tests. The same seed draws the same faces.\n\n"
            "  --out DIR    folder to write to; made when missing, must not hold a set\n"
            "  --count N    how many faces, at least 21\n"
            "  --seed S     any whole number (1)\n"
            "  --size PX    pixels a side, 32 to 1024 (96)\n\n"
            "Example:\n"
            "  amend synth --out drawn --count 7000\n"
            "  amend data drawn\n",
};
