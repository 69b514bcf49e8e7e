/* Opening models and predicting with them. */
#include "model/model.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/released.h"
#include "face/crop.h"
#include "model/folded.h"
#include "model/int8_file.h"
#include "model/onnx_model.h"
#include "model/session.h"
#include "nn/dnn.h"
#include "weights/onnx_write.h"

enum { MAX_FREE_SESSIONS = 64 };
_Static_assert((int)MODEL_MAX_CLASSES == (int)AMEND_MAX_CLASSES, "probabilities go into callers' arrays");

struct amend_model {
    model_description description;
    char *path;
    nn_table table;
    model_folded *folded; /* of an 8-bit file, which has no other form; else NULL */
    nn_params params;     /* of a model that was opened to be looked at; else given back after compiling */
    onnx_network *onnx;   /* of an ONNX file; else NULL */
    size_t logits;        /* its row */
    bool flip;            /* see model_set_flip */
    nn_program *program;  /* for one face; NULL: only to be looked at */
    pthread_mutex_t lock;
    model_session *free_sessions[MAX_FREE_SESSIONS]; /* guarded by lock: made before, now in nobody's hands */
    size_t free_count;
};

static amend_status load_int8(const safetensors *file, amend_model *model)
{
    const model_description *d = &model->description;
    size_t features;
    TRY(status_prefix(description_backbone(d, &model->table, &features), "%s", model->path));
    TRY(description_check_size(file, nn_params_values(&model->table) +
                                         d->classes * nn_shape_count(model->table.shapes[features])));
    TRY(model_folded_create(d, &model->folded));
    return int8_file_load(file, model->folded);
}

static amend_status load_params(const safetensors *file, amend_model *model)
{
    TRY(status_prefix(description_build(&model->description, &model->table), "%s", model->path));
    TRY(description_check_size(file, nn_params_values(&model->table)));
    TRY(nn_params_create(&model->table, &model->params));
    return description_load_params(file, &model->params);
}

static amend_status load_weights(amend_model *model)
{
    safetensors *file = NULL;
    TRY(safetensors_open(model->path, &file));
    const meta_source meta = safetensors_meta_source(file);
    amend_status status = description_read(&meta, &model->description);
    if (!status.code) status = model->description.int8 ? load_int8(file, model) : load_params(file, model);
    safetensors_free(file);
    return status;
}

static amend_status load(amend_model *model)
{
    if (!file_has_ending(model->path, ".onnx")) return load_weights(model);
    return onnx_model_open(model->path, &model->description, &model->onnx, &model->logits);
}

amend_status model_open(const char *path, amend_model **made)
{
    amend_model *model = NULL;
    *made = NULL;
    TRY(mem_alloc(&model, 1, sizeof *model, "model"));
    pthread_mutex_init(&model->lock, NULL); /* cannot fail on Linux */
    amend_status status =
        path ? mem_copy_string(&model->path, path) : released_find("AMEND_MODEL", MODEL_RELEASED, &model->path);
    if (!status.code) status = load(model);
    if (status.code) {
        amend_model_free(model);
        return status;
    }
    *made = model;
    return status;
}

amend_status amend_model_open(const char *path, amend_model **made)
{
    return amend_model_open_precision(path, AMEND_PRECISION_AUTO, made);
}

static nn_type type_of(const amend_model *model, amend_precision precision)
{
    if (precision == AMEND_PRECISION_AUTO) return model_best_type(model);
    return precision == AMEND_PRECISION_INT8 ? NN_U8 : precision == AMEND_PRECISION_BF16 ? NN_BF16 : NN_F32;
}

amend_status amend_model_open_precision(const char *path, amend_precision precision, amend_model **made)
{
    if (!made) return status_error(AMEND_BAD_ARGUMENT, "amend_model_open: no place for the model was given");
    TRY(model_open(path, made));
    amend_status status = model_program(*made, 1, type_of(*made, precision), &(*made)->program);
    nn_params_free(&(*made)->params);
    model_folded_free((*made)->folded);
    (*made)->folded = NULL;
    onnx_network_free((*made)->onnx);
    (*made)->onnx = NULL;
    if (!status.code) return status;
    amend_model_free(*made);
    *made = NULL;
    return status;
}

