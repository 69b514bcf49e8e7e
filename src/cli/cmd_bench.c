/* amend bench */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "backbone/backbone.h"
#include "cli/args.h"
#include "cli/bench.h"
#include "cli/output.h"
#include "nn/dnn.h"

typedef struct bench_words {
    const char *model, *size, *batch, *width, *precision, *threads, *seconds, *json, *data, *recipe;
    bool small;
} bench_words;

static bool number(const char *text, double low, double high, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && *value >= low && *value <= high;
}

static bool read_precision(const char *word, bool infer, bench_request *r)
{
    r->best_type = !strcmp(word, "auto");
    r->type = !strcmp(word, "bf16") ? NN_BF16 : !strcmp(word, "int8") ? NN_U8 : NN_F32;
    if (r->best_type && !infer && dnn_has_fast(NN_BF16)) r->type = NN_BF16;
    return !strcmp(word, "f32") || r->type == NN_BF16 || r->best_type || (infer && r->type == NN_U8);
}

static int read_request(const bench_words *w, bool infer, bench_request *r)
{
    double size, batch, width, threads = 0;
    if (!number(w->size, 8, 1024, &size) || !number(w->batch, 1, 4096, &batch) || !number(w->width, 0.125, 4, &width) ||
        !number(w->seconds, 0.1, 3600, &r->seconds) || (w->threads && !number(w->threads, 1, 1024, &threads)))
        return cli_usage(&cli_bench, "--size 8..1024, --batch 1..4096, --width 0.125..4, --seconds 0.1..3600, "
                                     "--threads 1..1024");
    if (!read_precision(w->precision, infer, r))
        return cli_usage(&cli_bench, "--precision %s: %s", w->precision,
                         infer ? "f32, bf16, int8 or auto" : "f32, bf16 or auto");
    if (w->model && !infer) return cli_usage(&cli_bench, "--model goes with 'bench infer'");
    if (threads > 0) omp_set_num_threads((int)threads);
    r->model = w->model;
    r->batch = (size_t)batch;
    r->network = (model_description){.small_stem = w->small,
                                     .width = width,
                                     .head = ARM_HEAD_EMA,
                                     .size = (size_t)size,
                                     .channels = w->small ? 1 : 3,
                                     .classes = 8,
                                     .normal = {{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}};
    const backbone_options backbone = {r->network.backbone, w->small, width};
    r->network.arrangement = backbone_channels(&backbone) % 256 ? 8 : 16;
    return CLI_DONE;
}

static int run_load(const bench_words *w)
{
    recipe chosen = recipe_defaults();
    double seconds;
    if (!w->data) return cli_usage(&cli_bench, "'bench load' needs --data");
    if (!number(w->seconds, 0.1, 3600, &seconds)) return cli_usage(&cli_bench, "--seconds 0.1..3600");
    amend_status status = status_ok();
    if (w->recipe) status = config_load(w->recipe, recipe_keys, recipe_key_count, &chosen);
    if (!status.code) status = recipe_check(&chosen);
    if (!status.code) status = bench_load(w->data, &chosen, seconds, w->json);
    return status.code ? cli_fail(status) : CLI_DONE;
}

static int run(int argc, char **argv)
{
    bench_words w = {.size = "224", .batch = "32", .width = "1", .precision = "auto", .seconds = "5"};
    const cli_option options[] = {
        {"--model", &w.model, NULL},     {"--size", &w.size, NULL},       {"--batch", &w.batch, NULL},
        {"--width", &w.width, NULL},     {"--threads", &w.threads, NULL}, {"--precision", &w.precision, NULL},
        {"--seconds", &w.seconds, NULL}, {"--small", NULL, &w.small},     {"--json", &w.json, NULL},
        {"--data", &w.data, NULL},       {"--recipe", &w.recipe, NULL}};
    bench_request request = {0};
    bench_result result;
    int operands = 0, bad = cli_parse(&cli_bench, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!bad) bad = cli_check_output(&cli_bench, "--json", w.json, CLI_OUTPUT_TEXT);
    if (bad) return bad;
    if (operands == 1 && !strcmp(argv[0], "load")) return run_load(&w);
    bool infer = operands == 1 && !strcmp(argv[0], "infer");
    if (operands != 1 || (!infer && strcmp(argv[0], "train")))
        return cli_usage(&cli_bench, "what to measure: infer, train or load");
    bad = read_request(&w, infer, &request);
    if (bad) return bad;
    amend_status status = infer ? bench_infer(&request, &result) : bench_train(&request, &result);
    if (!status.code) status = bench_print(&result, w.json);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_bench = {
    "bench", run, "measure speed, against the hardware's floor",
    "Usage: amend bench infer|train|load [options]\n"
    "infer: from pixels in memory to logits; train: whole training steps with Adam. Both "
    "of\nResNet-18 + ARM and, in the same run, of its convolutions alone (oneDNN's own "
    "time).\n"
    "load: opening a data set and making its batches, decoded and augmented.\n\n"
    "  --model FILE     infer: this model (default: random weights)\n"
    "  --size PX        input side (default 224)\n"
    "  --batch N        images at once (default 32)\n"
    "  --width W        factor on the channels (default 1)\n"
    "  --small          3x3 stem without pooling, gray input\n"
    "  --precision P    f32, bf16, infer also int8; auto (default): the fastest on this processor\n"
    "  --threads N      default: all cores\n"
    "  --data DIR       load: this data set\n"
    "  --recipe FILE    load: as this recipe reads and augments it\n"
    "  --seconds S      to measure for (default 5)\n"
    "  --json FILE      as JSON; - is standard output\n\n"
    "Examples:\n"
    "  amend bench infer --batch 1 --precision int8\n"
    "  amend bench train --size 48 --width 0.5 --small --batch 64\n"
    "  amend bench load --data ferplus --recipe recipes/ferplus.ini\n"};
