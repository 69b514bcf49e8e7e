/* amend synth: writes a set of drawn faces. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/progress.h"
#include "cli/args.h"
#include "data/synth.h"

static progress bar;

static void show_progress(size_t done, size_t count)
{
    if (done == 1) progress_start(&bar, "drawing", count);
    progress_update(&bar, done, "");
    if (done == count) progress_finish(&bar);
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
    const char *count = NULL, *seed = "1", *size = NULL;
    const cli_option options[] = {
        {"--out", &set->folder, NULL}, {"--count", &count, NULL}, {"--seed", &seed, NULL}, {"--size", &size, NULL}};
    uint64_t number = SYNTH_DEFAULT_SIZE;
    int operands = 0;
    int bad = cli_parse(&cli_synth, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (bad) return bad;
    if (operands) return cli_usage(&cli_synth, "cannot use '%s'", argv[0]);
    if (!set->folder || !*set->folder) return cli_usage(&cli_synth, "--out DIR is missing");
    if (!count) return cli_usage(&cli_synth, "--count N is missing");
    if (size && !read_number(size, &number)) return cli_usage(&cli_synth, "'%s' is not a whole number", size);
    set->size = (size_t)number;
    if (!read_number(count, &number)) return cli_usage(&cli_synth, "'%s' is not a whole number", count);
    set->count = (size_t)number;
    if (!read_number(seed, &set->seed)) return cli_usage(&cli_synth, "'%s' is not a whole number", seed);
    return CLI_DONE;
}

static int run_synth(int argc, char **argv)
{
    synth_set set = {.progress = show_progress};
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
