/* amend train */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/output.h"
#include "train/run.h"

/* "4G", "800M": bytes, in thousands. */
static bool read_memory(const char *text, size_t *bytes)
{
    char *end;
    double value = strtod(text, &end);
    double unit = *end == 'G' ? 1e9 : *end == 'M' ? 1e6 : 0;
    if (end == text || unit == 0 || end[1] || !(value * unit >= 1e6 && value * unit <= 1e15)) return false;
    *bytes = (size_t)(value * unit);
    return true;
}

/* Of a run that goes on and names no recipe. Without one of its own it begins, if keys say how it is to begin. */
static amend_status load_own_recipe(const char *folder, bool keys, recipe *chosen)
{
    char *own = NULL;
    amend_status status = status_ok();
    TRY(file_join(folder, "recipe.ini", &own));
    if (file_exists(own))
        status = config_load(own, recipe_keys, recipe_key_count, chosen);
    else if (!keys)
        status =
            status_error(AMEND_BAD_ARGUMENT,
                         "%s: no run to go on with; name its folder with --out, or begin one with --recipe", folder);
    mem_free(own);
    return status;
}

static amend_status load_recipe(const char *path, const char *folder, bool resume, bool keys, recipe *chosen)
{
    if (path) return config_load(path, recipe_keys, recipe_key_count, chosen);
    return resume ? load_own_recipe(folder, keys, chosen) : status_ok();
}

/* RUN/recipe.ini is written anew: it must not be the one that was given. */
static int check_recipe_kept(const char *folder, const char *path)
{
    char *own = NULL;
    amend_status status = file_join(folder, "recipe.ini", &own);
    if (status.code) return cli_fail(status);
    int result = cli_check_kept("--out", own, path, "recipe");
    mem_free(own);
    return result;
}

/* Whether keys say more than how a run goes on. */
static bool say_what(char *const *keys, int count)
{
    static const char threads[] = "train.threads", checkpoint[] = "train.checkpoint";
    int how = 0;
    for (int i = 0; i < count; i++)
        how += !strncmp(keys[i], threads, sizeof threads - 1) || !strncmp(keys[i], checkpoint, sizeof checkpoint - 1);
    return how < count;
}

static int run(int argc, char **argv)
{
    const char *path = NULL, *data = NULL, *folder = NULL, *memory = NULL;
    size_t bytes = 0;
    bool resume = false;
    int operands = 0;
    const cli_option options[] = {{"--recipe", &path, NULL},
                                  {"--data", &data, NULL},
                                  {"--out", &folder, NULL},
                                  {"--memory", &memory, NULL},
                                  {"--resume", NULL, &resume}};
    recipe chosen = recipe_defaults();
    int result = cli_parse(&cli_train, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!data || !folder) return cli_usage(&cli_train, "--data and --out are needed");
    result = cli_check_output(&cli_train, "--out", folder, CLI_OUTPUT_FOLDER);
    if (result) return result;
    if (path && !resume) result = check_recipe_kept(folder, path);
    if (result) return result;
    if (memory && !read_memory(memory, &bytes))
        return cli_usage(&cli_train, "--memory %s: a size such as 4G or 800M", memory);
    amend_status loaded = load_recipe(path, folder, resume, say_what(argv, operands), &chosen);
    if (loaded.code) return cli_fail(loaded);
    for (int i = 0; i < operands; i++) {
        amend_status status = config_set(recipe_keys, recipe_key_count, &chosen, argv[i]);
        if (status.code) return cli_usage(&cli_train, "%s", status.message);
    }
    amend_status checked = recipe_check(&chosen);
    if (checked.code) return cli_usage(&cli_train, "%s", checked.message);
    const train_request request = {&chosen, data, folder, bytes, resume};
    amend_status status = train_run(&request);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_train = {
    "train", run, "train a network on a data set",
    "Usage: amend train --data DIR --out RUN [--recipe R.ini] [--resume] [section.key=value ...]\n"
    "Trains a network. RUN gets recipe.ini, run.txt, log.csv, curves.png, checkpoint.safetensors and, at the end,\n"
    "model.safetensors. Ctrl-C writes a checkpoint and stops, a second one stops at once.\n\n"
    "  --data DIR     data set: see 'amend data --help' for the layouts\n"
    "  --out RUN      folder of the run\n"
    "  --recipe FILE  recipe; without one the built-in small network is trained\n"
    "  --memory SIZE  stay under, as 4G or 800M: takes a batch in parts and adds up their gradients, if it must;\n"
    "                 batch normalisation and affinity then see one part at a time\n"
    "  --resume       go on from RUN's last checkpoint, by RUN/recipe.ini unless --recipe is given; without\n"
    "                 a run there one begins, by --recipe or section.key=value\n"
    "  section.key=value  overrides the recipe; RUN/recipe.ini lists all keys with their meaning\n\n"
    "Examples:\n"
    "  amend synth --out faces --count 4000\n"
    "  amend train --recipe recipes/synth.ini --data faces --out runs/faces\n"
    "  amend train --recipe recipes/ferplus-small.ini --data ferplus --out runs/ferplus train.seed=2\n"
    "  amend train --resume --data ferplus --out runs/ferplus\n"
    "  amend train --recipe recipes/rafdb-paper.ini --data rafdb --out runs/rafdb train.init=resnet18.pth\n"
    "  amend train --recipe recipes/synth.ini --data mine --out runs/mine train.init=runs/faces/model.safetensors \\\n"
    "    optimizer.rates=backbone:0\n"
    "  amend train --recipe recipes/ferplus-light.ini --data ferplus --out runs/light train.teacher=large.safetensors\n"
    "  amend train --data faces --out runs/other model.backbone=net.onnx model.channels=3\n"};
