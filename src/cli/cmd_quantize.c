/* amend quantize */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"
#include "model/int8_file.h"
#include "model/quantize.h"

enum { BATCH = 32, SEED = 1 };

typedef struct quantize_request {
    cli_data_words words;
    const char *model, *data, *images, *out;
    data_options options;
    size_t count; /* images to calibrate with */
} quantize_request;

static amend_status note_images(const model_description *d, const dataset *set, size_t wanted,
                                model_calibration *calibration, size_t batch)
{
    const loader_options options = {.batch = batch,
                                    .size = d->size,
                                    .channels = d->channels,
                                    .normal = data_normal_bytes,
                                    .seed = SEED,
                                    .threads = 1,
                                    .shuffle = true};
    loader *batches = NULL;
    progress bar;
    TRY(loader_create(set, &options, &batches));
    amend_status status = loader_start(batches, 0, 0);
    progress_start(&bar, "calibrating", wanted);
    for (size_t done = 0; !status.code && done < wanted; done += batch) {
        data_batch b;
        status = loader_next(batches, &b);
        if (status.code || !b.count) break;
        data_bytes(b.pixels, b.count * d->size * d->size * d->channels, model_calibration_pixels(calibration));
        status = model_calibration_add(calibration);
        progress_update(&bar, done + batch < wanted ? done + batch : wanted, "");
    }
    progress_finish(&bar);
    loader_free(batches);
    return status;
}

/* What is measured on, and what calibrates: perhaps one set. */
typedef struct quantize_sets {
    dataset *measured, *training;
} quantize_sets;

static void close_sets(quantize_sets *sets)
{
    if (sets->training != sets->measured) dataset_free(sets->training);
    dataset_free(sets->measured);
}

/* Both before any work, with the model's classes. */
static amend_status open_sets(const quantize_request *r, amend_model *model, quantize_sets *sets)
{
    data_options options = r->options;
    options.size = model_describe(model)->size;
    options.channels = model_describe(model)->channels;
    TRY(dataset_open(&options, &sets->measured));
    TRY(evaluate_check_classes(model, sets->measured));
    if (options.split == DATA_TRAIN) {
        sets->training = sets->measured;
        return status_ok();
    }
    options.split = DATA_TRAIN;
    return dataset_open(&options, &sets->training);
}

/* The model's folded network, in 8 bits, calibrated on training images. */
static amend_status quantize(const quantize_request *r, const amend_model *model, const dataset *set,
                             model_folded *folded)
{
    const model_description *d = model_describe(model);
    model_calibration *calibration = NULL;
    size_t batch = dataset_count(set) < BATCH ? dataset_count(set) : BATCH;
    size_t there = dataset_count(set) / batch * batch, wanted = r->count < there ? r->count : there;
    amend_status status = model_calibration_create(d, folded, batch, &calibration);
    if (!status.code) status = note_images(d, set, wanted, calibration, batch);
    if (!status.code) status = model_quantize(calibration, folded);
    model_calibration_free(calibration);
    return status;
}

static amend_status top1(amend_model *model, const dataset *set, nn_type type, double *share)
{
    arm_head head = model_describe(model)->head;
    const evaluate_options options = {.head = head, .batch = evaluate_batch(head), .type = type};
    size_t count = dataset_count(set), classes = amend_model_classes(model), right = 0;
    float *probabilities = NULL;
    TRY(mem_alloc(&probabilities, count * classes, sizeof(float), "predictions"));
    amend_status status = evaluate_dataset(model, set, &options, probabilities);
    for (size_t i = 0; i < count; i++) {
        const float *p = probabilities + i * classes;
        size_t best = 0;
        for (size_t k = 1; k < classes; k++)
            if (p[k] > p[best]) best = k;
        right += best == dataset_label(set, i);
    }
    *share = (double)right / (double)count;
    mem_free(probabilities);
    return status;
}

/* The 8-bit model beside the one it was made from, on the split that was asked for. */
static amend_status compare(const quantize_request *r, amend_model *model, const dataset *set)
{
    amend_model *made = NULL;
    double full = 0, coded = 0;
    amend_status status = model_open(r->out, &made);
    if (!status.code) status = top1(model, set, NN_F32, &full);
    if (!status.code) status = top1(made, set, NN_U8, &coded);
    if (!status.code)
        printf("%-6s top-1 %6.2f %%\n%-6s top-1 %6.2f %%   %+.2f points, on %zu images of split %s\n", "f32",
               100 * full, "int8", 100 * coded, 100 * (coded - full), dataset_count(set), r->words.split);
    amend_model_free(made);
    return status;
}

static amend_status make(const quantize_request *r)
{
    amend_model *model = NULL;
    model_folded *folded = NULL;
    quantize_sets sets = {0};
    TRY(model_open(r->model, &model));
    model_description d = *model_describe(model);
    amend_status status = model_fold_weights(model, &folded);
    if (!status.code) status = open_sets(r, model, &sets);
    if (!status.code) status = quantize(r, model, sets.training, folded);
    d.int8 = true;
    if (!status.code) status = int8_file_save(&d, folded, r->out);
    if (!status.code) status = compare(r, model, sets.measured);
    close_sets(&sets);
    model_folded_free(folded);
    amend_model_free(model);
    return status;
}

static int run(int argc, char **argv)
{
    quantize_request r = {.words = cli_data_defaults(), .count = 1024};
    const cli_option options[] = {CLI_DATA_OPTIONS(r.words),
                                  {"--split", &r.words.split, NULL},
                                  {"--data", &r.data, NULL},
                                  {"--images", &r.images, NULL},
                                  {"--out", &r.out, NULL}};
    int operands = 0;
    int result = cli_parse(&cli_quantize, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_quantize, argv, operands, 1);
    if (result) return result;
    if (!operands || !r.data || !r.out) return cli_usage(&cli_quantize, "a model, --data and --out are needed");
    r.model = argv[0];
    result = cli_read_size(&cli_quantize, "--images", r.images, 1, 1000000, &r.count);
    if (!result) result = cli_data_read(&cli_quantize, &r.words, r.data, &r.options);
    if (!result) result = cli_check_output(&cli_quantize, "--out", r.out, CLI_OUTPUT_WEIGHTS);
    if (!result) result = cli_check_kept("--out", r.out, r.model, "model");
    if (result) return result;
    amend_status status = make(&r);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_quantize = {
    "quantize", run, "make an 8-bit model, smaller and faster",
    "Usage: amend quantize MODEL --data DIR --out FILE [options]\n"
    "Folds the network, finds the ranges of its activations on training images, writes weights in 8 bits, and "
    "measures\n"
    "the result beside the model it was made from.\n\n"
    "  --data DIR       data set; its training split calibrates\n"
    "  --layout NAME    affectnet, fer2013, ferplus, folder, rafdb or sfew; guessed if left out\n"
    "  --images N       images to calibrate with (default 1024)\n"
    "  --split S        split to measure both on: train, valid or test (default test)\n"
    "  --rule R         FER+ labels: plurality (default) or majority\n"
    "  --classes N      AffectNet: 8 (default), or 7 without contempt\n"
    "  --out FILE       the 8-bit model\n\n"
    "Example:\n"
    "  amend quantize runs/ferplus/model.safetensors --data ferplus --split valid --out small.safetensors\n"};
