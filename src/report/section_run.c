/* What a run folder tells: machine and data, curves, recipe. */
#include <string.h>

#include "base/mem.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

void section_notes(FILE *out, const char *notes)
{
    char line[4096 + 256]; /* the longest value is a path */
    fputs("<h2>Run</h2>\n<table>\n", out);
    while (*notes) {
        size_t length = strcspn(notes, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), notes);
        char *value = strstr(line, " = ");
        if (value) {
            *value = '\0';
            html_row(out, line, value + 3);
        }
        notes += length + (notes[length] == '\n');
    }
    fputs("</table>\n", out);
}

void section_recipe(FILE *out, const char *recipe)
{
    fputs("<h2>Recipe</h2>\n<details><summary>recipe.ini, every key with its value</summary>\n<pre>", out);
    html_text(out, recipe);
    fputs("</pre>\n</details>\n", out);
}

static void print_end(FILE *out, const train_log *log, size_t epochs)
{
    const log_row *last = &log->rows[log->count - 1];
    double seconds = 0;
    for (size_t i = 0; i < log->count; i++) seconds += log->rows[i].seconds;
    fprintf(
        out,
        "<p>%.0f of %zu epochs in %.1f minutes, %.0f images a second in the last one. Its loss is %.4f, its top-1 on "
        "the training images, as augmented, %.2f %%.</p>\n",
        last->epoch, epochs, seconds / 60, last->images_per_second, last->loss, 100 * last->top1);
}

amend_status section_training(FILE *out, const train_log *log, size_t epochs)
{
    log_lines lines;
    fputs("<h2>Training</h2>\n", out);
    if (!log->count) {
        fprintf(out, "<p>None of %zu epochs has ended yet.</p>\n", epochs);
        return status_ok();
    }
    TRY(log_curves(log, &lines));
    print_end(out, log, epochs);
    fputs("<div class=\"charts\">\n", out);
    chart_curve(out, "Loss, training", lines.loss, lines.epochs);
    chart_curve(out, "Top-1, training (%)", lines.top1, lines.epochs);
    chart_curve(out, "Learning rate", lines.rate, lines.epochs);
    fputs("</div>\n", out);
    mem_free(lines.loss);
    return status_ok();
}
