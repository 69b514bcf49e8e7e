/* The folded network with one more output: the feature map in front of its linear row. */
#include "model/explain.h"

#include <math.h>

#include "arm/erosion.h"
#include "base/mem.h"
#include "face/crop.h"
#include "model/session.h"

struct model_explainer {
    const model_description *description;
    const model_folded *folded; /* `own`, or the model's */
    model_folded *own;
    size_t features;       /* row of the feature map */
    arm_geometry geometry; /* of an ARM head */
    arm_field field;       /* of the feature map, as shares of the input's side */
    nn_program *program;
    model_session *session;
};

static nn_shape map_shape(const model_explainer *e)
{
    return e->folded->table.shapes[e->features];
}

static amend_status compile(model_explainer *e)
{
    const nn_table *table = &e->folded->table;
    const model_description *d = e->description;
    e->features = table->rows[table->count - 1].in[0];
    nn_shape map = map_shape(e);
    /* behind a projection, which is folded away, the arranged pixels are not those of this map */
    if (d->head != ARM_HEAD_GAP && !d->variant.project)
        TRY(arm_geometry_make(map.c, map.h, map.w, d->arrangement, &d->variant, &e->geometry));
    TRY(arm_field_of(table, e->features, &e->field));
    e->field.first /= (double)d->size;
    e->field.step /= (double)d->size;
    e->field.size /= (double)d->size;
    const size_t outputs[] = {table->count - 1, e->features};
    nn_program_options options = {.batch = 1, .type = NN_F32, .outputs = outputs, .output_count = 2};
    memcpy(options.mean, d->normal.mean, sizeof d->normal.mean);
    memcpy(options.deviation, d->normal.deviation, sizeof d->normal.deviation);
    TRY(nn_program_create(table, &e->folded->params, &options, &e->program));
    return model_session_create(d, e->program, &e->session);
}

amend_status model_explainer_create(const amend_model *model, model_explainer **made)
{
    model_explainer *e = NULL;
    *made = NULL;
    TRY(mem_alloc(&e, 1, sizeof *e, "explainer"));
    e->description = model_describe(model);
    e->folded = model_folded_of(model);
    amend_status status = e->folded ? status_ok() : model_fold_weights(model, &e->own);
    if (!e->folded) e->folded = e->own;
    if (!status.code) status = status_prefix(compile(e), "%s", amend_model_path(model));
    if (status.code) {
        model_explainer_free(e);
        return status;
    }
    *made = e;
    return status;
}

void model_explainer_free(model_explainer *e)
{
    if (!e) return;
    model_session_free(e->session);
    nn_program_free(e->program);
    model_folded_free(e->own);
    mem_free(e);
}

const arm_geometry *model_explainer_geometry(const model_explainer *e)
{
    return e->geometry.planes ? &e->geometry : NULL;
}

arm_evidence_shape model_explainer_shape(const model_explainer *e)
{
    nn_shape map = map_shape(e);
    size_t r = e->geometry.planes ? e->geometry.arrangement : 1;
    return (arm_evidence_shape){e->description->classes, map.c, map.h, map.w, r};
}

amend_status model_explainer_erosion(const model_explainer *e, double *erosion)
{
    return arm_erosion(&e->folded->table, e->features, erosion);
}

static amend_status take_map(const model_explainer *e, model_evidence *evidence)
{
    size_t count = 0, inputs = nn_shape_count(map_shape(e));
    const float *map = nn_context_map(model_session_context(e->session), e->features, &count);
    if (!map || count != inputs) return status_error(AMEND_INTERNAL, "the feature map cannot be read");
    memcpy(evidence->map, map, count * sizeof *map);
    return status_ok();
}

static amend_status weigh(const model_explainer *e, model_evidence *evidence)
{
    const nn_params *params = &e->folded->params;
    const float *logits = nn_context_logits(model_session_context(e->session));
    const float *bias = nn_params_find(params, "fc", "bias")->value;
    for (size_t k = 0; k < evidence->shape.classes; k++) {
        evidence->bias[k] = (double)bias[k];
        evidence->logits[k] = (double)logits[k];
        if (!isfinite(logits[k]))
            return status_error(AMEND_NUMERIC, "the logit of '%s' is %g; the model's weights are damaged",
                                e->description->labels[k], evidence->logits[k]);
    }
    arm_evidence(&evidence->shape, nn_params_find(params, "fc", "weight")->value, evidence->map, evidence->pixels,
                 evidence->positions);
    return status_ok();
}

static amend_status run(model_explainer *e, const amend_image *image, model_evidence *evidence)
{
    const arm_evidence_shape *s = &evidence->shape;
    size_t positions = s->height * s->width, pixels = positions * s->arrangement * s->arrangement;
    TRY(mem_alloc(&evidence->map, positions * s->channels, sizeof *evidence->map, "feature map"));
    TRY(mem_alloc(&evidence->pixels, s->classes, pixels * sizeof *evidence->pixels, "evidence"));
    TRY(mem_alloc(&evidence->positions, s->classes, positions * sizeof *evidence->positions, "evidence"));
    TRY(model_session_predict(e->session, image, &evidence->view, false, evidence->probabilities));
    TRY(take_map(e, evidence));
    return weigh(e, evidence);
}

amend_status model_explain_view(model_explainer *e, const amend_image *image, const face_view *view,
                                model_evidence *evidence)
{
    *evidence = (model_evidence){.shape = model_explainer_shape(e), .field = e->field, .view = *view};
    amend_status status = run(e, image, evidence);
    if (status.code) model_evidence_free(evidence);
    return status;
}

amend_status model_explain(model_explainer *e, const amend_image *image, const amend_box *box, model_evidence *evidence)
{
    face_view view = {0};
    TRY(face_crop(image, box, &view.box));
    return model_explain_view(e, image, &view, evidence);
}

void model_evidence_difference(const model_evidence *evidence, size_t class, size_t against, double *positions)
{
    size_t area = evidence->shape.height * evidence->shape.width;
    const double *one = evidence->positions + class * area, *other = evidence->positions + against * area;
    for (size_t i = 0; i < area; i++) positions[i] = one[i] - other[i];
}

void model_evidence_free(model_evidence *evidence)
{
    mem_free(evidence->map);
    mem_free(evidence->pixels);
    mem_free(evidence->positions);
    *evidence = (model_evidence){0};
}

/* Insertion sort, stable: equal ones in the model's order. */
void model_evidence_order(const model_evidence *e, size_t *order)
{
    for (size_t k = 0; k < e->shape.classes; k++) {
        size_t at = k;
        for (; at > 0 && e->probabilities[order[at - 1]] < e->probabilities[k]; at--) order[at] = order[at - 1];
        order[at] = k;
    }
}
