/* An expression model: weights, labels and preprocessing in one file; a face in, probabilities out.
 *
 *     amend_model *model = NULL;
 *     amend_image photo = {0};
 *     float probabilities[AMEND_MAX_CLASSES];
 *     amend_status status = amend_model_open(NULL, &model);
 *     if (!status.code) status = amend_image_open("face.jpg", &photo);
 *     if (!status.code) status = amend_model_predict(model, &photo, NULL, probabilities);
 */
#ifndef AMEND_MODEL_H
#define AMEND_MODEL_H

#include <stddef.h>

#include "amend/faces.h"
#include "amend/image.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMEND_MAX_CLASSES = 16 };

typedef struct amend_model amend_model;

/* Arithmetic of the network. AUTO: int8 for a model that was quantized, else bf16, where the processor is fast at it;
 * else f32. */
typedef enum amend_precision {
    AMEND_PRECISION_AUTO,
    AMEND_PRECISION_F32,
    AMEND_PRECISION_BF16,
    AMEND_PRECISION_INT8 /* models that `amend quantize` made, only */
} amend_precision;

/* Opens a .safetensors model, or a network in .onnx that `amend export` wrote; NULL: the one that the environment's
 * AMEND_MODEL names, else the released one where it was installed. On success *model is the caller's, to be freed with
 * amend_model_free; on failure NULL. */
AMEND_API amend_status amend_model_open(const char *path, amend_model **model) AMEND_MUST_USE;

/* As amend_model_open, which uses AUTO. AMEND_UNSUPPORTED where the processor or the model cannot do it. */
AMEND_API amend_status amend_model_open_precision(const char *path, amend_precision precision,
                                                  amend_model **model) AMEND_MUST_USE;
AMEND_API void amend_model_free(amend_model *model); /* accepts NULL */

AMEND_API size_t amend_model_classes(const amend_model *model);                  /* 2 .. AMEND_MAX_CLASSES */
AMEND_API const char *amend_model_label(const amend_model *model, size_t index); /* borrowed; NULL out of range */
AMEND_API const char *amend_model_path(const amend_model *model);                /* borrowed */

/* Probabilities (amend_model_classes values, sum 1) of the expression of the face inside `box`, or of the whole image
 * with box NULL. A box without overlap with the image is AMEND_BAD_ARGUMENT, an answer that is not a number (weights
 * that are huge) AMEND_NUMERIC. Threads may share a model: each call in progress has memory of its own, kept for the
 * next one. OpenMP's threads do not live on in the child of a fork: a child that predicts must be one of a process that
 * has not yet. */
AMEND_API amend_status amend_model_predict(amend_model *model, const amend_image *image, const amend_box *box,
                                           float *probabilities) AMEND_MUST_USE;

/* The same for a face that a detector has found: cut as the model's training pictures are and turned upright, by its
 * eyes and mouth. One whose points lie on one spot is cut by its box. */
AMEND_API amend_status amend_model_predict_face(amend_model *model, const amend_image *image, const amend_face *face,
                                                float *probabilities) AMEND_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
