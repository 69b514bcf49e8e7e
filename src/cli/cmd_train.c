/* amend train */
#include <string.h>

#include "cli/args.h"
#include "train/run.h"

static int run(int argc, char **argv)
{
    const char *path = NULL, *data = NULL, *folder = NULL;
    bool resume = false;
    int operands = 0;
    const cli_option options[] = {
        {"--recipe", &path, NULL}, {"--data", &data, NULL}, {"--out", &folder, NULL}, {"--resume", NULL, &resume}};
    recipe chosen = recipe_defaults();
    int result = cli_parse(&cli_train, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!data || !folder) return cli_usage(&cli_train, "--data and --out are needed");
    if (path) {
        amend_status status = config_load(path, recipe_keys, recipe_key_count, &chosen);
        if (status.code) return cli_fail(status);
    }
    for (int i = 0; i < operands; i++) {
        amend_status status = config_set(recipe_keys, recipe_key_count, &chosen, argv[i]);
        if (status.code) return cli_usage(&cli_train, "%s", status.message);
    }
    amend_status checked = recipe_check(&chosen);
    if (checked.code) return cli_usage(&cli_train, "%s", checked.message);
    const train_request request = {&chosen, data, folder, resume};
    amend_status status = train_run(&request);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_train = {
    "train", run, "train a network on a data set",
    "Usage: amend train --data DIR --out RUN [--recipe R.ini] [--resume] [section.key=value ...]\n"
    "Trains a network. RUN gets recipe.ini, run.txt, log.csv, curves.png, checkpoint.safetensors and, at the end,\n"
    "model.safetensors. Ctrl-C writes a checkpoint and stops.\n\n"
    "  --data DIR     data set: see 'amend data --help' for the layouts\n"
    "  --out RUN      folder of the run\n"
    "  --recipe FILE  recipe; without one the built-in small network is trained\n"
    "  --resume       go on from RUN's last checkpoint\n"
    "  section.key=value  overrides the recipe; RUN/recipe.ini lists all keys with their meaning\n\n"
    "Examples:\n"
    "  amend synth --out faces --count 4000\n"
    "  amend train --recipe recipes/synth.ini --data faces --out runs/faces\n"
    "  amend train --recipe recipes/ferplus-small.ini --data ferplus --out runs/ferplus train.seed=2\n"};
