/* amend bench */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/args.h"
#include "model/description.h"
#include "nn/floor.h"
#include "nn/loss.h"
#include "train/trainer.h"

enum { CLASSES = 8, WARM = 3, MAX_STEPS = 200 };

typedef struct bench_request {
    const char *size, *batch, *width, *precision, *steps;
    bool small, json;
} bench_request;

typedef struct bench_result {
    double step, low, high, floor, flops; /* seconds a step (median, quartiles), of the convolutions alone */
    size_t planned;
} bench_result;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static amend_status time_steps(trainer *t, const data_batch *batch, size_t steps, bench_result *result)
{
    double times[MAX_STEPS], loss;
    size_t right;
    for (size_t i = 0; i < WARM + steps; i++) {
        double start = clock_seconds();
        TRY(trainer_step(t, batch, &loss, &right));
        if (i >= WARM) times[i - WARM] = clock_seconds() - start;
    }
    qsort(times, steps, sizeof *times, by_value);
    result->step = times[steps / 2];
    result->low = times[steps / 4];
    result->high = times[3 * steps / 4];
    return status_ok();
}

/* Random pixels and labels: time does not depend on what is seen. */
static amend_status make_batch(size_t count, size_t floats, data_batch *batch)
{
    rng r = rng_make(1, 2, 3);
    memset(batch, 0, sizeof *batch);
    batch->count = count;
    TRY(mem_alloc(&batch->pixels, count * floats, sizeof(float), "batch"));
    TRY(mem_alloc(&batch->targets, count * CLASSES, sizeof(float), "batch"));
    for (size_t i = 0; i < count * floats; i++) batch->pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < count; i++) batch->targets[i * CLASSES + rng_below(&r, CLASSES)] = 1;
    return status_ok();
}

static amend_status bench_train(const model_description *d, const trainer_options *options, size_t steps,
                                bench_result *result)
{
    nn_table *table = NULL;
    nn_params params = {0};
    trainer *t = NULL;
    nn_floor floor;
    data_batch batch = {0};
    amend_status status = mem_alloc(&table, 1, sizeof *table, "network");
    if (!status.code) status = description_build(d, table);
    if (!status.code) status = nn_params_create(table, &params);
    if (!status.code) nn_params_init(&params, 1);
    if (!status.code) status = trainer_create(table, &params, options, 1000000, &t);
    if (!status.code) status = make_batch(options->batch, d->size * d->size * d->channels, &batch);
    if (!status.code) status = time_steps(t, &batch, steps, result);
    if (!status.code) status = nn_floor_measure(table, options->batch, options->type, true, 9, &floor);
    if (!status.code) {
        result->floor = floor.forward + floor.backward_data + floor.backward_weights;
        result->flops = floor.flops;
        result->planned = trainer_bytes(t);
    }
    mem_free(batch.pixels);
    mem_free(batch.targets);
    trainer_free(t);
    nn_params_free(&params);
    mem_free(table);
    return status;
}

static void read_processor(char *name, size_t size)
{
    char line[512];
    FILE *info = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    while (info && fgets(line, sizeof line, info)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !colon) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 2);
        break;
    }
    if (info) fclose(info);
}

static void print_result(const bench_request *r, const bench_result *b, size_t batch)
{
    char processor[256];
    struct rusage usage;
    double images = (double)batch;
    read_processor(processor, sizeof processor);
    getrusage(RUSAGE_SELF, &usage);
    if (r->json) {
        json_t *all =
            json_pack("{s:i,s:s,s:f,s:f,s:f,s:s,s:i,s:s,s:I,s:I}", "schema", 1, "what", "train", "ms_per_image",
                      1e3 * b->step / images, "floor_ms_per_image", 1e3 * b->floor / images, "ratio",
                      b->step / b->floor, "precision", r->precision, "batch", (int)batch, "processor", processor,
                      "planned_bytes", (json_int_t)b->planned, "peak_bytes", (json_int_t)usage.ru_maxrss * 1024);
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(all);
        return;
    }
    printf("training step, batch %zu, %s, %s\n", batch, r->precision, processor);
    printf("  step   %8.3f ms an image (quartiles %.3f .. %.3f)\n", 1e3 * b->step / images, 1e3 * b->low / images,
           1e3 * b->high / images);
    printf("  floor  %8.3f ms an image: oneDNN's convolutions alone\n", 1e3 * b->floor / images);
    printf("  ratio  %8.3f   %.0f Gflop/s\n", b->step / b->floor, b->flops / b->step / 1e9);
    printf("  memory %8.1f MB planned, %.1f MB peak of the process\n", (double)b->planned / 1e6,
           (double)usage.ru_maxrss * 1024 / 1e6);
}

static bool number(const char *text, double low, double high, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && *value >= low && *value <= high;
}

static int run(int argc, char **argv)
{
    bench_request r = {.size = "224", .batch = "32", .width = "1", .precision = "bf16", .steps = "15"};
    const cli_option options[] = {{"--size", &r.size, NULL},   {"--batch", &r.batch, NULL},
                                  {"--width", &r.width, NULL}, {"--precision", &r.precision, NULL},
                                  {"--steps", &r.steps, NULL}, {"--small", NULL, &r.small},
                                  {"--json", NULL, &r.json}};
    int operands = 0;
    double size, batch, width, steps;
    int result = cli_parse(&cli_bench, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (operands != 1 || strcmp(argv[0], "train")) return cli_usage(&cli_bench, "what to measure: train");
    if (!number(r.size, 8, 1024, &size) || !number(r.batch, 1, 4096, &batch) || !number(r.width, 0.125, 4, &width) ||
        !number(r.steps, 1, MAX_STEPS, &steps))
        return cli_usage(&cli_bench, "--size 8..1024, --batch 1..4096, --width 0.125..4, --steps 1..%d", MAX_STEPS);
    bool bf16 = !strcmp(r.precision, "bf16");
    if (!bf16 && strcmp(r.precision, "f32")) return cli_usage(&cli_bench, "--precision %s: f32 or bf16", r.precision);
    model_description d = {.small_stem = r.small,
                           .width = width,
                           .head = ARM_HEAD_EMA,
                           .arrangement = 16,
                           .size = (size_t)size,
                           .channels = r.small ? 1 : 3,
                           .classes = CLASSES};
    trainer_options how = {.batch = (size_t)batch,
                           .type = bf16 ? NN_BF16 : NN_F32,
                           .optimizer = {OPTIMIZER_ADAM, 0.9, 0.999, 1e-8, 0, false, 1e-4},
                           .schedule = {.kind = SCHEDULE_EXPONENTIAL, .rate = 1e-4, .factor = 1, .epochs = 1}};
    bench_result b = {0};
    amend_status status = bench_train(&d, &how, (size_t)steps, &b);
    if (status.code) return cli_fail(status);
    print_result(&r, &b, how.batch);
    return CLI_DONE;
}

const cli_command cli_bench = {"bench", run, "measure speed against the hardware's floor",
                               "Usage: amend bench train [options]\n"
                               "Times training steps of ResNet-18 + ARM and, in the same run, the network's "
                               "convolutions alone (oneDNN's own time).\n\n"
                               "  --size PX        input side (default 224)\n"
                               "  --batch N        images a step (default 32)\n"
                               "  --width W        factor on the channels (default 1)\n"
                               "  --small          3x3 stem without pooling, gray input\n"
                               "  --precision P    bf16 (default) or f32\n"
                               "  --steps N        steps timed after three warm ones (default 15)\n"
                               "  --json           for programs\n\n"
                               "Example:\n  amend bench train --size 48 --width 0.5 --small --batch 64\n"};
