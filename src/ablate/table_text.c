/* The table for people. */
#include <math.h>
#include <string.h>

#include "ablate/table.h"
#include "arm/head.h"

/* Characters, not bytes. */
static int width(const char *text)
{
    int count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void cell(FILE *stream, int size, const char *text)
{
    fprintf(stream, "  %*s%s", size - width(text), "", text);
}

/* A share in per cent; "-" where it is not defined. */
static void percent(FILE *stream, int size, const char *format, double share)
{
    char text[32] = "-";
    if (!isnan(share)) snprintf(text, sizeof text, format, table_percent(share));
    cell(stream, size, text);
}

static void number(FILE *stream, int size, const char *format, double value)
{
    char text[32] = "-";
    if (!isnan(value)) snprintf(text, sizeof text, format, value);
    cell(stream, size, text);
}

static void print_difference(FILE *stream, const paired_comparison *d, bool baseline)
{
    char interval[48] = "-", p[16] = "-";
    if (!isnan(d->low))
        snprintf(interval, sizeof interval, "%+.2f to %+.2f", table_percent(d->low), table_percent(d->high));
    if (!isnan(d->p)) snprintf(p, sizeof p, d->p < 0.0001 ? "<0.0001" : "%.4f", d->p);
    if (baseline)
        cell(stream, 10, "baseline");
    else
        percent(stream, 10, "%+.2f", d->difference);
    cell(stream, 16, interval);
    cell(stream, 7, p);
}

static void print_row(FILE *stream, const table_row *row, int names, bool baseline)
{
    char runs[24];
    snprintf(runs, sizeof runs, "%zu", row->done);
    fprintf(stream, "%s%*s", row->row->name, names - width(row->row->name), "");
    cell(stream, 5, runs);
    percent(stream, 6, "%.2f", row->mean);
    percent(stream, 9, "%.2f", row->deviation);
    percent(stream, 10, "%.2f", row->mean_class);
    print_difference(stream, &row->difference, baseline);
    number(stream, 8, "%.0f", row->seconds);
    number(stream, 8, "%.1f", row->images_per_second);
    number(stream, 9, "%.1f", row->done ? (double)row->planned_bytes / 1e6 : NAN);
    fputc('\n', stream);
}

/* What a reader of the row must know. */
static void print_remarks(FILE *stream, const table_row *row, bool baseline)
{
    const char *name = row->row->name;
    const ablate_result *failure = row->first_failure;
    if (failure)
        fprintf(stream, "%s: %zu failed, the first with seed %zu: %s\n", name, row->failed, failure->seed,
                failure->message);
    if (row->missing > row->others) fprintf(stream, "%s: %zu not run yet\n", name, row->missing - row->others);
    if (row->others)
        fprintf(stream, "%s: %zu left out, which another recipe made; --redo makes them anew\n", name, row->others);
    if (!baseline && row->done && row->difference.pairs < 2)
        fprintf(stream, "%s: %s\n", name,
                row->difference.pairs ? "one seed in common with the baseline, so a difference without interval"
                                      : "no seed in common with the baseline, so no difference");
    if (row->difference.pairs > 1 && isnan(row->difference.low))
        fprintf(stream, "%s: the same difference with each of %zu seeds, so no interval\n", name,
                row->difference.pairs);
    if (row->done && row->row->recipe.head == ARM_HEAD_BATCH)
        fprintf(stream, "%s: measured one image at a time, which is then the mean of its batch\n", name);
}

void table_text(const ablate_table *table, FILE *stream)
{
    int names = 3;
    for (size_t i = 0; i < table->count; i++)
        if (width(table->rows[i].row->name) > names) names = width(table->rows[i].row->name);
    fprintf(stream,
            "%-*s  seeds   top-1  deviation  mean class  difference      95 %% interval        p   seconds  images/s  "
            "memory MB\n",
            names, "row");
    for (size_t i = 0; i < table->count; i++) print_row(stream, &table->rows[i], names, !i);
    fprintf(stream,
            "\nPer cent of the %zu images of the %s split: single images, last (or averaged) weights, f32. Deviation "
            "over seeds; "
            "difference with\n'%s' over common seeds, interval and p by the paired t-test, not corrected for several "
            "comparisons.\n",
            table->images, table->split, table->rows[0].row->name);
    if (table->images_differ) fputs("Not all runs were measured on the same images: do not compare them.\n", stream);
    if (table->data_differ) fputs("Not all seeds of a row were trained on the same images: --redo.\n", stream);
    for (size_t i = 0; i < table->count; i++) print_remarks(stream, &table->rows[i], !i);
}
