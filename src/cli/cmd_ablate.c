/* amend ablate */
#include <stdio.h>
#include <string.h>

#include "ablate/ablate.h"
#include "ablate/table.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/data_args.h"
#include "cli/output.h"

typedef struct ablate_words {
    const char *recipe, *data, *out, *heads, *backbones, *seeds, *split, *json;
    bool redo, table_only;
    data_split part;
} ablate_words;

/* The rows: of the recipe's file, or crossed from the options. */
static amend_status make_plan(const ablate_words *w, int count, char **assignments, ablate_plan *plan)
{
    seed_list seeds;
    plan_start(plan);
    if (w->recipe) TRY(plan_load(w->recipe, plan));
    if (plan->count && (w->heads || w->backbones))
        return status_error(AMEND_BAD_ARGUMENT, "%s has rows of its own; leave out --heads and --backbones", w->recipe);
    for (int i = 0; i < count; i++) {
        if (!strncmp(assignments[i], "train.seed=", 11))
            return status_error(AMEND_BAD_ARGUMENT, "train.seed is set run by run; give --seeds");
        TRY(config_set(recipe_keys, recipe_key_count, &plan->base, assignments[i]));
    }
    if (w->heads || w->backbones) TRY(plan_cross(plan, w->heads, w->backbones));
    if (w->seeds) TRY(status_prefix(seeds_parse(w->seeds, &seeds), "--seeds"));
    return plan_finish(plan, w->seeds ? &seeds : NULL);
}

static amend_status show(const ablate_words *w, const ablate_plan *plan, const ablate_results *results, size_t *failed)
{
    ablate_table *table = NULL;
    TRY(mem_alloc(&table, 1, sizeof *table, "table"));
    amend_status status = table_make(plan, results, w->part, table);
    if (!status.code) status = table_files(table, w->out);
    if (!status.code && !(w->json && !strcmp(w->json, "-"))) table_text(table, stdout);
    if (!status.code && w->json) status = json_save(table_json(table), w->json);
    *failed = table_failed(table);
    mem_free(table);
    return status;
}

static amend_status run_plan(const ablate_words *w, const ablate_plan *plan)
{
    const ablate_request request = {plan, w->data, w->out, w->part, w->redo};
    ablate_results results;
    size_t failed = 0;
    if (!w->table_only) TRY(ablate_all(&request));
    amend_status status = ablate_read(w->out, &results);
    if (!status.code) status = show(w, plan, &results, &failed);
    results_free(&results);
    if (!status.code && failed)
        return status_error(AMEND_BAD_DATA, "%zu of %zu runs failed; the same command tries them again", failed,
                            plan_runs(plan));
    return status;
}

static int run(int argc, char **argv)
{
    ablate_words w = {.split = "test"};
    ablate_plan *plan = NULL;
    int operands = 0;
    const cli_option options[] = {
        {"--recipe", &w.recipe, NULL},        {"--data", &w.data, NULL},           {"--out", &w.out, NULL},
        {"--heads", &w.heads, NULL},          {"--backbones", &w.backbones, NULL}, {"--seeds", &w.seeds, NULL},
        {"--split", &w.split, NULL},          {"--json", &w.json, NULL},           {"--redo", NULL, &w.redo},
        {"--table-only", NULL, &w.table_only}};
    int result = cli_parse(&cli_ablate, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_split_read(&cli_ablate, w.split, &w.part);
    if (result) return result;
    if (!w.out || !(w.data || w.table_only)) return cli_usage(&cli_ablate, "--data and --out are needed");
    result = cli_check_output(&cli_ablate, "--out", w.out, CLI_OUTPUT_FOLDER);
    if (!result) result = cli_check_json(&cli_ablate, w.json, w.out);
    if (result) return result;
    amend_status status = mem_alloc(&plan, 1, sizeof *plan, "rows");
    if (!status.code) status = make_plan(&w, operands, argv, plan);
    bool usage = status.code == AMEND_BAD_ARGUMENT;
    if (!status.code) status = run_plan(&w, plan);
    mem_free(plan);
    if (usage) return cli_usage(&cli_ablate, "%s", status.message);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_ablate = {
    "ablate", run, "compare heads, backbones and other changes over seeds",
    "Usage: amend ablate [--recipe R.ini] --data DIR --out DIR [section.key=value ...]\n"
    "Trains and measures one recipe with a few changes, each over several seeds, and makes one table: means, "
    "deviations\n"
    "and the difference with the first row. Ctrl-C stops it; the same command goes on, and repeats nothing.\n\n"
    "  --recipe FILE   a recipe with a section [ablate], a line a row: 'NAME @ SEEDS = section.key=value ...'\n"
    "  --data DIR      data set\n"
    "  --out DIR       gets ROW/seed-N (folders of runs), results.csv, table.csv, table.tex, table.png\n"
    "  --heads LIST    instead of rows in a file: heads (gap, none, batch, ema), the first is the baseline\n"
    "  --backbones LIST  the same with backbones, .onnx files among them; each head with each of them\n"
    "  --seeds LIST    of every row, as 1-5 or 1,2,7; else as the file says, or 1-3\n"
    "  --split S       train, valid or test (default test)\n"
    "  --table-only    train nothing: the table of what is there\n"
    "  --redo          make anew what is there of other recipes or another data set; refused without it\n"
    "  --json FILE     the table also as JSON; - is standard output\n"
    "  section.key=value  overrides the recipe of all rows; what a row changes comes after it\n\n"
    "Examples:\n"
    "  amend ablate --recipe recipes/ablation-ferplus.ini --data ferplus --out runs/ablation\n"
    "  amend ablate --recipe recipes/synth.ini --heads gap,ema --seeds 1-3 --data drawn --out runs/heads\n"};
