/* What was measured, as tables and a chart. */
#include "eval/protocol.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

void section_figures(FILE *out, const eval_report *report)
{
    const eval_metrics *m = report->metrics;
    fprintf(out,
            "<h2>Measured</h2>\n<p class=\"big\">Top-1 %.2f %%</p>\n<p>95 %% interval %.2f to %.2f, %zu images. Mean "
            "over classes %.2f %%, macro F1 %.2f %%, calibration error (ECE) %.2f %%.</p>\n<table>\n",
            100 * m->top1, 100 * m->top1_low, 100 * m->top1_high, m->count, 100 * m->mean_class, 100 * m->macro_f1,
            100 * m->ece);
    for (size_t i = 0; i < EVAL_PROTOCOL_FIELDS; i++) {
        const char *value = eval_protocol_value(&report->protocol, i);
        if (value) html_row(out, eval_protocol_name(i), value);
    }
    fputs("</table>\n", out);
}

static void confusion_row(FILE *out, const eval_report *report, size_t truth)
{
    const eval_metrics *m = report->metrics;
    const size_t *row = &m->confusion[truth * m->classes];
    size_t samples = m->per_class[truth].count;
    fputs("<tr><th>", out);
    html_text(out, report->labels[truth]);
    fputs("</th>", out);
    for (size_t k = 0; k < m->classes; k++) {
        double share = samples ? (double)row[k] / (double)samples : 0;
        /* Never so dark that the number could not be read. */
        fprintf(
            out,
            "<td class=\"n\" style=\"background: rgba(0, 114, 178, %.2f)\">%zu<br><span class=\"faint\">%.0f&nbsp;%%"
            "</span></td>",
            0.45 * share, row[k], 100 * share);
    }
    fputs("</tr>\n", out);
}

void section_confusion(FILE *out, const eval_report *report)
{
    fputs("<h2>Confusion</h2>\n<p>A row for each true class, a column for each predicted one; percent of the row.</p>\n"
          "<div class=\"wide\"><table>\n<tr><td></td>",
          out);
    for (size_t k = 0; k < report->metrics->classes; k++) {
        fputs("<th class=\"n\">", out);
        html_text(out, report->labels[k]);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
    for (size_t truth = 0; truth < report->metrics->classes; truth++) confusion_row(out, report, truth);
    fputs("</table></div>\n", out);
}

void section_classes(FILE *out, const eval_report *report)
{
    fputs("<h2>Classes</h2>\n<table>\n<tr><th>class</th><th class=\"n\">images</th><th class=\"n\">precision (%)</th>"
          "<th class=\"n\">recall (%)</th><th class=\"n\">F1 (%)</th></tr>\n",
          out);
    for (size_t k = 0; k < report->metrics->classes; k++) {
        const eval_class *class = &report->metrics->per_class[k];
        fputs("<tr><th>", out);
        html_text(out, report->labels[k]);
        fprintf(out, "</th><td class=\"n\">%zu</td>", class->count);
        html_share(out, class->precision);
        html_share(out, class->recall);
        html_share(out, class->f1);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

void section_calibration(FILE *out, const eval_metrics *metrics)
{
    fputs("<h2>Calibration</h2>\n<p>How often predictions of a confidence are right. On the dashed line the network is "
          "as "
          "sure as it may be; below it, too sure.</p>\n<div class=\"charts\">\n",
          out);
    chart_reliability(out, metrics->bins);
    fputs("</div>\n", out);
}
