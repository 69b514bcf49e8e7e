/* The text and the picture. */
#include "eval/report.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "eval/protocol.h"
#include "image/plot.h"

enum { TITLE_SIZE = 1024, LINE_WIDTH = 56 };

static void print_share(FILE *stream, double share)
{
    if (isnan(share))
        fprintf(stream, " %10s", "-");
    else
        fprintf(stream, " %10.2f", 100 * share);
}

static int label_width(const eval_report *report)
{
    size_t widest = strlen("class");
    for (size_t k = 0; k < report->metrics->classes; k++) {
        size_t length = strlen(report->labels[k]);
        if (length > widest) widest = length;
    }
    return widest < 40 ? (int)widest : 40;
}

static void print_classes(const eval_report *report, FILE *stream)
{
    const eval_metrics *m = report->metrics;
    int width = label_width(report);
    fprintf(stream, "\n%-*s %8s %10s %10s %10s   (%%)\n", width, "class", "count", "precision", "recall", "F1");
    for (size_t k = 0; k < m->classes; k++) {
        fprintf(stream, "%-*s %8zu", width, report->labels[k], m->per_class[k].count);
        print_share(stream, m->per_class[k].precision);
        print_share(stream, m->per_class[k].recall);
        print_share(stream, m->per_class[k].f1);
        fputc('\n', stream);
    }
}

static void print_confusion(const eval_report *report, FILE *stream)
{
    const eval_metrics *m = report->metrics;
    int width = label_width(report);
    fprintf(stream, "\nconfusion: rows are truth, columns predictions in the same order\n");
    for (size_t truth = 0; truth < m->classes; truth++) {
        fprintf(stream, "%-*s", width, report->labels[truth]);
        for (size_t k = 0; k < m->classes; k++) fprintf(stream, " %7zu", m->confusion[truth * m->classes + k]);
        fputc('\n', stream);
    }
}

amend_status eval_report_text(const eval_report *report, FILE *stream)
{
    const eval_metrics *m = report->metrics;
    for (size_t i = 0; i < EVAL_PROTOCOL_FIELDS; i++) {
        const char *value = eval_protocol_value(&report->protocol, i);
        if (value) fprintf(stream, "%-10s  %s\n", eval_protocol_name(i), value);
    }
    fprintf(stream, "\n%-10s  %.2f %%   95 %% interval %.2f to %.2f, %zu images\n", "top-1", 100 * m->top1,
            100 * m->top1_low, 100 * m->top1_high, m->count);
    fprintf(stream, "%-10s  %.2f %%\n", "mean class", 100 * m->mean_class);
    fprintf(stream, "%-10s  %.2f %%\n", "macro F1", 100 * m->macro_f1);
    fprintf(stream, "%-10s  %.2f %%\n", "ECE", 100 * m->ece);
    print_classes(report, stream);
    print_confusion(report, stream);
    return ferror(stream) ? status_error(AMEND_IO, "the report could not be written; is the disk full?") : status_ok();
}

/* The figure in the first line, the protocol in the following ones. */
static void make_title(const eval_report *report, char title[TITLE_SIZE])
{
    const eval_metrics *m = report->metrics;
    size_t used = (size_t)snprintf(title, TITLE_SIZE, "Top-1 %.2f %% of %zu images", 100 * m->top1, m->count);
    size_t column = LINE_WIDTH; /* the first field starts a line */
    for (size_t i = 0; i < EVAL_PROTOCOL_FIELDS; i++) {
        const char *value = eval_protocol_value(&report->protocol, i);
        size_t length;
        if (!value) continue;
        length = strlen(eval_protocol_name(i)) + strlen(value) + 3;
        if (used + length >= TITLE_SIZE) return; /* only a path can be that long */
        if (column + length > LINE_WIDTH) column = 0;
        used += (size_t)snprintf(title + used, TITLE_SIZE - used, "%s%s %s", column ? ", " : "\n",
                                 eval_protocol_name(i), value);
        column += length;
    }
}

amend_status eval_report_picture(const eval_report *report, const char *path)
{
    char title[TITLE_SIZE];
    make_title(report, title);
    return plot_matrix(path, title, report->labels, report->metrics->confusion, report->metrics->classes);
}
