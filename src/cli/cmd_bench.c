/* amend bench */
#include <omp.h>
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

/* An option that says nothing of what is measured is refused. */
static int check_meant(const bench_words *w, bool infer, bool load)
{
    static const char *const random_network = "'bench train', and 'bench infer' without --model",
                             *const network = "'bench infer' and 'bench train'";
    const struct {
        const char *option;
        bool given, meant;
        const char *with;
    } rules[] = {{"--model", w->model, infer, "'bench infer'"},
                 {"--data", w->data, load, "'bench load'"},
                 {"--recipe", w->recipe, load, "'bench load'"},
                 {"--size", w->size, !load && !w->model, random_network},
                 {"--width", w->width, !load && !w->model, random_network},
                 {"--small", w->small, !load && !w->model, random_network},
                 {"--batch", w->batch, !load, network},
                 {"--precision", w->precision, !load, network},
                 {"--threads", w->threads, !load, network}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].given && !rules[i].meant)
            return cli_usage(&cli_bench, "%s goes with %s", rules[i].option, rules[i].with);
    return CLI_DONE;
}

static int read_seconds(const bench_words *w, double *seconds)
{
    *seconds = 5;
    return cli_read_real(&cli_bench, "--seconds", w->seconds, 0.1, 3600, seconds);
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
    size_t size = 224, threads = 0;
    double width = 1;
    r->batch = 32;
    int bad = cli_read_size(&cli_bench, "--size", w->size, 8, 1024, &size);
    if (!bad) bad = cli_read_size(&cli_bench, "--batch", w->batch, 1, 4096, &r->batch);
    if (!bad) bad = cli_read_real(&cli_bench, "--width", w->width, 0.125, 4, &width);
    if (!bad) bad = cli_read_size(&cli_bench, "--threads", w->threads, 1, 1024, &threads);
    if (!bad) bad = read_seconds(w, &r->seconds);
    if (bad) return bad;
    if (!read_precision(w->precision ? w->precision : "auto", infer, r))
        return cli_usage(&cli_bench, "--precision %s: %s", w->precision,
                         infer ? "f32, bf16, int8 or auto" : "f32, bf16 or auto");
    if (threads > 0) omp_set_num_threads((int)threads);
    r->model = w->model;
    r->network = (model_description){.small_stem = w->small,
                                     .width = width,
                                     .head = ARM_HEAD_EMA,
                                     .size = size,
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
    int bad = read_seconds(w, &seconds);
    if (bad) return bad;
    amend_status status = status_ok();
    if (w->recipe) status = config_load(w->recipe, recipe_keys, recipe_key_count, &chosen);
    if (!status.code) status = recipe_check(&chosen);
    if (!status.code) status = bench_load(w->data, &chosen, seconds, w->json);
    return status.code ? cli_fail(status) : CLI_DONE;
}

static int run(int argc, char **argv)
{
    bench_words w = {0};
    const cli_option options[] = {
        {"--model", &w.model, NULL},     {"--size", &w.size, NULL},       {"--batch", &w.batch, NULL},
        {"--width", &w.width, NULL},     {"--threads", &w.threads, NULL}, {"--precision", &w.precision, NULL},
        {"--seconds", &w.seconds, NULL}, {"--small", NULL, &w.small},     {"--json", &w.json, NULL},
        {"--data", &w.data, NULL},       {"--recipe", &w.recipe, NULL}};
    bench_request request = {0};
    bench_result result;
    int operands = 0, bad = cli_parse(&cli_bench, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!bad) bad = cli_check_output(&cli_bench, "--json", w.json, CLI_OUTPUT_TEXT);
    if (!bad) bad = cli_check_kept("--json", w.json, w.model, "model");
    if (!bad) bad = cli_check_kept("--json", w.json, w.recipe, "recipe");
    if (bad) return bad;
    bool infer = operands && !strcmp(argv[0], "infer"), load = operands && !strcmp(argv[0], "load");
    if (!operands || (!infer && !load && strcmp(argv[0], "train")))
        return cli_usage(&cli_bench, "what to measure: infer, train or load");
    bad = cli_no_more(&cli_bench, argv, operands, 1);
    if (!bad) bad = check_meant(&w, infer, load);
    if (bad) return bad;
    if (load) return run_load(&w);
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
    "  --model FILE     infer: this model, which has its own size (default: random weights)\n"
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
