/* The runs of an ablation, one after the other. */
#include "ablate/ablate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ablate/run.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stop.h"
#include "train/identity.h"

enum { LITTLE = 8 /* pixels a side */, KNOWN = 8 };

typedef struct work {
    const ablate_request *request;
    ablate_results *results;
    char *file; /* results.csv */
    size_t done;
    struct data_known {
        int layout, rule;
        size_t classes;
        uint64_t hash;
    } known[KNOWN]; /* data sets that were read */
    size_t known_count;
} work;

/* One run of the plan. */
typedef struct task {
    const ablate_row *row;
    ablate_run run;
    char folder[4096];
} task;

static amend_status hash_data(const work *w, const recipe *r, uint64_t *hash)
{
    dataset *set = NULL;
    data_options options = recipe_data(r, w->request->data);
    options.size = LITTLE; /* pixels do not count */
    options.channels = 1;
    TRY(dataset_open(&options, &set));
    *hash = run_data_hash(set);
    dataset_free(set);
    return status_ok();
}

/* The hash of the images that a recipe trains on; rows mostly have the same. */
static amend_status find_data(work *w, const recipe *r, uint64_t *hash)
{
    for (size_t i = 0; i < w->known_count; i++) {
        const struct data_known *k = &w->known[i];
        *hash = k->hash;
        if (k->layout == r->layout && k->rule == r->rule && k->classes == r->classes) return status_ok();
    }
    TRY(hash_data(w, r, hash));
    if (w->known_count < KNOWN) w->known[w->known_count++] = (struct data_known){r->layout, r->rule, r->classes, *hash};
    return status_ok();
}

static amend_status make_task(work *w, const ablate_row *row, size_t seed, task *t)
{
    const ablate_request *request = w->request;
    t->row = row;
    t->run = (ablate_run){
        .folder = t->folder, .data = request->data, .recipe = plan_recipe(row, seed), .split = request->split};
    TRY(find_data(w, &t->run.recipe, &t->run.data_hash));
    if (snprintf(t->folder, sizeof t->folder, "%s/%s/seed-%zu", request->out, row->folder, seed) >= 4096)
        return status_error(AMEND_BAD_ARGUMENT, "%.60s...: the folder's path is too long", request->out);
    return run_hash(&t->run.recipe, &t->run.recipe_hash);
}

typedef amend_status task_function(work *w, task *t);

/* Seed by seed, so that a table of the runs so far compares all rows. */
static amend_status for_each_task(work *w, task_function *function)
{
    const ablate_plan *plan = w->request->plan;
    task t;
    for (size_t k = 0; k < ABLATE_SEEDS; k++)
        for (size_t i = 0; i < plan->count; i++) {
            const ablate_row *row = &plan->rows[i];
            if (k >= row->seeds.count) continue;
            TRY(make_task(w, row, row->seeds.values[k], &t));
            TRY(function(w, &t));
        }
    return status_ok();
}

static ablate_result *line_of(const work *w, const task *t)
{
    return results_find(w->results, t->row->name, t->run.recipe.seed, data_split_name(w->request->split));
}

static bool is_same(const ablate_result *line, const task *t)
{
    return line->recipe == t->run.recipe_hash && (!line->data || line->data == t->run.data_hash);
}

static bool is_done(const work *w, const task *t)
{
    const ablate_result *line = line_of(w, t);
    return line && !line->failed && is_same(line, t);
}

/* ---- before the first run ---- */

