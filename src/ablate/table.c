/* From results to rows. */
#include "ablate/table.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/plot.h"
#include "train/identity.h"

static void add_done(ablate_table *table, table_row *to, const ablate_result *r)
{
    to->seeds[to->done] = r->seed;
    to->top1[to->done++] = r->top1;
    to->mean_class += r->mean_class;
    to->macro_f1 += r->macro_f1;
    to->ece += r->ece;
    to->seconds += r->seconds;
    to->images_per_second += r->images_per_second;
    to->planned_bytes = r->planned_bytes;
    to->parameters = r->parameters;
    if (table->images && table->images != r->count) table->images_differ = true;
    if (table->measured && r->measured && table->measured != r->measured) table->images_differ = true;
    if (to->data && r->data && to->data != r->data) table->data_differ = true;
    table->images = r->count;
    if (r->measured) table->measured = r->measured;
    if (r->data) to->data = r->data;
}

static amend_status add_run(ablate_table *table, table_row *to, const ablate_results *results, size_t seed)
{
    const ablate_result *r = results_find(results, to->row->name, seed, table->split);
    const recipe wanted = plan_recipe(to->row, seed);
    uint64_t hash;
    TRY(run_hash(&wanted, &hash));
    bool other = r && r->recipe != hash;
    if (!r || other) {
        to->missing++;
        to->others += other;
    } else if (r->failed) {
        to->failed++;
        if (!to->first_failure) to->first_failure = r;
    } else {
        add_done(table, to, r);
    }
    return status_ok();
}

/* Sums become means. */
static void finish_row(table_row *row)
{
    const double done = (double)row->done; /* 0: NaN */
    row->mean = sample_mean(row->top1, row->done);
    row->deviation = sample_deviation(row->top1, row->done);
    row->mean_class /= done;
    row->macro_f1 /= done;
    row->ece /= done;
    row->seconds /= done;
    row->images_per_second /= done;
}

static void compare(table_row *row, const table_row *baseline)
{
    double a[ABLATE_SEEDS], b[ABLATE_SEEDS];
    size_t pairs = 0;
    for (size_t i = 0; row != baseline && i < row->done; i++)
        for (size_t j = 0; j < baseline->done; j++)
            if (row->seeds[i] == baseline->seeds[j]) {
                a[pairs] = row->top1[i];
                b[pairs++] = baseline->top1[j];
            }
    row->difference = paired_compare(a, b, pairs);
}

amend_status table_make(const ablate_plan *plan, const ablate_results *results, data_split split, ablate_table *table)
{
    memset(table, 0, sizeof *table);
    table->count = plan->count;
    table->split = data_split_name(split);
    for (size_t i = 0; i < plan->count; i++) {
        table_row *row = &table->rows[i];
        row->row = &plan->rows[i];
        for (size_t k = 0; k < row->row->seeds.count; k++) TRY(add_run(table, row, results, row->row->seeds.values[k]));
        finish_row(row);
        compare(row, &table->rows[0]);
    }
    return status_ok();
}

size_t table_failed(const ablate_table *table)
{
    size_t failed = 0;
    for (size_t i = 0; i < table->count; i++) failed += table->rows[i].failed;
    return failed;
}

double table_percent(double share)
{
    return fabs(share) < 0.00005 ? 0 : 100 * share;
}

amend_status table_picture(const ablate_table *table, const char *path)
{
    plot_line *lines = NULL;
    double *values = NULL;
    char title[64];
    amend_status status = mem_alloc(&lines, table->count, sizeof *lines, "lines of the picture");
    if (!status.code) status = mem_alloc(&values, table->count * ABLATE_SEEDS, sizeof *values, "values of the picture");
    for (size_t i = 0; !status.code && i < table->count; i++) {
        const table_row *row = &table->rows[i];
        double *own = values + i * ABLATE_SEEDS;
        for (size_t k = 0; k < row->done; k++) own[k] = 100 * row->top1[k];
        lines[i] = (plot_line){row->row->name, own, row->done, 100 * row->mean, 100 * row->deviation};
    }
    snprintf(title, sizeof title, "Top-1 of %zu images, %s split", table->images, table->split);
    if (!status.code) status = plot_dots(path, title, "top-1 (%)", lines, table->count);
    mem_free(values);
    mem_free(lines);
    return status;
}

static amend_status write_file(const ablate_table *table, void (*write)(const ablate_table *, FILE *),
                               const char *folder, const char *name)
{
    char *path = NULL;
    file_replacement file;
    TRY(file_join(folder, name, &path));
    amend_status status = file_replace_begin(path, &file);
    if (!status.code) {
        write(table, file.stream);
        status = file_replace_commit(&file);
    }
    mem_free(path);
    return status;
}

amend_status table_files(const ablate_table *table, const char *folder)
{
    char *path = NULL;
    TRY(write_file(table, table_csv, folder, "table.csv"));
    TRY(write_file(table, table_latex, folder, "table.tex"));
    TRY(file_join(folder, "table.png", &path));
    amend_status status = table_picture(table, path);
    mem_free(path);
    return status;
}