void amend_model_free(amend_model *model)
{
    if (!model) return;
    while (model->free_count) model_session_free(model->free_sessions[--model->free_count]);
    pthread_mutex_destroy(&model->lock);
    nn_program_free(model->program);
    nn_params_free(&model->params);
    model_folded_free(model->folded);
    onnx_network_free(model->onnx);
    description_free(&model->description);
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

nn_type model_best_type(const amend_model *model)
{
    if (model->description.int8 && dnn_has_fast(NN_U8)) return NN_U8;
    return dnn_has_fast(NN_BF16) ? NN_BF16 : NN_F32;
}

amend_status model_check_weights(const amend_model *model)
{
    if (model->params.count) return status_ok();
    if (model->onnx)
        return status_error(AMEND_UNSUPPORTED,
                            "%s: a network in ONNX is folded for good; take the model it was made from", model->path);
    if (model->description.int8)
        return status_error(AMEND_UNSUPPORTED, "%s: an int8 model is folded for good; take the one it was made from",
                            model->path);
    return status_error(AMEND_BAD_ARGUMENT, "%s: its weights were given back after compiling", model->path);
}

amend_status model_fold_weights(const amend_model *model, model_folded **folded)
{
    *folded = NULL;
    TRY(model_check_weights(model));
    return status_prefix(model_fold(&model->description, &model->params, folded), "%s", model->path);
}

const model_folded *model_folded_of(const amend_model *model)
{
    return model->folded;
}

amend_status model_program(const amend_model *model, size_t batch, nn_type type, nn_program **program)
{
    const model_description *d = &model->description;
    nn_program_options options = {.batch = batch, .type = type};
    model_folded *own = NULL;
    *program = NULL;
    if (type == NN_U8 && !d->int8)
        return status_error(AMEND_UNSUPPORTED, "%s: has no ranges for int8; 'amend quantize' makes a model that has",
                            model->path);
    if (model->onnx) {
        for (size_t c = 0; c < 4; c++) options.deviation[c] = 1.0f / 255; /* it takes 0 .. 255 */
        options.outputs = &model->logits;
        options.output_count = 1;
        return status_prefix(nn_program_create(&model->onnx->table, &model->onnx->params, &options, program), "%s",
                             model->path);
    }
    if (!model->folded) TRY(model_fold_weights(model, &own));
    const model_folded *folded = own ? own : model->folded;
    options.steps = &folded->steps;
    memcpy(options.mean, d->normal.mean, sizeof d->normal.mean);
    memcpy(options.deviation, d->normal.deviation, sizeof d->normal.deviation);
    amend_status status = nn_program_create(&folded->table, &folded->params, &options, program);
    model_folded_free(own);
    return status_prefix(status, "%s", model->path);
}

amend_status model_plan(amend_model *model, arm_head head, size_t batch, nn_type type, nn_plan **plan)
{
    const nn_plan_options options = {.batch = batch, .type = type};
    model_description described = model->description;
    nn_table *table = NULL;
    *plan = NULL;
    TRY(model_check_weights(model));
    if ((head == ARM_HEAD_GAP) != (described.head == ARM_HEAD_GAP))
        return status_error(AMEND_BAD_ARGUMENT, "%s: its head is '%s' and cannot be used as '%s'", model->path,
                            arm_head_names[described.head], arm_head_names[head]);
    described.head = head;
    TRY(mem_alloc(&table, 1, sizeof *table, "network"));
    amend_status status = description_build(&described, table);
    if (!status.code) status = status_prefix(nn_plan_create(table, &model->params, &options, plan), "%s", model->path);
    mem_free(table);
    return status;
}

void model_set_temperature(amend_model *model, double temperature)
{
    model->description.temperature = temperature;
}

void model_set_flip(amend_model *model, bool flip)
{
    model->flip = flip;
}

amend_status model_save(const amend_model *model, tensor_type stored, const char *figures, const char *path)
{
    model_description described = model->description;
    TRY(model_check_weights(model));
    if (figures) snprintf(described.figures, sizeof described.figures, "%s", figures);
    return description_save(&described, &model->params, stored, path);
}

amend_status model_save_onnx(const amend_model *model, const char *figures, const char *path)
{
    model_description described = model->description;
    description_texts texts;
    meta_entry meta[DESCRIPTION_ENTRIES];
    model_folded *own = NULL;
    if (figures) snprintf(described.figures, sizeof described.figures, "%s", figures);
    described.int8 = false; /* written as f32 */
    if (!model->folded) TRY(model_fold_weights(model, &own));
    const model_folded *folded = own ? own : model->folded;
    const onnx_export network = {.table = &folded->table,
                                 .params = &folded->params,
                                 .mean = described.normal.mean,
                                 .deviation = described.normal.deviation,
                                 .temperature = described.temperature > 0 ? (float)described.temperature : 1,
                                 .meta = meta,
                                 .meta_count = description_meta(&described, &texts, meta)};
    amend_status status = onnx_write(&network, path);
    model_folded_free(own);
    return status;
}

amend_status model_affinity_of(const amend_model *model, model_affinity *affinity)
{
    memset(affinity, 0, sizeof *affinity);
    TRY(model_check_weights(model));
    const nn_param *weight = nn_params_find(&model->params, "fc", "weight");
    const nn_param *bias = nn_params_find(&model->params, "fc", "bias");
    const nn_param *alpha = nn_params_find(&model->params, "arm", "alpha");
    const nn_param *generic = nn_params_find(&model->params, "arm", "generic");
    if (model->description.head == ARM_HEAD_GAP || !weight || !bias)
        return status_error(AMEND_BAD_ARGUMENT, "%s: its head has no sharing affinity", model->path);
    size_t inputs = weight->count / bias->count;
    affinity->alpha = alpha ? alpha->value[0] : 0;
    for (size_t k = 0; k < bias->count; k++) {
        double sum = 0;
        for (size_t i = 0; generic && i < inputs; i++)
            sum += (double)weight->value[k * inputs + i] * (double)generic->value[i];
        affinity->bias[k] = bias->value[k];
        affinity->generic[k] = (float)sum;
    }
    return status_ok();
}

/* ---- predicting ---- */

/* A session that nobody uses, or a new one. */
static amend_status take_session(amend_model *model, model_session **session)
{
    *session = NULL;
    pthread_mutex_lock(&model->lock);
    if (model->free_count) *session = model->free_sessions[--model->free_count];
    pthread_mutex_unlock(&model->lock);
    return *session ? status_ok() : model_session_create(&model->description, model->program, session);
}

static void give_session(amend_model *model, model_session *session)
{
    pthread_mutex_lock(&model->lock);
    bool room = model->free_count < MAX_FREE_SESSIONS;
    if (room) model->free_sessions[model->free_count++] = session;
    pthread_mutex_unlock(&model->lock);
    if (!room) model_session_free(session);
}

static amend_status check_ready(const amend_model *model, const amend_image *image, const float *probabilities)
{
    if (!model || !probabilities)
        return status_error(AMEND_BAD_ARGUMENT, "amend_model_predict: model and probabilities must be given");
    TRY(status_prefix(image_check(image), "amend_model_predict"));
    if (!model->program) return status_error(AMEND_BAD_ARGUMENT, "%s: was not opened to predict", model->path);
    return status_ok();
}

static amend_status predict(amend_model *model, const amend_image *image, const face_view *view, float *probabilities)
{
    model_session *session = NULL;
    TRY(take_session(model, &session));
    amend_status status = model_session_predict(session, image, view, model->flip, probabilities);
    give_session(model, session);
    return status;
}

amend_status amend_model_predict(amend_model *model, const amend_image *image, const amend_box *box,
                                 float *probabilities)
{
    face_view view = {0};
    TRY(check_ready(model, image, probabilities));
    TRY(face_crop(image, box, &view.box));
    return predict(model, image, &view, probabilities);
}

amend_status amend_model_predict_face(amend_model *model, const amend_image *image, const amend_face *face,
                                      float *probabilities)
{
    face_view view;
    if (!face) return status_error(AMEND_BAD_ARGUMENT, "amend_model_predict_face: a face must be given");
    TRY(check_ready(model, image, probabilities));
    TRY(face_align(image, face, &model->description.crop, &view));
    return predict(model, image, &view, probabilities);
}

/* The longer side to which the photo must be decoded for these views. */
static size_t side_needed(const amend_model *model, const face_photo *photo, const face_view *views, size_t count)
{
    double longer = (double)(photo->width > photo->height ? photo->width : photo->height), needed = 1;
    for (size_t i = 0; i < count; i++)
        needed = fmax(needed, 2 * (double)model->description.size * longer / views[i].box.width);
    return needed < longer ? (size_t)ceil(needed) : 0;
}

static amend_status predict_in_turn(amend_model *model, const face_photo *photo, const face_view *views, size_t count,
                                    float *probabilities)
{
    amend_status status = status_ok();
    for (size_t i = 0; !status.code && i < count; i++) {
        const face_view view = face_photo_view(photo, &views[i]);
        status = predict(model, &photo->image, &view, probabilities + i * model->description.classes);
    }
    return status;
}

/* A face a thread: sooner done than with all threads on one face after the other. */
static amend_status predict_at_once(amend_model *model, const face_photo *photo, const face_view *views, size_t count,
                                    float *probabilities)
{
    amend_status status = status_ok();
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < count; i++) {
        amend_status own = predict_in_turn(model, photo, &views[i], 1, probabilities + i * model->description.classes);
#pragma omp critical(model_faces)
        if (own.code) status = own;
    }
    return status;
}

amend_status model_predict_faces(amend_model *model, face_photo *photo, const amend_face *faces, size_t count,
                                 float *probabilities)
{
    const amend_image whole = {.width = photo->width, .height = photo->height};
    face_view *views = NULL;
    amend_status status = mem_alloc(&views, count, sizeof *views, "faces");
    for (size_t i = 0; !status.code && i < count; i++)
        status = face_align(&whole, &faces[i], &model->description.crop, &views[i]);
    if (!status.code) status = face_photo_refine(photo, side_needed(model, photo, views, count));
    bool many = count > 1 && 2 * count >= (size_t)omp_get_max_threads();
    if (!status.code) status = (many ? predict_at_once : predict_in_turn)(model, photo, views, count, probabilities);
    mem_free(views);
    return status;
}
