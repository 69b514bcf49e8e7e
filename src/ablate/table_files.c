/* The table for other programs and for papers. */
#include <math.h>
#include <string.h>

#include "ablate/table.h"
#include "base/number.h"

/* ---- CSV: shares, empty where not defined ---- */

static void field(FILE *stream, const char *format, double value)
{
    fputc(',', stream);
    if (!isnan(value)) number_write(stream, format, value);
}

static void csv_row(FILE *stream, const table_row *row)
{
    const paired_comparison *d = &row->difference;
    fprintf(stream, "%s,%zu,%zu,%zu", row->row->name, row->done, row->failed, row->missing);
    const double shares[] = {row->mean, row->deviation, row->mean_class, row->macro_f1,
                             row->ece,  d->difference,  d->low,          d->high};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) field(stream, "%.6f", shares[i]);
    field(stream, "%.6g", d->p);
    fprintf(stream, ",%zu", d->pairs);
    field(stream, "%.1f", row->seconds);
    field(stream, "%.1f", row->images_per_second);
    field(stream, "%.0f", row->done ? (double)row->planned_bytes : NAN);
    field(stream, "%.0f", row->done ? (double)row->parameters : NAN);
    fputc('\n', stream);
}

void table_csv(const ablate_table *table, FILE *stream)
{
    fputs("row,seeds,failed,missing,top1,deviation,mean_class,macro_f1,ece,difference,difference_low,difference_high,p,"
          "common_seeds,seconds,images_per_second,planned_bytes,parameters\n",
          stream);
    for (size_t i = 0; i < table->count; i++) csv_row(stream, &table->rows[i]);
}

/* ---- LaTeX ---- */

static void latex_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\textbackslash{}", stream);
        else if (*text == '~' || *text == '^')
            fprintf(stream, "\\%c{}", *text);
        else if (strchr("&%$#_{}", *text))
            fprintf(stream, "\\%c", *text);
        else
            fputc(*text, stream);
    }
}

static void latex_percent(FILE *stream, const char *format, double share)
{
    if (isnan(share))
        fputs(" & --", stream);
    else
        fprintf(stream, format, table_percent(share));
}

static void latex_difference(FILE *stream, const paired_comparison *d)
{
    latex_percent(stream, " & $%+.2f$", d->difference);
    if (d->pairs == 1) fputs("$^*$", stream);
    if (isnan(d->low))
        fputs(" & --", stream);
    else
        fprintf(stream, " & $[%+.2f, %+.2f]$", table_percent(d->low), table_percent(d->high));
    if (isnan(d->p))
        fputs(" & --", stream);
    else
        fprintf(stream, d->p < 0.001 ? " & $<0.001$" : " & %.3f", d->p);
}

static void latex_row(FILE *stream, const table_row *row)
{
    latex_text(stream, row->row->name);
    fprintf(stream, " & %zu", row->done);
    latex_percent(stream, " & %.2f", row->mean);
    if (!isnan(row->deviation)) fprintf(stream, " $\\pm$ %.2f", 100 * row->deviation);
    latex_difference(stream, &row->difference);
    if (row->done)
        fprintf(stream, " & %.0f & %.0f \\\\\n", row->seconds, (double)row->planned_bytes / 1e6);
    else
        fputs(" & -- & -- \\\\\n", stream);
}

void table_latex(const ablate_table *table, FILE *stream)
{
    bool lone = false;
    fputs("\\begin{tabular}{lrrrrrrr}\n\\hline\n & Seeds & Top-1 (\\%) & Difference & 95 \\% interval & $p$ & Training "
          "(s) & Memory (MB) \\\\\n\\hline\n",
          stream);
    for (size_t i = 0; i < table->count; i++) {
        latex_row(stream, &table->rows[i]);
        lone |= table->rows[i].difference.pairs == 1;
    }
    fputs("\\hline\n", stream);
    if (lone) fputs("\\multicolumn{8}{l}{$^*$ One common seed: no interval.} \\\\\n", stream);
    fputs("\\end{tabular}\n", stream);
}
