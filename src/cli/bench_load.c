/* amend bench load: how fast a data set is opened, and how fast its epochs are made ready for training. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/machine.h"
#include "cli/bench.h"
#include "data/loader.h"

enum { FEWEST = 3, MOST = 256 };

typedef struct load_times {
    size_t set, images; /* of the split; of an epoch */
    double opening;     /* seconds */
    bench_times epoch;
} load_times;

static amend_status time_epochs(loader *batches, double seconds, bench_times *epoch)
{
    double times[MOST], end = clock_seconds() + seconds;
    size_t count = 0;
    while (count < MOST && (count < FEWEST || clock_seconds() < end)) {
        data_batch batch = {.count = 1};
        double start = clock_seconds();
        TRY(loader_start(batches, count, 0));
        while (batch.count) TRY(loader_next(batches, &batch));
        times[count++] = clock_seconds() - start;
    }
    *epoch = bench_summary(times, count);
    return status_ok();
}

static amend_status time_loading(const dataset *set, const recipe *r, double seconds, load_times *times)
{
    const loader_options options = recipe_loader(r);
    loader *batches = NULL;
    TRY(loader_create(set, &options, &batches));
    times->images = loader_batches(batches) * r->batch;
    amend_status status = time_epochs(batches, seconds, &times->epoch);
    loader_free(batches);
    return status;
}

static json_t *as_json(const load_times *t, const recipe *r, const char *processor)
{
    return json_pack("{s:i,s:s,s:I,s:f,s:I,s:f,s:f,s:f,s:i,s:s,s:I}", "schema", 1, "what", "loading", "images",
                     (json_int_t)t->set, "open_seconds", t->opening, "epoch_images", (json_int_t)t->images,
                     "epoch_seconds", t->epoch.median, "epoch_seconds_low", t->epoch.low, "images_per_second",
                     (double)t->images / t->epoch.median, "threads", (int)r->threads, "processor", processor,
                     "peak_bytes", (json_int_t)bench_peak_bytes());
}

static amend_status print(const load_times *t, const recipe *r, const char *json)
{
    char processor[256];
    machine_processor(processor, sizeof processor);
    if (json) return json_save(as_json(t, r, processor), json);
    printf("loading %zu images, %zu x %zu, %s\n", t->set, r->size, r->size, processor);
    printf("  opening %8.2f s, %.0f images/s\n", t->opening, (double)t->set / t->opening);
    printf("  epoch   %8.2f s (quartiles %.2f .. %.2f), %.0f images/s, %zu thread%s\n", t->epoch.median, t->epoch.low,
           t->epoch.high, (double)t->images / t->epoch.median, r->threads, r->threads == 1 ? "" : "s");
    printf("  memory  %8.1f MB peak of the process\n", (double)bench_peak_bytes() / 1e6);
    return status_ok();
}

amend_status bench_load(const char *data, const recipe *r, double seconds, const char *json)
{
    const data_options options = recipe_data(r, data);
    dataset *set = NULL;
    load_times times = {0};
    double start = clock_seconds();
    TRY(dataset_open(&options, &set));
    times.opening = clock_seconds() - start;
    times.set = dataset_count(set);
    amend_status status = time_loading(set, r, seconds, &times);
    dataset_free(set);
    return status.code ? status : print(&times, r, json);
}
