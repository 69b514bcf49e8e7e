/* amend synth: writes a set of drawn faces. */
#include <stdint.h>

#include "base/progress.h"
#include "cli/args.h"
#include "data/synth.h"

static progress bar;

static void show_progress(size_t done, size_t count)
{
    if (done == 1) progress_start(&bar, "drawing", count);
    progress_update(&bar, done, "");
}

static int read_arguments(int argc, char **argv, synth_set *set)
{
    const char *count = NULL, *seed = NULL, *size = NULL;
    const cli_option options[] = {
        {"--out", &set->folder, NULL}, {"--count", &count, NULL}, {"--seed", &seed, NULL}, {"--size", &size, NULL}};
    size_t number = 1;
    int operands = 0;
    int bad = cli_parse(&cli_synth, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!bad) bad = cli_no_more(&cli_synth, argv, operands, 0);
    if (bad) return bad;
    if (!set->folder || !*set->folder) return cli_usage(&cli_synth, "--out DIR is missing");
    if (!count) return cli_usage(&cli_synth, "--count N is missing");
    bad = cli_read_size(&cli_synth, "--count", count, SYNTH_FEWEST, SYNTH_MOST, &set->count);
    if (!bad) bad = cli_read_size(&cli_synth, "--size", size, SYNTH_SMALLEST, SYNTH_LARGEST, &set->size);
    if (!bad) bad = cli_read_size(&cli_synth, "--seed", seed, 0, SIZE_MAX, &number);
    set->seed = number;
    return bad;
}

static int run_synth(int argc, char **argv)
{
    synth_set set = {.size = SYNTH_DEFAULT_SIZE, .progress = show_progress};
    amend_status status;
    int usage = read_arguments(argc, argv, &set);
    if (usage != CLI_DONE) return usage;
    status = synth_write_set(&set);
    progress_finish(&bar);
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
            "  --count N    how many faces, 21 to 69993\n"
            "  --seed S     any whole number below 2^64 (1)\n"
            "  --size PX    pixels a side, 32 to 1024 (96)\n\n"
            "Example:\n"
            "  amend synth --out drawn --count 7000\n"
            "  amend data drawn\n",
};
