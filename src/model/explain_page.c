/* Pages of evidence: titles, notes and scales. */
#include "model/explain_page.h"

#include <stdio.h>

#include "base/mem.h"
#include "image/plot_maps.h"

enum { FACE_SIDE = 400, NOTE = 96 };

static size_t area_of(const explained *f)
{
    return f->evidence->shape.height * f->evidence->shape.width;
}

static double sum_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

/* What the network saw, without its own coarse pixels. */
static amend_status cut_face(const explained *f, amend_image *face)
{
    return face_view_image(f->photo, &f->evidence->view, FACE_SIDE, face);
}

static map_panel face_panel(const amend_image *face)
{
    return (map_panel){.title = "face", .note = "the square that the network sees", .picture = face};
}

heat_grid explain_grid(const model_evidence *e, const double *positions)
{
    return (heat_grid){positions, e->shape.height, e->shape.width, e->field.first - e->field.step / 2, e->field.step};
}

/* ---- classes ---- */

typedef struct class_text {
    char percent[16], note[NOTE];
} class_text;

static map_panel class_panel(const explained *f, const amend_image *face, size_t k, class_text *text)
{
    const model_evidence *e = f->evidence;
    const double *values = e->positions + k * area_of(f);
    snprintf(text->percent, sizeof text->percent, "%.1f %%", 100 * (double)e->probabilities[k]);
    snprintf(text->note, NOTE, "logit %+.2f: bias %+.2f, evidence %+.2f", e->logits[k], e->bias[k],
             sum_of(values, area_of(f)));
    return (map_panel){.title = f->description->labels[k],
                       .aside = text->percent,
                       .note = text->note,
                       .grid = explain_grid(f->evidence, values),
                       .picture = face};
}

static amend_status draw_classes(const explained *f, const map_group *group, amend_image *out)
{
    char title[NOTE], cells[2 * NOTE];
    const model_evidence *e = f->evidence;
    size_t order[MODEL_MAX_CLASSES];
    model_evidence_order(e, order);
    snprintf(title, sizeof title, "Read as %s, %.1f %%", f->description->labels[order[0]],
             100 * (double)e->probabilities[order[0]]);
    snprintf(
        cells, sizeof cells,
        "A cell is the middle of what one of %zu × %zu positions sees, its colour what that one adds to the logit.",
        e->shape.height, e->shape.width);
    const map_page page = {title, {cells, "The bias and all positions add up to the logit, exactly."}, group, 1};
    return plot_maps(&page, out);
}

/* The scale is that of all classes, so that pictures of one and of all can be compared. */
amend_status explain_page_classes(const explained *f, const size_t *list, size_t count, amend_image *out)
{
    map_panel panels[MODEL_MAX_CLASSES + 1];
    class_text texts[MODEL_MAX_CLASSES];
    amend_image face = {0};
    *out = (amend_image){0};
    TRY(cut_face(f, &face));
    panels[0] = face_panel(&face);
    for (size_t i = 0; i < count; i++) panels[i + 1] = class_panel(f, &face, list[i], &texts[i]);
    const map_group group = {.panels = panels,
                             .count = count + 1,
                             .scale = heat_scale_signed(f->evidence->positions, f->description->classes * area_of(f)),
                             .unit = "evidence (logit)",
                             .low = "against",
                             .high = "for"};
    amend_status status = draw_classes(f, &group, out);
    amend_image_free(&face);
    return status;
}

/* ---- difference ---- */

static amend_status draw_difference(const explained *f, size_t class, size_t against, const double *values,
                                    const amend_image *face, amend_image *out)
{
    char title[NOTE], line[2 * NOTE], sums[NOTE], heading[NOTE], low[NOTE], high[NOTE];
    const model_evidence *e = f->evidence;
    const char *name = f->description->labels[class], *other = f->description->labels[against];
    snprintf(title, sizeof title, "Why %s, not %s?", name, other);
    snprintf(line, sizeof line, "%s %.1f %%, %s %.1f %%.", name, 100 * (double)e->probabilities[class], other,
             100 * (double)e->probabilities[against]);
    snprintf(sums, sizeof sums, "Their logits differ by %+.2f: bias %+.2f, evidence %+.2f.",
             e->logits[class] - e->logits[against], e->bias[class] - e->bias[against], sum_of(values, area_of(f)));
    snprintf(heading, sizeof heading, "%s less %s", name, other);
    snprintf(low, sizeof low, "for %s", other);
    snprintf(high, sizeof high, "for %s", name);
    const map_panel panels[] = {face_panel(face),
                                {.title = heading, .grid = explain_grid(f->evidence, values), .picture = face}};
    const map_group group = {.panels = panels,
                             .count = 2,
                             .scale = heat_scale_signed(values, area_of(f)),
                             .unit = "evidence (logit)",
                             .low = low,
                             .high = high};
    return plot_maps(&(map_page){title, {line, sums}, &group, 1}, out);
}

amend_status explain_page_difference(const explained *f, size_t class, size_t against, amend_image *out)
{
    amend_image face = {0};
    double *values = NULL;
    *out = (amend_image){0};
    TRY(mem_alloc(&values, area_of(f), sizeof *values, "difference"));
    model_evidence_difference(f->evidence, class, against, values);
    amend_status status = cut_face(f, &face);
    if (!status.code) status = draw_difference(f, class, against, values, &face, out);
    amend_image_free(&face);
    mem_free(values);
    return status;
}
