/* amend audit */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "eval/audit.h"

typedef struct audit_request {
    const char *model, *data, *shuffles, *json;
    cli_data_words words;
} audit_request;

static void print_mode(const audit_report *r, size_t mode)
{
    printf("\naffinity %s\n  %-10s", arm_head_names[r->modes[mode]], "batch");
    for (size_t b = 0; b < AUDIT_BATCHES; b++) printf("%8zu", (size_t)1 << b);
    putchar('\n');
    for (size_t o = 0; o < AUDIT_ORDERS; o++) {
        printf("  %-10s", audit_order_name((audit_order)o));
        for (size_t b = 0; b < AUDIT_BATCHES; b++) printf("%8.2f", 100 * r->cells[mode][o][b].top1);
        if (o == AUDIT_SHUFFLED) {
            printf("\n  %-10s", "  +-");
            for (size_t b = 0; b < AUDIT_BATCHES; b++) printf("%8.2f", 100 * r->cells[mode][o][b].deviation);
        }
        putchar('\n');
    }
}

/* What the table means, in a sentence a mode. */
static void print_verdict(const audit_report *r, size_t mode)
{
    const audit_cell *sorted = r->cells[mode][AUDIT_SORTED], *one = r->cells[mode][AUDIT_LISTED];
    double spread = audit_spread(r, mode), gain = 0;
    size_t at = 0;
    for (size_t b = 0; b < AUDIT_BATCHES; b++)
        if (sorted[b].top1 - one[0].top1 > gain) {
            gain = sorted[b].top1 - one[0].top1;
            at = b;
        }
    printf("%s: ", arm_head_names[r->modes[mode]]);
    if (spread == 0)
        puts("the same figure in every order and batch size; a prediction depends on its image alone.");
    else if (gain > 0.005)
        printf("figures lie %.2f points apart; sorted by class, in batches of %zu, it gains %.2f points over one image "
               "at a "
               "time: the order leaks the labels.\n",
               100 * spread, (size_t)1 << at, 100 * gain);
    else
        printf("figures lie %.2f points apart; state batch size and order with them.\n", 100 * spread);
}

static json_t *to_json(const audit_request *request, const audit_report *r)
{
    json_t *rows = json_array(), *spreads = json_object();
    int failures = 0;
    for (size_t m = 0; m < r->mode_count; m++) {
        failures |= json_object_set_new(spreads, arm_head_names[r->modes[m]], json_real(audit_spread(r, m)));
        for (size_t o = 0; o < AUDIT_ORDERS; o++)
            for (size_t b = 0; b < AUDIT_BATCHES; b++) {
                const audit_cell *c = &r->cells[m][o][b];
                failures |= json_array_append_new(
                    rows, json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f}", "affinity", arm_head_names[r->modes[m]],
                                    "order", audit_order_name((audit_order)o), "batch", 1 << b, "top1", c->top1,
                                    "lowest", c->lowest, "highest", c->highest, "deviation", c->deviation));
            }
    }
    rows = json_finished(rows, failures);
    return json_pack("{s:i, s:o, s:i, s:i, s:o, s:o}", "schema", 1, "model", json_text(request->model), "count",
                     (int)r->images, "shuffles", (int)r->shuffles, "spread", spreads, "rows", rows);
}

static amend_status audit(const audit_request *request, const data_options *data, size_t shuffles)
{
    amend_model *model = NULL;
    dataset *set = NULL;
    audit_report *report = NULL;
    data_options sized = *data;
    TRY(model_open(request->model, &model));
    sized.size = model_describe(model)->size;
    sized.channels = model_describe(model)->channels;
    amend_status status = dataset_open(&sized, &set);
    if (!status.code) status = mem_alloc(&report, 1, sizeof *report, "report");
    if (!status.code) status = audit_model(model, set, shuffles, report);
    if (!status.code && (!request->json || strcmp(request->json, "-"))) {
        printf("top-1 in %% of %zu images of %s, %s; shuffled: mean and deviation of %zu orders\n", report->images,
               dataset_layout(set), request->words.split, shuffles);
        for (size_t m = 0; m < report->mode_count; m++) print_mode(report, m);
        putchar('\n');
        for (size_t m = 0; m < report->mode_count; m++) print_verdict(report, m);
    }
    if (!status.code && request->json) status = json_save(to_json(request, report), request->json);
    mem_free(report);
    dataset_free(set);
    amend_model_free(model);
    return status;
}

static int run(int argc, char **argv)
{
    audit_request r = {.words = cli_data_defaults()};
    const cli_option options[] = {CLI_DATA_OPTIONS(r.words),
                                  {"--split", &r.words.split, NULL},
                                  {"--data", &r.data, NULL},
                                  {"--shuffles", &r.shuffles, NULL},
                                  {"--json", &r.json, NULL}};
    data_options data;
    int operands = 0;
    size_t shuffles = 20;
    int result = cli_parse(&cli_audit, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_audit, argv, operands, 1);
    if (result) return result;
    if (!operands || !r.data) return cli_usage(&cli_audit, "a model and --data are needed");
    r.model = argv[0];
    result = cli_read_size(&cli_audit, "--shuffles", r.shuffles, 1, 1000, &shuffles);
    if (!result) result = cli_data_read(&cli_audit, &r.words, r.data, &data);
    if (!result) result = cli_check_output(&cli_audit, "--json", r.json, CLI_OUTPUT_TEXT);
    if (!result) result = cli_check_kept("--json", r.json, r.model, "model");
    if (result) return result;
    amend_status status = audit(&r, &data, shuffles);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_audit = {
    "audit", run, "how far a figure depends on the test protocol",
    "Usage: amend audit MODEL --data DIR [options]\n"
    "Top-1 with batches of 1 to 256 images, in the listed order, sorted by class and shuffled, for each affinity "
    "mode.\n"
    "With batch affinity a prediction depends on the images beside it; sorted lists then leak their labels.\n\n"
    "  --data DIR      data set\n"
    "  --layout NAME   affectnet, fer2013, ferplus, folder, rafdb or sfew; guessed if left out\n"
    "  --split S       train, valid or test (default test)\n"
    "  --rule R        FER+ labels: plurality (default) or majority\n"
    "  --classes N     AffectNet: 8 (default), or 7 without contempt\n"
    "  --shuffles N    shuffled orders, 1 to 1000 (default 20)\n"
    "  --json FILE     also as JSON; - is standard output\n\n"
    "Example:\n"
    "  amend audit runs/ferplus/model.safetensors --data ferplus --split valid\n"};
