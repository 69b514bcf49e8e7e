/* Inside the house: an opened model's parts, for evaluation in batches. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "amend/model.h"
#include "face/photo.h"
#include "model/folded.h"
#include "nn/plan.h"

#define MODEL_RELEASED "ferplus-resnet18-ema.safetensors" /* file name of the released model */

/* Reads a model without compiling it: for evaluation, export and looking at it; it cannot predict. */
amend_status model_open(const char *path, amend_model **model) AMEND_MUST_USE;

const model_description *model_describe(const amend_model *model);

/* int8 for an int8 model, else bf16, where the processor is fast at it; else f32. */
nn_type model_best_type(const amend_model *model);

/* The model's folded network, to be changed by its owner: freed with model_folded_free. Not of an int8 model. */
amend_status model_fold_weights(const amend_model *model, model_folded **folded) AMEND_MUST_USE;

/* The folded network that an int8 file holds, borrowed; NULL: another model, for model_fold_weights. */
const model_folded *model_folded_of(const amend_model *model);

/* The model compiled for `batch` images, its head folded. Freed with nn_program_free. */
amend_status model_program(const amend_model *model, size_t batch, nn_type type, nn_program **program) AMEND_MUST_USE;

/* A plan of the model's network for `batch` images with another affinity mode if `head` says so (batch and ema models
 * only exchange their modes and `none`), unfolded: for `batch`, where the images of a batch decide together. Freed with
 * nn_plan_free before the model. */
amend_status model_plan(amend_model *model, arm_head head, size_t batch, nn_type type, nn_plan **plan) AMEND_MUST_USE;

/* Writes the model again, its kernels and matrices as TENSOR_F32 or TENSOR_BF16; `figures` (at most MODEL_TEXT_SIZE - 1
 * characters) replace its figures, NULL keeps them. */
amend_status model_save(const amend_model *model, tensor_type stored, const char *figures,
                        const char *path) AMEND_MUST_USE;

/* The folded network as ONNX, for other programs and for amend_model_open; figures as in model_save. */
amend_status model_save_onnx(const amend_model *model, const char *figures, const char *path) AMEND_MUST_USE;

/* Sharing affinity as it acts on the logits of an ARM head: it adds alpha times what the classifier makes of the
 * generic part. AMEND_BAD_ARGUMENT for gap. */
typedef struct model_affinity {
    float alpha;                      /* 0 with affinity none */
    float bias[MODEL_MAX_CLASSES];    /* of the classifier */
    float generic[MODEL_MAX_CLASSES]; /* ema: classifier (without bias) of the running mean; else 0 */
} model_affinity;
amend_status model_affinity_of(const amend_model *model, model_affinity *affinity) AMEND_MUST_USE;

/* Refuses models that are folded for good (8 bits, ONNX) and so can be neither saved nor folded again. */
amend_status model_check_weights(const amend_model *model) AMEND_MUST_USE;

/* What model_save then writes; > 0. */
void model_set_temperature(amend_model *model, double temperature);

/* Probabilities of `count` faces found in the photo [face][class]. More of the photo is decoded when the smallest one
 * needs it: twice as many pixels as the network takes, or all there are. */
amend_status model_predict_faces(amend_model *model, face_photo *photo, const amend_face *faces, size_t count,
                                 float *probabilities) AMEND_MUST_USE;

/* Whether predictions are the mean of the probabilities of the face and of its mirror image; false when opened. Not
 * while other threads predict. */
void model_set_flip(amend_model *model, bool flip);

#endif
