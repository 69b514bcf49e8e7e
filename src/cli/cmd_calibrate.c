/* amend calibrate */
#include <stdio.h>

#include "base/mem.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "eval/calibrate.h"
#include "eval/evaluate.h"

typedef struct calibrate_request {
    const char *model, *data, *out;
    cli_data_words words;
} calibrate_request;

static amend_status fit(amend_model *model, const dataset *set, calibration *result)
{
    const model_description *d = model_describe(model);
    const evaluate_options options = {.head = d->head, .batch = evaluate_batch(d->head), .type = NN_F32};
    size_t count = dataset_count(set), classes = amend_model_classes(model);
    float *logits = NULL;
    size_t *labels = NULL;
    amend_status status = mem_alloc(&logits, count * classes, sizeof *logits, "logits");
    if (!status.code) status = mem_alloc(&labels, count, sizeof *labels, "labels");
    for (size_t i = 0; !status.code && i < count; i++) labels[i] = dataset_label(set, i);
    if (!status.code) status = evaluate_logits(model, set, &options, logits);
    if (!status.code) status = calibrate(logits, labels, count, classes, d->temperature, result);
    mem_free(logits);
    mem_free(labels);
    return status;
}

static void print(const calibrate_request *r, const calibration *c, size_t count)
{
    printf("temperature %.4f, fitted on %zu images of %s\n", c->temperature, count, r->words.split);
    printf("negative log likelihood  %.4f -> %.4f\n", c->nll_before, c->nll_after);
    printf("calibration error        %.2f %% -> %.2f %% on the rows that it was fitted on\n", 100 * c->ece_before,
           100 * c->ece_after);
    printf("                         %.2f %% on rows that it was not fitted on (two halves, each by the other)\n",
           100 * c->ece_unseen);
    printf("written: %s\n", r->out);
}

static amend_status run_calibration(const calibrate_request *r, const data_options *data)
{
    amend_model *model = NULL;
    dataset *set = NULL;
    data_options sized = *data;
    calibration result = {0};
    TRY(model_open(r->model, &model));
    sized.size = model_describe(model)->size;
    sized.channels = model_describe(model)->channels;
    amend_status status = model_check_weights(model); /* before the images are read */
    if (!status.code) status = dataset_open(&sized, &set);
    if (!status.code) status = fit(model, set, &result);
    if (!status.code) model_set_temperature(model, result.temperature);
    if (!status.code) status = model_save(model, TENSOR_BF16, NULL, r->out);
    if (!status.code) print(r, &result, dataset_count(set));
    dataset_free(set);
    amend_model_free(model);
    return status;
}

static int run(int argc, char **argv)
{
    calibrate_request r = {.words = cli_data_defaults()};
    const cli_option options[] = {CLI_DATA_OPTIONS(r.words),
                                  {"--split", &r.words.split, NULL},
                                  {"--data", &r.data, NULL},
                                  {"--out", &r.out, NULL}};
    data_options data;
    int operands = 0;
    int result = cli_parse(&cli_calibrate, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_calibrate, argv, operands, 1);
    if (result) return result;
    if (!operands || !r.data || !r.out) return cli_usage(&cli_calibrate, "a model, --data and --out are needed");
    r.model = argv[0];
    result = cli_data_read(&cli_calibrate, &r.words, r.data, &data);
    if (!result) result = cli_check_output(&cli_calibrate, "--out", r.out, CLI_OUTPUT_WEIGHTS);
    if (!result) result = cli_check_kept("--out", r.out, r.model, "model");
    if (result) return result;
    amend_status status = run_calibration(&r, &data);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_calibrate = {
    "calibrate", run, "make probabilities say how often they are right",
    "Usage: amend calibrate MODEL --data DIR --out FILE.safetensors [options]\n"
    "Fits a temperature on rows that the model was not trained on and writes the model with it (kernels and matrices "
    "as\n"
    "bf16). Decisions stay as they are. The calibration error of those rows is then no longer one of unseen rows; an\n"
    "honest one, from two halves, is printed beside it.\n\n"
    "  --data DIR      data set\n"
    "  --layout NAME   affectnet, fer2013, ferplus, folder, rafdb or sfew; guessed if left out\n"
    "  --split S       train, valid or test (default test)\n"
    "  --rule R        FER+ labels: plurality (default) or majority\n"
    "  --classes N     AffectNet: 8 (default), or 7 without contempt\n\n"
    "Example:\n"
    "  amend calibrate runs/ferplus/model.safetensors --data ferplus --split valid --out calibrated.safetensors\n"};