/* Hours of training must not go because a key was mistyped. */
static amend_status meet_other(work *w, task *t)
{
    const ablate_result *line = line_of(w, t);
    bool other = line && !line->failed && !is_same(line, t), held = other;
    if (is_done(w, t)) return status_ok(); /* its folder may be gone, or elsewhere */
    TRY(ablate_run_is_other(&t->run, &held));
    if (!other && !held) return status_ok();
    if (!w->request->redo)
        return status_error(
            AMEND_BAD_ARGUMENT,
            "%s: holds row '%s', seed %zu, of another recipe or data set; name another --out, or --redo makes anew "
            "what is of others",
            w->request->out, t->row->name, t->run.recipe.seed);
    if (!held) return status_ok(); /* made anew already, in part */
    fprintf(stderr, "%s, seed %zu: was made with another recipe or data set; it is made anew\n", t->row->name,
            t->run.recipe.seed);
    return ablate_run_forget(&t->run);
}

static amend_status count_done(work *w, task *t)
{
    w->done += is_done(w, t);
    return status_ok();
}

/* A wrong --data or --split would make every run fail. */
static amend_status check_data(const ablate_request *request)
{
    dataset *set = NULL;
    data_options options = recipe_data(&request->plan->base, request->data);
    options.split = request->split;
    amend_status status = dataset_open(&options, &set);
    dataset_free(set);
    return status;
}

/* ---- a run ---- */

static void write_date(char *date, size_t size)
{
    struct tm utc;
    time_t now = time(NULL);
    *date = '\0';
    if (gmtime_r(&now, &utc)) strftime(date, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static amend_status keep(work *w, ablate_result *result)
{
    write_date(result->date, sizeof result->date);
    TRY(results_set(w->results, result));
    return results_write(w->results, w->file);
}

static amend_status fail(work *w, ablate_result *result, const char *message)
{
    result->failed = true;
    results_field(result->message, sizeof result->message, message);
    fprintf(stderr, "%s, seed %zu: failed: %s\n", result->row, result->seed, message);
    return keep(w, result);
}

static amend_status stopped(const work *w)
{
    return status_error(AMEND_INTERRUPTED, "stopped; %zu of %zu runs are done; the same command goes on", w->done,
                        plan_runs(w->request->plan));
}

static amend_status do_task(work *w, task *t)
{
    ablate_result result = {.seed = t->run.recipe.seed, .recipe = t->run.recipe_hash, .data = t->run.data_hash};
    if (is_done(w, t)) return status_ok();
    if (stop_asked()) return stopped(w);
    snprintf(result.row, sizeof result.row, "%s", t->row->name);
    snprintf(result.split, sizeof result.split, "%s", data_split_name(w->request->split));
    fprintf(stderr, "\n%s, seed %zu (%zu of %zu runs are done)\n", t->row->name, result.seed, w->done,
            plan_runs(w->request->plan));
    amend_status status = ablate_run_do(&t->run, &result);
    if (status.code == AMEND_INTERRUPTED) return stopped(w);
    if (status.code) return fail(w, &result, status.message);
    w->done++;
    fprintf(stderr, "%s, seed %zu: top-1 %.2f %%\n", t->row->name, result.seed, 100 * result.top1);
    return keep(w, &result);
}

static amend_status do_tasks(work *w)
{
    TRY(for_each_task(w, meet_other));
    TRY(for_each_task(w, count_done));
    if (w->done == plan_runs(w->request->plan)) return status_ok();
    TRY(check_data(w->request));
    return for_each_task(w, do_task);
}

amend_status ablate_read(const char *out, ablate_results *results)
{
    char *file = NULL;
    *results = (ablate_results){0};
    TRY(file_join(out, "results.csv", &file));
    amend_status status = results_read(file, results);
    mem_free(file);
    return status;
}

amend_status ablate_all(const ablate_request *request)
{
    ablate_results results = {0};
    work w = {.request = request, .results = &results};
    int lock = -1;
    TRY(file_lock_folder(request->out, &lock));
    stop_listen();
    amend_status status = ablate_read(request->out, &results);
    if (!status.code) status = file_join(request->out, "results.csv", &w.file);
    if (!status.code) status = do_tasks(&w);
    stop_leave();
    results_free(&results);
    mem_free(w.file);
    close(lock);
    return status;
}
