/* A recipe: everything that decides what a training run computes, as an INI file. */
#ifndef TRAIN_RECIPE_H
#define TRAIN_RECIPE_H

#include <stdint.h>

#include "base/config.h"
#include "data/loader.h"
#include "model/description.h"

enum { RECIPE_TEXT_SIZE = 180 };               /* of a text, its end with it */
enum { RECIPE_F32, RECIPE_BF16, RECIPE_AUTO }; /* precision; auto: bf16 where the processor is fast at it */

typedef struct recipe {
    int layout, rule;
    size_t classes;
    bool soft;                       /* [data] */
    char backbone[RECIPE_TEXT_SIZE]; /* [model]; one of backbone_names, or a file that recipe_has_file tells of */
    int stem, head;
    double width;
    size_t arrangement, kernel, stride, project, size, channels;
    int de_albino, generic;
    char points[RECIPE_TEXT_SIZE];
    size_t epochs, batch, seed, threads; /* [train] */
    int precision;
    double average, smoothing, checkpoint;
    char init[RECIPE_TEXT_SIZE], teacher[RECIPE_TEXT_SIZE];
    double teaching;
    int sampling;
    bool balance;
    int optimizer; /* [optimizer] */
    double rate, weight_decay, momentum, clip;
    char rates[RECIPE_TEXT_SIZE];
    bool nesterov, decay_all;
    int schedule; /* [schedule] */
    double factor, floor, warmup;
    size_t every;
    data_augment augment; /* [augment] */
} recipe;

extern const config_key recipe_keys[];
extern const size_t recipe_key_count;

recipe recipe_defaults(void);

/* On this machine: `auto` becomes f32 or bf16. */
void recipe_decide(recipe *r);

/* A hash (FNV-1a) of what is not as the defaults: recipes that compute something else have another one. */
amend_status recipe_hash(const recipe *r, uint64_t *hash) AMEND_MUST_USE;

/* Refuses values that are each possible but not together. */
amend_status recipe_check(const recipe *r) AMEND_MUST_USE;

/* The data set at `path` as the recipe reads it: the training split, with hard or soft targets. */
data_options recipe_data(const recipe *r, const char *path);

/* Whether its backbone is a network of another program: model.backbone is the path of an ONNX file. */
bool recipe_has_file(const recipe *r);

/* The network that it trains, for a set of so many classes, which still want their labels; without the rows of a
 * backbone that is in a file (model/onnx_model.h). */
model_description recipe_network(const recipe *r, size_t classes);

/* Its batches, normalised as the network wants them. */
loader_options recipe_loader(const recipe *r);

#endif
