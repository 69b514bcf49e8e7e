/* The paper's figures (arXiv 2103.10189), to be compared with care. */
#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/sections.h"

static const struct {
    const char *layout, *name, *figure;
    size_t classes;
} published[] = {
    {"rafdb", "RAF-DB", "90.42 (v3)", 7},
    {"affectnet", "AffectNet, 7 classes", "65.2", 7},
    {"sfew", "SFEW", "58.71", 7},
    {"fer2013", "FER2013", "71.38 (v1)", 7},
};

static bool same_set(size_t i, const measured *m)
{
    return m && !strcmp(published[i].layout, dataset_layout(m->set)) && published[i].classes == m->metrics.classes;
}

void section_published(FILE *out, const measured *m)
{
    bool any = false;
    fputs("<h2>Beside published figures</h2>\n<table>\n<tr><th>data set</th><th class=\"n\">paper, top-1 (%)</th>"
          "<th class=\"n\">this run</th></tr>\n",
          out);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        fprintf(out, "<tr><th>%s</th><td class=\"n\">%s</td><td class=\"n\">", published[i].name, published[i].figure);
        if (same_set(i, m)) {
            any = true;
            fprintf(out, "%.2f (%s split, %s)", 100 * m->metrics.top1, m->report.protocol.split,
                    m->report.protocol.affinity);
        }
        fputs("</td></tr>\n", out);
    }
    fputs(
        "</table>\n<p class=\"faint\">Shi, Zhu and Liang, Learning to Amend Facial Expression Representation via "
        "De-albino and Affinity, arXiv 2103.10189. Their versions 1 and 2 report 90.55 and 92.05 on RAF-DB. Versions "
        "and "
        "the authors' code differ in where the generic features come from at test time: from the images of the batch, "
        "or from a running mean.</p>\n",
        out);
    if (m && !any) fputs("<p>None of them is for the data that this run was measured on.</p>\n", out);
}
