/* Inside the house: an opened model's parts, for evaluation in batches. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "amend/model.h"
#include "model/description.h"
#include "nn/plan.h"

const model_description *model_describe(const amend_model *model);

/* A plan of the model's network for `batch` images with another affinity mode if `head` says so (batch and ema models
 * only exchange their modes and `none`). Freed with nn_plan_free before the model. */
amend_status model_plan(amend_model *model, arm_head head, size_t batch, nn_type type, nn_plan **plan) AMEND_MUST_USE;

/* Writes the model again, its kernels and matrices as TENSOR_F32 or TENSOR_BF16; `figures` (at most MODEL_TEXT_SIZE - 1
 * characters) replace its figures, NULL keeps them. */
amend_status model_save(const amend_model *model, tensor_type stored, const char *figures,
                        const char *path) AMEND_MUST_USE;

#endif
