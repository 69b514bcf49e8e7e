/* Why a model says what it says: the exact evidence of each position (arm/evidence.h). */
#ifndef MODEL_EXPLAIN_H
#define MODEL_EXPLAIN_H

#include "arm/evidence.h"
#include "arm/field.h"
#include "arm/geometry.h"
#include "model/model.h"

/* Of one face; pixels and positions as arm_evidence gives them. logits[k] is bias[k] and the sum of positions [k], or
 * of pixels [k], but for the rounding of f32. */
typedef struct model_evidence {
    arm_evidence_shape shape;
    arm_field field; /* where positions look, as shares of the square's side */
    face_view view;  /* what the network saw, in pixels of the image; may reach outside it */
    float *map;      /* the feature map [h][w][C] */
    double *pixels, *positions;
    double bias[MODEL_MAX_CLASSES], logits[MODEL_MAX_CLASSES]; /* logits: what the network gave, before temperature */
    float probabilities[MODEL_MAX_CLASSES];
} model_evidence;

/* A model compiled to be explained, in f32; of an int8 model that is its weights, without the rounding of what runs
 * between its layers. A `batch` head is that of a batch of one. */
typedef struct model_explainer model_explainer;

/* `model`, which model_open opened, must outlive it. AMEND_UNSUPPORTED for a network in ONNX, whose head cannot be told
 * from the rest. */
amend_status model_explainer_create(const amend_model *model, model_explainer **explainer) AMEND_MUST_USE;
void model_explainer_free(model_explainer *explainer); /* accepts NULL */

/* Of a view of the image, or of the square around a box of it; NULL: the whole image. *evidence is freed with
 * model_evidence_free, after success only. AMEND_NUMERIC: the logits are not finite. */
amend_status model_explain_view(model_explainer *explainer, const amend_image *image, const face_view *view,
                                model_evidence *evidence) AMEND_MUST_USE;
amend_status model_explain(model_explainer *explainer, const amend_image *image, const amend_box *box,
                           model_evidence *evidence) AMEND_MUST_USE;
void model_evidence_free(model_evidence *evidence); /* accepts a zeroed one */

/* What speaks for `class` and not for `against`: positions [h][w], the caller's. */
void model_evidence_difference(const model_evidence *evidence, size_t class, size_t against, double *positions);

/* The classes, the most probable first; `order` is the caller's. */
void model_evidence_order(const model_evidence *evidence, size_t *order);

/* Shapes of an ARM head on this map; NULL: the model has none, or one that stands on a projection, whose pixels then
 * are positions. */
const arm_geometry *model_explainer_geometry(const model_explainer *explainer);

/* The feature map's sizes. */
arm_evidence_shape model_explainer_shape(const model_explainer *explainer);

/* The erosion of the feature map's positions (arm/erosion.h) [h][w], the caller's. */
amend_status model_explainer_erosion(const model_explainer *explainer, double *erosion) AMEND_MUST_USE;

#endif
