/* Evidence as JSON. */
#include <math.h>

#include "base/json.h"
#include "cli/explain.h"
#include "nn/loss.h"

static json_t *numbers(const double *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_real(values[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* [rows][columns]; no values: null. */
static json_t *grid(const double *values, size_t rows, size_t columns)
{
    if (!values) return json_null();
    json_t *list = json_array();
    for (size_t y = 0; y < rows; y++)
        if (json_array_append_new(list, numbers(values + y * columns, columns))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* [count][rows][columns] */
static json_t *grids(const double *values, size_t count, size_t rows, size_t columns)
{
    if (!values) return json_null();
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        if (json_array_append_new(list, grid(values + k * rows * columns, rows, columns))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *box_json(amend_box box)
{
    return numbers((const double[]){box.x, box.y, box.width, box.height}, 4);
}

static json_t *field_json(arm_field field)
{
    return json_pack("{s:f, s:f, s:f}", "first", field.first, "step", field.step, "size", field.size);
}

static json_t *labels_json(const model_description *d)
{
    json_t *list = json_array();
    for (size_t k = 0; k < d->classes; k++)
        if (json_array_append_new(list, json_text(d->labels[k]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The largest |logit - bias - sum of positions|. */
static double residual(const model_evidence *e)
{
    size_t area = e->shape.height * e->shape.width;
    double largest = 0;
    for (size_t k = 0; k < e->shape.classes; k++) {
        double rest = e->logits[k] - e->bias[k];
        for (size_t i = 0; i < area; i++) rest -= e->positions[k * area + i];
        largest = fmax(largest, fabs(rest));
    }
    return largest;
}

static json_t *difference_json(const explain_result *r)
{
    const model_evidence *e = &r->evidence;
    if (!r->difference) return json_null();
    return json_pack("{s:o, s:o, s:f, s:f, s:o}", "class", json_text(r->description->labels[r->class]), "against",
                     json_text(r->description->labels[r->against]), "logit",
                     e->logits[r->class] - e->logits[r->against], "bias", e->bias[r->class] - e->bias[r->against],
                     "positions", grid(r->difference, e->shape.height, e->shape.width));
}

static json_t *maps_json(const explain_result *r)
{
    const arm_evidence_shape *s = &r->evidence.shape;
    const arm_geometry g = r->geometry ? *r->geometry : (arm_geometry){0};
    const size_t height = g.arranged_height, width = g.arranged_width;
    if (!r->maps.erosion) return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "pixels",
                     grids(r->geometry ? r->evidence.pixels : NULL, s->classes, height, width), "planes",
                     grids(r->maps.planes, g.planes, height, width), "erosion",
                     grid(r->maps.erosion, s->height, s->width), "erosion_after",
                     grid(r->maps.windows, g.out_height, g.out_width), "coverage",
                     grid(r->maps.coverage, height, width));
}

json_t *explain_json(const explain_result *r)
{
    const model_evidence *e = &r->evidence;
    size_t classes = r->description->classes, best = nn_largest(e->probabilities, classes);
    double probabilities[MODEL_MAX_CLASSES];
    for (size_t k = 0; k < classes; k++) probabilities[k] = (double)e->probabilities[k];
    return json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:f, s:f, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:f, s:o, s:o}",
        "schema", 1, "model", json_text(r->model), "file", json_text(r->file), "box", box_json(r->box), "square",
        box_json(e->view.box), "angle", e->view.angle * 180 / M_PI, "score", r->score, "face", (int)r->index, "faces",
        (int)r->count, "label", json_text(r->description->labels[best]), "labels", labels_json(r->description),
        "probabilities", numbers(probabilities, classes), "logits", numbers(e->logits, classes), "bias",
        numbers(e->bias, classes), "temperature", r->description->temperature > 0 ? r->description->temperature : 1.0,
        "field", field_json(e->field), "positions", grids(e->positions, classes, e->shape.height, e->shape.width),
        "residual", residual(e), "difference", difference_json(r), "maps", maps_json(r));
}
