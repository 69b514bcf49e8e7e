/* Opening models and predicting with them. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "face/crop.h"
#include "nn/loss.h"

#ifndef AMEND_MODEL_FOLDER
#define AMEND_MODEL_FOLDER "/usr/local/share/amend/models"
#endif
#define DEFAULT_MODEL "ferplus-resnet18-ema.safetensors"

struct amend_model {
    model_description description;
    char *path;
    nn_table table;
    nn_params params;
    nn_plan *plan; /* for one face */
};

static amend_status load(amend_model *model)
{
    safetensors *file = NULL;
    TRY(safetensors_open(model->path, &file));
    amend_status status = description_read(file, &model->description);
    if (!status.code) status = status_prefix(description_build(&model->description, &model->table), "%s", model->path);
    if (!status.code) status = nn_params_create(&model->table, &model->params);
    if (!status.code) status = description_load_params(file, &model->params);
    safetensors_free(file);
    return status;
}

static const char *default_path(void)
{
    const char *named = getenv("AMEND_MODEL");
    if (named && *named) return named;
    if (file_exists("models/" DEFAULT_MODEL)) return "models/" DEFAULT_MODEL;
    return AMEND_MODEL_FOLDER "/" DEFAULT_MODEL;
}

amend_status amend_model_open(const char *path, amend_model **made)
{
    amend_model *model = NULL;
    if (!made) return status_error(AMEND_BAD_ARGUMENT, "amend_model_open: no place for the model was given");
    *made = NULL;
    TRY(mem_alloc(&model, 1, sizeof *model, "model"));
    amend_status status = mem_copy_string(&model->path, path ? path : default_path());
    if (!status.code) status = load(model);
    if (!status.code) status = model_plan(model, model->description.head, 1, NN_F32, &model->plan);
    if (status.code) {
        amend_model_free(model);
        return status;
    }
    *made = model;
    return status;
}

void amend_model_free(amend_model *model)
{
    if (!model) return;
    nn_plan_free(model->plan);
    nn_params_free(&model->params);
    mem_free(model->path);
    mem_free(model);
}

size_t amend_model_classes(const amend_model *model)
{
    return model->description.classes;
}

const char *amend_model_label(const amend_model *model, size_t index)
{
    return index < model->description.classes ? model->description.labels[index] : NULL;
}

const char *amend_model_path(const amend_model *model)
{
    return model->path;
}

const model_description *model_describe(const amend_model *model)
{
    return &model->description;
}

amend_status model_plan(amend_model *model, arm_head head, size_t batch, nn_type type, nn_plan **plan)
{
    const nn_plan_options options = {batch, type, false};
    model_description described = model->description;
    nn_table *table = NULL;
    *plan = NULL;
    if ((head == ARM_HEAD_GAP) != (described.head == ARM_HEAD_GAP))
        return status_error(AMEND_BAD_ARGUMENT, "%s: its head is '%s' and cannot be used as '%s'", model->path,
                            arm_head_name(described.head), arm_head_name(head));
    described.head = head;
    TRY(mem_alloc(&table, 1, sizeof *table, "network"));
    amend_status status = description_build(&described, table);
    if (!status.code) status = status_prefix(nn_plan_create(table, &model->params, &options, plan), "%s", model->path);
    mem_free(table);
    return status;
}

amend_status model_save(const amend_model *model, tensor_type stored, const char *figures, const char *path)
{
    model_description described = model->description;
    if (figures) snprintf(described.figures, sizeof described.figures, "%s", figures);
    return description_save(&described, &model->params, stored, path);
}

amend_status amend_model_predict(amend_model *model, const amend_image *image, const amend_box *box,
                                 float *probabilities)
{
    if (!model || !image || !image->pixels || !probabilities)
        return status_error(AMEND_BAD_ARGUMENT, "amend_model_predict: model, image and probabilities must be given");
    const model_description *d = &model->description;
    amend_box square;
    TRY(face_crop(image, box, &square));
    TRY(loader_prepare(image, square, d->size, d->channels, &d->normal, nn_plan_pixels(model->plan)));
    TRY(nn_plan_forward(model->plan, 1, false));
    nn_softmax(nn_plan_logits(model->plan), 1, d->classes, probabilities);
    return status_ok();
}
