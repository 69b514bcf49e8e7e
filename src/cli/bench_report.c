/* Timing, and how its result is shown. */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/machine.h"
#include "cli/bench.h"
#include "nn/floor.h"

enum { WARM = 2, ROUNDS = 7, FEWEST_ROUNDS = 3, MOST = 4096, FLOOR_REPEATS = 3 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bench_times bench_summary(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return (bench_times){values[count / 2], values[count / 4], values[3 * count / 4]};
}

amend_status bench_time(amend_status (*run)(void *data), void *data, double seconds, bench_times *result)
{
    double times[MOST], end = clock_seconds() + seconds;
    size_t count = 0;
    while (count < MOST && (!count || clock_seconds() < end)) {
        double start = clock_seconds();
        TRY(run(data));
        times[count++] = clock_seconds() - start;
    }
    *result = bench_summary(times, count);
    return status_ok();
}

size_t bench_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

amend_status bench_rounds(amend_status (*run)(void *data), void *data, const nn_table *table, const nn_params *trained,
                          double seconds, bench_result *result)
{
    double times[ROUNDS], floors[ROUNDS], ratios[ROUNDS];
    size_t rounds = 0;
    for (size_t i = 0; i < WARM; i++) TRY(run(data));
    result->peak = bench_peak_bytes();
    double end = clock_seconds() + 2 * seconds; /* large networks get fewer rounds */
    for (; rounds < FEWEST_ROUNDS || (rounds < ROUNDS && clock_seconds() < end); rounds++) {
        bench_times network;
        nn_floor floor;
        TRY(bench_time(run, data, seconds / ROUNDS, &network));
        TRY(nn_floor_measure(table, result->batch, result->type, trained, FLOOR_REPEATS, &floor));
        times[rounds] = network.median;
        floors[rounds] = floor.forward + floor.backward_data + floor.backward_weights;
        ratios[rounds] = times[rounds] / floors[rounds];
        result->flops = floor.flops;
    }
    result->times = bench_summary(times, rounds);
    result->floor = bench_summary(floors, rounds);
    result->ratio = bench_summary(ratios, rounds).median;
    return status_ok();
}

static const char *type_name(nn_type type)
{
    return type == NN_F32 ? "f32" : type == NN_BF16 ? "bf16" : "int8";
}

static json_t *as_json(const bench_result *b, const char *processor)
{
    double images = (double)b->batch;
    return json_pack("{s:i,s:s,s:f,s:f,s:f,s:f,s:s,s:i,s:s,s:f,s:f,s:I,s:I}", "schema", 1, "what", b->what,
                     "ms_per_image", 1e3 * b->times.median / images, "ms_per_image_low", 1e3 * b->times.low / images,
                     "floor_ms_per_image", 1e3 * b->floor.median / images, "ratio", b->ratio, "precision",
                     type_name(b->type), "batch", (int)b->batch, "processor", processor, "gflops",
                     b->flops / b->times.median / 1e9, "call_ms", 1e3 * b->call, "planned_bytes",
                     (json_int_t)b->planned, "peak_bytes", (json_int_t)b->peak);
}

amend_status bench_print(const bench_result *b, const char *json)
{
    char processor[256];
    double per_image = 1e3 / (double)b->batch;
    machine_processor(processor, sizeof processor);
    if (json) return json_save(as_json(b, processor), json);
    printf("%s, batch %zu, %s, %s\n", b->what, b->batch, type_name(b->type), processor);
    printf("  time   %8.3f ms an image (quartiles %.3f .. %.3f)\n", per_image * b->times.median,
           per_image * b->times.low, per_image * b->times.high);
    printf("  floor  %8.3f ms an image (quartiles %.3f .. %.3f): oneDNN's convolutions alone\n",
           per_image * b->floor.median, per_image * b->floor.low, per_image * b->floor.high);
    printf("  ratio  %8.3f   %.0f Gflop/s\n", b->ratio, b->flops / b->times.median / 1e9);
    if (b->call > 0) printf("  call   %8.3f ms a face of a photo in memory, cut out and scaled too\n", 1e3 * b->call);
    printf("  memory %8.1f MB planned, %.1f MB peak of the process\n", (double)b->planned / 1e6, (double)b->peak / 1e6);
    return status_ok();
}
