/* Fingerprints of the training images, sorted, and a search for each image of the split. */
#include "data/unseen.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/dataset_internal.h"

static int compare(const void *a, const void *b)
{
    return fingerprint_compare(a, b);
}

static bool is_seen(const fingerprint *print, const fingerprint *seen, size_t count)
{
    return count && bsearch(print, seen, count, sizeof *seen, compare) != NULL;
}

/* seen: room for every image of `all`. Returns how many of them are of the training split. */
static size_t gather(const dataset *all, fingerprint *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < dataset_count(all); i++)
        if (dataset_split(all, i) == DATA_TRAIN) seen[count++] = *dataset_print(all, i);
    if (count) qsort(seen, count, sizeof *seen, compare);
    return count;
}

static void move_sample(dataset *set, size_t from, size_t to)
{
    set->samples[to] = set->samples[from];
    set->images[to] = set->images[from];
    for (size_t k = 0; k < set->classes; k++)
        set->targets[to * set->classes + k] = set->targets[from * set->classes + k];
}

/* The images of the split lie in `all` in the same order, among those of the others. */
static void compact(dataset *set, data_split split, const dataset *all, const fingerprint *seen, size_t count)
{
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < dataset_count(all) && at < set->count; i++) {
        if (dataset_split(all, i) != split) continue;
        if (!is_seen(dataset_print(all, i), seen, count)) move_sample(set, at, kept++);
        at++;
    }
    set->count = kept;
}

amend_status unseen_keep(dataset *set, const data_options *options, size_t *left_out)
{
    data_options plain = *options;
    dataset *all = NULL;
    fingerprint *seen = NULL;
    size_t before = set->count;
    plain.channels = plain.size = 0;
    TRY(dataset_read(&plain, true, NULL, &all));
    amend_status status = mem_alloc(&seen, dataset_count(all), sizeof *seen, "training images");
    if (!status.code) compact(set, options->split, all, seen, gather(all, seen));
    mem_free(seen);
    dataset_free(all);
    TRY(status);
    *left_out = before - set->count;
    if (set->count) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: every image of split '%s' is in the training split too; none is left",
                        options->path, data_split_name(options->split));
}
