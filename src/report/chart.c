/* Charts by hand: a few lines, a path, text. Colours stand in them too, for programs that leave the page's style out of
 * its pictures. */
#include "report/chart.h"

#include <math.h>

#include "image/plot_scale.h"

static const double left = 64, top = 28, width = 404, height = 190; /* of the axes on a page of 480 x 260 */
enum { VERTICAL_TICKS = 5, HORIZONTAL_TICKS = 8, MOST_DOTS = 40 };

static double across(plot_scale scale, double value)
{
    return left + width * (value - scale.low) / (scale.high - scale.low);
}

static double up(plot_scale scale, double value)
{
    return top + height * (scale.high - value) / (scale.high - scale.low);
}

static void begin(FILE *out, const char *title, const char *across_title)
{
    fprintf(out,
            "<svg viewBox=\"0 0 480 260\" width=\"480\" font-size=\"12\" role=\"img\" aria-label=\"%s\">\n"
            "<text x=\"%g\" y=\"16\" font-weight=\"600\">%s</text>\n"
            "<text x=\"%g\" y=\"254\" text-anchor=\"middle\">%s</text>\n",
            title, left, title, left + width / 2, across_title);
}

static void vertical_axis(FILE *out, plot_scale scale)
{
    int ticks = (int)lround((scale.high - scale.low) / scale.step);
    for (int i = 0; i <= ticks; i++) {
        double value = scale.low + i * scale.step, y = up(scale, value);
        if (fabs(value) < scale.step * 1e-6) value = 0; /* no "-1e-17" */
        fprintf(out,
                "<line class=\"axis\" stroke=\"#d9d9d9\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n",
                left, left + width, y, y, left - 7, y + 4, value);
    }
}

static void tick(FILE *out, double x, double value)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%.6g</text>\n", x, top + height + 17, value);
}

static void path(FILE *out, const double *values, size_t count, plot_scale epochs, plot_scale scale)
{
    char command = 'M';
    fputs("<path class=\"curve\" fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\" d=\"", out);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            fprintf(out, "%c%.1f %.1f", command, across(epochs, (double)i + 1), up(scale, values[i]));
        command = isfinite(values[i]) ? 'L' : 'M';
    }
    fputs("\"/>\n", out);
}

void chart_curve(FILE *out, const char *title, const double *values, size_t count)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    plot_scale epochs = plot_scale_epochs(count, HORIZONTAL_TICKS),
               scale = plot_scale_between(low, high, VERTICAL_TICKS);
    begin(out, title, "epoch");
    vertical_axis(out, scale);
    for (double epoch = epochs.step > 1 ? 0 : 1; epoch <= (double)count; epoch += epochs.step)
        tick(out, across(epochs, fmax(epoch, 1)), fmax(epoch, 1));
    path(out, values, count, epochs, scale);
    for (size_t i = 0; i < count && count <= MOST_DOTS; i++)
        if (isfinite(values[i]))
            fprintf(out, "<circle class=\"dot\" fill=\"#0072b2\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"/>\n",
                    across(epochs, (double)i + 1), up(scale, values[i]));
    fputs("</svg>\n", out);
}

void chart_reliability(FILE *out, const eval_bin bins[EVAL_ECE_BINS])
{
    const plot_scale scale = {0, 1, 0.2};
    begin(out, "Share of right predictions", "confidence");
    vertical_axis(out, scale);
    for (int i = 0; i <= 5; i++) tick(out, across(scale, 0.2 * i), 0.2 * i);
    for (size_t b = 0; b < EVAL_ECE_BINS; b++) {
        if (!bins[b].count) continue;
        double x = across(scale, (double)b / EVAL_ECE_BINS), share = (double)bins[b].right / (double)bins[b].count;
        fprintf(out,
                "<rect class=\"bar\" fill=\"#0072b2\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>"
                "images: %zu, confidence %.1f %%, right %.1f %%</title></rect>\n",
                x + 1, up(scale, share), width / EVAL_ECE_BINS - 2, height * share, bins[b].count,
                100 * bins[b].confidence / (double)bins[b].count, 100 * share);
    }
    fprintf(out,
            "<line class=\"ideal\" stroke=\"#767676\" stroke-dasharray=\"5 4\" x1=\"%g\" y1=\"%g\" x2=\"%g\" "
            "y2=\"%g\"/>\n</svg>\n",
            left, top + height, left + width, top);
}
