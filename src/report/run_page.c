/* Reads the folder, measures, and puts the page together. */
#include "report/run_page.h"

#include <stdint.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/html.h"
#include "report/sections.h"
#include "train/recipe.h"

enum { TEXT_LIMIT = 1 << 20 };

/* What the folder holds. */
typedef struct run_folder {
    recipe recipe;
    unsigned char *recipe_text, *notes;
    train_log log;
} run_folder;

static amend_status read_text(const char *folder, const char *name, unsigned char **text)
{
    char *path = NULL;
    size_t size = 0;
    TRY(file_join(folder, name, &path));
    amend_status status = file_read(path, TEXT_LIMIT, text, &size);
    mem_free(path);
    return status_prefix(status, "%s is no folder of a run", folder);
}

static amend_status read_recipe(const char *folder, recipe *r)
{
    char *path = NULL;
    *r = recipe_defaults();
    TRY(file_join(folder, "recipe.ini", &path));
    amend_status status = config_load(path, recipe_keys, recipe_key_count, r);
    mem_free(path);
    return status;
}

static amend_status read_log(const char *folder, train_log *log)
{
    char *path = NULL;
    TRY(file_join(folder, "log.csv", &path));
    amend_status status = log_read(path, SIZE_MAX, log);
    mem_free(path);
    return status;
}

static amend_status read_folder(const char *folder, run_folder *run)
{
    TRY(read_text(folder, "recipe.ini", &run->recipe_text));
    TRY(read_text(folder, "run.txt", &run->notes));
    TRY(read_recipe(folder, &run->recipe));
    return read_log(folder, &run->log);
}

static amend_status measure(const run_page_request *request, const recipe *r, measured *m)
{
    char *path = NULL;
    data_options options = recipe_data(r, request->data);
    options.split = request->split;
    options.soft = false;
    TRY(file_join(request->folder, "model.safetensors", &path));
    amend_status status =
        file_exists(path)
            ? measured_create(path, &options, data_split_name(request->split),
                              r->rule == DATA_MAJORITY ? "majority" : "plurality", m)
            : status_error(AMEND_BAD_ARGUMENT,
                           "%s: not there before the run ends; go on with 'amend train --resume', or leave out --data",
                           path);
    mem_free(path);
    return status;
}

static amend_status write_measured(FILE *out, const measured *m)
{
    section_figures(out, &m->report);
    section_published(out, m);
    section_confusion(out, &m->report);
    section_classes(out, &m->report);
    section_calibration(out, &m->metrics);
    return section_wrong(out, m);
}

static amend_status write_page(FILE *out, const char *folder, const run_folder *run, const measured *m)
{
    html_begin(out, folder);
    if (m) {
        TRY(write_measured(out, m));
    } else {
        fputs("<p>Not measured on a data set; <code>--data DIR</code> adds that.</p>\n", out);
        section_published(out, NULL);
    }
    TRY(section_training(out, &run->log, run->recipe.epochs));
    section_notes(out, (const char *)run->notes);
    section_recipe(out, (const char *)run->recipe_text);
    html_end(out);
    return status_ok();
}

static amend_status write_file(const run_page_request *request, const run_folder *run, const measured *m)
{
    file_replacement file = {0};
    TRY(file_replace_begin(request->out, &file));
    amend_status status = write_page(file.stream, request->folder, run, m);
    if (!status.code) return file_replace_commit(&file);
    file_replace_abandon(&file);
    return status;
}

amend_status run_page_write(const run_page_request *request)
{
    run_folder run = {0};
    measured m = {0};
    amend_status status = read_folder(request->folder, &run);
    if (!status.code && request->data) status = measure(request, &run.recipe, &m);
    if (!status.code) status = write_file(request, &run, request->data ? &m : NULL);
    measured_free(&m);
    log_free(&run.log);
    mem_free(run.notes);
    mem_free(run.recipe_text);
    return status;
}
