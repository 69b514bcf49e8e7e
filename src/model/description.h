/* What a model is, beside its tensors: enough to build its network, prepare its input and name its classes. Kept in the
 * weight file's __metadata__ under keys "amend.*". */
#ifndef MODEL_DESCRIPTION_H
#define MODEL_DESCRIPTION_H

#include "arm/head.h"
#include "backbone/backbone.h"
#include "data/loader.h"
#include "face/crop.h"
#include "nn/params.h"
#include "nn/rows.h"
#include "weights/safetensors.h"

enum { MODEL_MAX_CLASSES = 16, MODEL_LABEL_SIZE = 32, MODEL_TEXT_SIZE = 512 };

typedef struct model_description {
    nn_rows *rows; /* a backbone that is none of ours, then kind, stem and width say nothing; NULL: one of ours.
                      Copies borrow it from the description that description_free gets */
    backbone_kind backbone;
    bool small_stem; /* see backbone/backbone.h */
    double width;    /* 0.125 .. 4 */
    arm_head head;
    size_t arrangement;  /* r of the ARM heads */
    arm_variant variant; /* where their head is not the paper's; its `generic` is not kept in the file */
    bool int8;           /* the file holds the folded network in 8 bits (model/int8_file.h) */
    size_t size;         /* input side in pixels, 8 .. 1024 */
    size_t channels;     /* 1 or 3 */
    size_t classes;      /* 2 .. MODEL_MAX_CLASSES */
    char labels[MODEL_MAX_CLASSES][MODEL_LABEL_SIZE];
    data_normal normal;
    face_template crop;             /* where its pictures show eyes and mouth; all zero: as face_template_fer2013 */
    double temperature;             /* logits are divided by it before the softmax; 0: as 1 */
    char training[MODEL_TEXT_SIZE]; /* data set, split, rule, recipe, seed, version: for people */
    char figures[MODEL_TEXT_SIZE];  /* measured figures with their protocol, or "" */
} model_description;

void description_free(model_description *description); /* accepts a zeroed one */

/* Probabilities of `count` samples from their logits, which may be the same place. */
void description_probabilities(const model_description *description, const float *logits, size_t count,
                               float *probabilities);

/* Rows of the backbone; its feature map is row *features. Errors say which value does not fit. */
amend_status description_backbone(const model_description *description, nn_table *table,
                                  size_t *features) AMEND_MUST_USE;

/* Rows of the whole network. */
amend_status description_build(const model_description *description, nn_table *table) AMEND_MUST_USE;

/* What is said of a training's checkpoint, a file with the key "amend.checkpoint", where a model is wanted. */
amend_status description_refuse_checkpoint(const char *path) AMEND_MUST_USE;

/* Reads and checks the metadata of a weight file. Free with description_free, after an error too. */
amend_status description_read(const meta_source *file, model_description *description) AMEND_MUST_USE;

/* One more class. Its name, of `length` bytes, must be able to stand in the metadata: UTF-8 of 1..MODEL_LABEL_SIZE - 1
 * bytes without commas and control characters, and none that is there already. Errors name the class. */
amend_status description_add_label(model_description *description, const char *label, size_t length) AMEND_MUST_USE;

/* From text, as the metadata have it: "happy,sad" into labels and classes; "0.5,0.5,0.5" into mean and deviation, a
 * number for each of the description's channels; "x,y,x,y,x,y" into left eye, right eye and mouth. Errors do not say
 * where the text came from. */
amend_status description_parse_labels(const char *text, model_description *description) AMEND_MUST_USE;
amend_status description_parse_normal(const char *mean, const char *deviation,
                                      model_description *description) AMEND_MUST_USE;
amend_status description_parse_points(const char *text, face_template *crop) AMEND_MUST_USE;

/* Writes description and parameters; `stored` is TENSOR_F32 or TENSOR_BF16 (matrices and kernels only; vectors stay
 * f32). */
amend_status description_save(const model_description *description, const nn_params *params, tensor_type stored,
                              const char *path) AMEND_MUST_USE;

/* The metadata's entries, with their texts in *texts or in the description; returns how many. */
enum { DESCRIPTION_ENTRIES = 22 };
typedef struct description_texts {
    char temperature[32], width[32], arrangement[32], kernel[32], stride[32], project[32], size[32], channels[32],
        mean[96], deviation[96], points[192];
    char labels[MODEL_MAX_CLASSES * (MODEL_LABEL_SIZE + 1)];
} description_texts;
size_t description_meta(const model_description *description, description_texts *texts,
                        meta_entry meta[DESCRIPTION_ENTRIES]);

/* Writes the description with any tensors. */
amend_status description_write(const model_description *description, const tensor_entry *tensors, size_t count,
                               const char *path) AMEND_MUST_USE;

/* Refuses a file that has far fewer values than the network that it describes: before memory for them is taken. */
amend_status description_check_size(const safetensors *file, size_t values) AMEND_MUST_USE;

/* Fills a parameter from a tensor of the file `path`: its shape, all values finite. */
amend_status description_load_param(const char *path, const tensor_view *view, nn_param *param) AMEND_MUST_USE;

/* Fills `params` (of the description's table) from the file: every tensor there with its shape, none left over. */
amend_status description_load_params(const safetensors *file, nn_params *params) AMEND_MUST_USE;

#endif
