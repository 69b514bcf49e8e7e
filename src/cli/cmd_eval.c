/* amend eval */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "data/unseen.h"
#include "eval/evaluate.h"
#include "eval/report.h"

enum { LEFT_OUT_SIZE = 80 };

typedef struct eval_request {
    cli_data_words words;
    const char *model, *data, *affinity, *precision, *batch, *json, *picture, *tta;
    bool shared, unseen;
} eval_request;

static amend_status measure(const eval_request *request, amend_model *model, const dataset *set,
                            const evaluate_options *options, const char *left_out, float *probabilities)
{
    const model_description *d = model_describe(model);
    const char *names[MODEL_MAX_CLASSES];
    char input[96], batch[64];
    eval_metrics metrics;
    for (size_t i = 0; i < d->classes; i++) names[i] = options->shared ? options->shared->names[i] : d->labels[i];
    snprintf(input, sizeof input, "%zux%zu, %s, %s", d->size, d->size, d->channels == 1 ? "gray" : "RGB",
             options->flip ? "crop and mirror image" : "single crop");
    snprintf(batch, sizeof batch, "%zu, as listed", options->batch);
    amend_status status = evaluate_metrics(model, set, options, probabilities, &metrics);
    const eval_report report = {&metrics,
                                names,
                                {.data = request->data,
                                 .layout = dataset_layout(set),
                                 .split = request->words.split,
                                 .left_out = left_out,
                                 .rule = strcmp(dataset_layout(set), "ferplus") ? NULL : request->words.rule,
                                 .classes = options->shared ? options->shared->text : NULL,
                                 .affinity = arm_head_names[options->head],
                                 .input = input,
                                 .tta = request->tta,
                                 .precision = request->precision,
                                 .batch = batch,
                                 .model = request->model}};
    bool json_to_stdout = request->json && !strcmp(request->json, "-");
    if (!status.code && !json_to_stdout) status = eval_report_text(&report, stdout);
    if (!status.code && request->json) status = eval_report_write_json(&report, request->json);
    if (!status.code && request->picture) status = eval_report_picture(&report, request->picture);
    eval_metrics_free(&metrics);
    return status;
}

/* left_out: what is measured without, for the protocol; filled with --unseen alone. */
static amend_status open_set(const eval_request *request, const data_options *data, dataset **set,
                             char left_out[LEFT_OUT_SIZE])
{
    size_t count = 0;
    TRY(dataset_open(data, set));
    if (!request->unseen) return status_ok();
    TRY(unseen_keep(*set, data, &count));
    snprintf(left_out, LEFT_OUT_SIZE, "%zu images that are in the training split too", count);
    return status_ok();
}

static amend_status evaluate(const eval_request *request, const data_options *data, evaluate_options *options,
                             int affinity)
{
    amend_model *model = NULL;
    dataset *set = NULL;
    float *probabilities = NULL;
    shared_classes shared;
    char left_out[LEFT_OUT_SIZE];
    data_options sized = *data;
    amend_status status = model_open(request->model, &model);
    if (status.code) return status;
    sized.size = model_describe(model)->size;
    sized.channels = model_describe(model)->channels;
    options->head = affinity < 0 ? model_describe(model)->head : (arm_head)(affinity + 1);
    status = open_set(request, &sized, &set, left_out);
    if (!status.code && request->shared) {
        status = shared_find(model, set, &shared);
        options->shared = &shared;
    }
    if (!status.code)
        status =
            mem_alloc(&probabilities, dataset_count(set) * amend_model_classes(model), sizeof(float), "predictions");
    if (!status.code) status = measure(request, model, set, options, request->unseen ? left_out : NULL, probabilities);
    mem_free(probabilities);
    dataset_free(set);
    amend_model_free(model);
    return status;
}

