/* The parameters of a network: f32 master values in torchvision's shapes and names, with gradients once a plan
 * trains them. Shared by all plans of the network, whatever their batch size or precision. */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include "base/rng.h"
#include "nn/table.h"

typedef struct nn_param {
    char name[NN_NAME_SIZE + 16];
    size_t dims, shape[4], count;
    bool trainable; /* false: a running statistic */
    float rate;     /* factor on the learning rate, 1 at first; 0: frozen, also a statistic. Plans made later know it */
    float *value;
    float *gradient;   /* NULL when not trainable, or before nn_params_want_gradients */
    uint16_t *rounded; /* a convolution's weights in bf16; NULL before nn_params_want_rounded */
    enum { NN_INIT_CONSTANT, NN_INIT_NORMAL, NN_INIT_UNIFORM } init;
    float init_scale; /* the constant, the deviation, or the half width */
} nn_param;

typedef struct nn_params {
    nn_param *items;
    size_t count;
    size_t values;          /* floats in all items */
    float *storage;         /* values of all items */
    float *gradients;       /* gradients of all trainable items, or NULL */
    uint16_t *halves;       /* all that is rounded, or NULL */
    size_t version;         /* increase it after changing values: plans then refresh their copies */
    size_t rounded_version; /* that the copies in bf16 are of */
} nn_params;

/* How many values the parameters of the table's rows have. */
size_t nn_params_values(const nn_table *table);

amend_status nn_params_create(const nn_table *table, nn_params *params) AMEND_MUST_USE; /* zeroed */
void nn_params_free(nn_params *params);

/* Gives the trainable parameters their gradients, zeroed, unless they have them. */
amend_status nn_params_want_gradients(nn_params *params) AMEND_MUST_USE;

/* Gives the weights of convolutions their places in bf16, unless they have them; nn_params_round then fills them,
 * unless it is done for this version. */
amend_status nn_params_want_rounded(nn_params *params) AMEND_MUST_USE;
void nn_params_round(nn_params *params);

/* torchvision's initialisation: He normal (fan out) for convolutions, torch's defaults for the rest. The fan of a
 * grouped convolution is that of one group, where torchvision counts all groups: maps so keep their size through a
 * network that has not been trained. */
void nn_params_init(nn_params *params, uint64_t seed);

/* Training changes it by gradients. */
static inline bool nn_param_learns(const nn_param *param)
{
    return param->trainable && param->rate > 0;
}

/* AMEND_BAD_DATA, naming the tensor, where a value is not finite or, of a "running_var", negative: a ReLU makes 0 of
 * what is not a number, and the network would answer all the same. */
amend_status nn_check_values(const char *name, const float *values, size_t count) AMEND_MUST_USE;

nn_param *nn_params_find(const nn_params *params, const char *row, const char *suffix); /* NULL: not there */

#endif
