/* The samples that cost most, to be looked at: hard faces, and labels that are wrong; and where in each the network saw
 * what it took it for. */
#include "base/mem.h"
#include "image/plot_maps.h"
#include "model/explain_page.h"
#include "nn/loss.h"
#include "report/html.h"
#include "report/sections.h"

enum { MOST = 24, SIDE = 96, SCALE_WIDTH = 480 };

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
        size_t label = dataset_label(m->set, i), best = nn_largest(row, classes);
        if (best != label) count = insert(list, count, (wrong){i, best, (double)row[label]});
    }
    return count;
}

/* Maps of what speaks for the predicted class and not for the label. */
typedef struct evidence_maps {
    double *values;   /* [count][h][w] */
    heat_grid *grids; /* of each sample, over `values` */
    heat_scale scale;
} evidence_maps;

static amend_status explain_all(const measured *m, model_explainer *explainer, const wrong *list, size_t count,
                                evidence_maps *maps)
{
    const arm_evidence_shape shape = model_explainer_shape(explainer);
    size_t area = shape.height * shape.width;
    TRY(mem_alloc(&maps->values, count * area, sizeof *maps->values, "evidence"));
    TRY(mem_alloc(&maps->grids, count, sizeof *maps->grids, "evidence maps"));
    for (size_t i = 0; i < count; i++) {
        double *values = maps->values + i * area;
        model_evidence evidence;
        TRY(model_explain(explainer, dataset_image(m->set, list[i].index), NULL, &evidence));
        model_evidence_difference(&evidence, list[i].predicted, dataset_label(m->set, list[i].index), values);
        maps->grids[i] = explain_grid(&evidence, values);
        model_evidence_free(&evidence);
    }
    maps->scale = heat_scale_signed(maps->values, count * area);
    return status_ok();
}

/* *maps is freed by the caller, after failure too. */
static amend_status make_maps(const measured *m, const wrong *list, size_t count, evidence_maps *maps)
{
    model_explainer *explainer = NULL;
    TRY(model_explainer_create(m->model, &explainer));
    amend_status status = explain_all(m, explainer, list, count, maps);
    model_explainer_free(explainer);
    return status;
}

static amend_status map_picture(FILE *out, const amend_image *image, const evidence_maps *maps, size_t i)
{
    amend_image drawn = {0};
    TRY(heat_map(&maps->grids[i], &maps->scale, image, SIDE, &drawn));
    amend_status status = html_image(out, &drawn);
    amend_image_free(&drawn);
    return status;
}

static amend_status scale_picture(FILE *out, const evidence_maps *maps)
{
    const map_group group = {
        .scale = maps->scale, .unit = "logit", .low = "for the label", .high = "for what it was read as"};
    amend_image drawn = {0};
    TRY(plot_map_scale(&group, SCALE_WIDTH, &drawn));
    amend_status status = html_image(out, &drawn);
    amend_image_free(&drawn);
    return status;
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

static amend_status figure(FILE *out, const measured *m, const evidence_maps *maps, const wrong *sample, size_t i)
{
    const float *row = m->probabilities + sample->index * m->metrics.classes;
    const amend_image *image = dataset_image(m->set, sample->index);
    fputs("<figure>", out);
    TRY(picture(out, image));
    TRY(map_picture(out, image, maps, i));
    fputs("<div>labelled ", out);
    html_text(out, m->labels[dataset_label(m->set, sample->index)]);
    fprintf(out, ", %.1f&nbsp;%%<br>read as ", 100 * sample->truth);
    html_text(out, m->labels[sample->predicted]);
    fprintf(out, ", %.1f&nbsp;%%</div><figcaption>", 100 * (double)row[sample->predicted]);
    html_text(out, dataset_origin(m->set, sample->index));
    fputs("</figcaption></figure>\n", out);
    return status_ok();
}

static amend_status write_list(FILE *out, const measured *m, const evidence_maps *maps, const wrong *list, size_t count)
{
    fputs(
        "<p>The labels that got the least probability, as the network saw them. These are images of your data set: "
        "mind its terms before you pass this page on.</p>\n<p>Beside each, what its parts add to the difference of the "
        "two logits: red speaks for what it was read as, blue for its label; one scale for all.",
        out);
    fputs("</p>\n<p>", out);
    TRY(scale_picture(out, maps));
    fputs("</p>\n<div class=\"faces\">\n", out);
    for (size_t i = 0; i < count; i++) TRY(figure(out, m, maps, &list[i], i));
    fputs("</div>\n", out);
    return status_ok();
}

amend_status section_wrong(FILE *out, const measured *m)
{
    wrong list[MOST];
    size_t count = find(m, list);
    evidence_maps maps = {0};
    fputs("<h2>Most wrong</h2>\n", out);
    if (!count) {
        fputs("<p>Every prediction is right.</p>\n", out);
        return status_ok();
    }
    amend_status status = make_maps(m, list, count, &maps);
    if (!status.code) status = write_list(out, m, &maps, list, count);
    mem_free(maps.values);
    mem_free(maps.grids);
    return status;
}
