/* The samples that cost most, to be looked at: hard faces, and labels that are wrong. */
#include "base/mem.h"
#include "report/html.h"
#include "report/sections.h"

enum { MOST = 24, SIDE = 96 };

typedef struct wrong {
    size_t index, predicted;
    double truth; /* probability of the label */
} wrong;

/* Keeps `list` sorted, the least probable first; equal ones as listed. */
static size_t insert(wrong *list, size_t count, wrong sample)
{
    size_t at = count;
    while (at && sample.truth < list[at - 1].truth) at--;
    if (at == MOST) return count;
    if (count < MOST) count++;
    for (size_t i = count - 1; i > at; i--) list[i] = list[i - 1];
    list[at] = sample;
    return count;
}

static size_t find(const measured *m, wrong list[MOST])
{
    size_t count = 0, classes = m->metrics.classes;
    for (size_t i = 0; i < m->metrics.count; i++) {
        const float *row = m->probabilities + i * classes;
        size_t label = dataset_label(m->set, i), best = 0;
        for (size_t k = 1; k < classes; k++)
            if (row[k] > row[best]) best = k;
        if (best != label) count = insert(list, count, (wrong){i, best, (double)row[label]});
    }
    return count;
}

static amend_status picture(FILE *out, const amend_image *image)
{
    amend_image smaller = {0};
    if (image->width <= SIDE && image->height <= SIDE) return html_image(out, image);
    const amend_box whole = {0, 0, (double)image->width, (double)image->height};
    TRY(image_crop_resize(image, whole, SIDE, SIDE, &smaller));
    amend_status status = html_image(out, &smaller);
    amend_image_free(&smaller);
    return status;
}

static amend_status figure(FILE *out, const measured *m, const wrong *sample)
{
    const float *row = m->probabilities + sample->index * m->metrics.classes;
    fputs("<figure>", out);
    TRY(picture(out, dataset_image(m->set, sample->index)));
    fputs("<div>labelled ", out);
    html_text(out, m->labels[dataset_label(m->set, sample->index)]);
    fprintf(out, ", %.1f&nbsp;%%<br>read as ", 100 * sample->truth);
    html_text(out, m->labels[sample->predicted]);
    fprintf(out, ", %.1f&nbsp;%%</div><figcaption>", 100 * (double)row[sample->predicted]);
    html_text(out, dataset_origin(m->set, sample->index));
    fputs("</figcaption></figure>\n", out);
    return status_ok();
}

amend_status section_wrong(FILE *out, const measured *m)
{
    wrong list[MOST];
    size_t count = find(m, list);
    fputs("<h2>Most wrong</h2>\n", out);
    if (!count) {
        fputs("<p>Every prediction is right.</p>\n", out);
        return status_ok();
    }
    fputs("<p>The labels that got the least probability, as the network saw them. These are images of your data set: "
          "mind "
          "its terms before you pass this page on.</p>\n<div class=\"faces\">\n",
          out);
    for (size_t i = 0; i < count; i++) TRY(figure(out, m, &list[i]));
    fputs("</div>\n", out);
    return status_ok();
}