static int run(int argc, char **argv)
{
    static const char *const modes[] = {"none", "batch", "ema", NULL}, *const precisions[] = {"f32", "bf16", "int8",
                                                                                              NULL};
    eval_request r = {.words = cli_data_defaults(), .precision = "f32"};
    const cli_option options[] = {
        CLI_DATA_OPTIONS(r.words),         {"--split", &r.words.split, NULL},   {"--data", &r.data, NULL},
        {"--affinity", &r.affinity, NULL}, {"--precision", &r.precision, NULL}, {"--batch", &r.batch, NULL},
        {"--json", &r.json, NULL},         {"--picture", &r.picture, NULL},     {"--tta", &r.tta, NULL},
        {"--shared", NULL, &r.shared},     {"--unseen", NULL, &r.unseen}};
    int operands = 0;
    int result = cli_parse(&cli_eval, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_eval, argv, operands, 1);
    if (result) return result;
    if (!operands || !r.data) return cli_usage(&cli_eval, "a model and --data are needed");
    r.model = argv[0];
    size_t batch = 64;
    int precision = cli_choice(r.precision, precisions);
    int affinity = r.affinity ? cli_choice(r.affinity, modes) : -1;
    if (r.unseen && !strcmp(r.words.split, "train"))
        return cli_usage(&cli_eval, "--unseen: all of split train was seen; measure valid or test");
    if (precision < 0) return cli_usage(&cli_eval, "--precision %s: f32, bf16 or int8", r.precision);
    if (r.affinity && affinity < 0) return cli_usage(&cli_eval, "--affinity %s: ema, batch or none", r.affinity);
    if (r.tta && strcmp(r.tta, "flip")) return cli_usage(&cli_eval, "--tta %s: flip", r.tta);
    data_options data;
    result = cli_read_size(&cli_eval, "--batch", r.batch, 1, 4096, &batch);
    if (!result) result = cli_data_read(&cli_eval, &r.words, r.data, &data);
    if (!result) result = cli_check_output(&cli_eval, "--json", r.json, CLI_OUTPUT_TEXT);
    if (!result) result = cli_check_output(&cli_eval, "--picture", r.picture, CLI_OUTPUT_FILE);
    if (!result) result = cli_check_kept("--json", r.json, r.model, "model");
    if (!result) result = cli_check_kept("--picture", r.picture, r.model, "model");
    if (result) return result;
    evaluate_options how = {ARM_HEAD_EMA, batch, (nn_type)precision, r.tta != NULL, NULL};
    amend_status status = evaluate(&r, &data, &how, affinity);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_eval = {
    "eval", run, "measure a model on a data set",
    "Usage: amend eval MODEL --data DIR [options]\n"
    "Top-1 with its 95 % interval, mean class accuracy, macro F1, calibration, confusion; the protocol stands in all "
    "of it.\n\n"
    "  --data DIR       data set\n"
    "  --layout NAME    affectnet, fer2013, ferplus, folder, rafdb or sfew; guessed if left out\n"
    "  --split S        train, valid or test (default test)\n"
    "  --rule R         FER+ labels: plurality (default) or majority\n"
    "  --classes N      AffectNet: 8 (default), or 7 without contempt\n"
    "  --shared         across data sets: only the classes that model and set both have, by name (angry is anger); "
    "images\n"
    "                   of others are left out, and the model chooses among the shared\n"
    "  --unseen         leave out images whose exact copies are in the training split (FER2013, PublicTest: 1 in 12)\n"
    "  --affinity A     ema, batch or none; the model's own if left out. With batch a prediction depends on the other\n"
    "                   images of its batch\n"
    "  --tta flip       mean of the probabilities of each image and its mirror image\n"
    "  --precision P    f32 (default), bf16, or int8 for models that `amend quantize` made\n"
    "  --batch N        images at once (default 64)\n"
    "  --json FILE      also as JSON; - is standard output\n"
    "  --picture PNG    confusion matrix as a picture\n\n"
    "Examples:\n"
    "  amend eval runs/ferplus/model.safetensors --data ferplus --split valid --json -\n"
    "  amend eval runs/ferplus/model.safetensors --data fer2013 --layout fer2013 --shared\n"};
