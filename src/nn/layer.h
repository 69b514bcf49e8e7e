/* How an operation looks to the planner. One file an operation: op_*.c. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "nn/params.h"

typedef struct nn_tensor {
    nn_shape shape;
    nn_type type;
    bool wants_gradient; /* something that learns is in its layer or before it; false in an inference plan */
    void *data;
    void *gradient; /* of the loss */
} nn_tensor;

typedef struct nn_run {
    bool training;
    size_t count; /* samples of the batch that are real; the rest is padding (evaluation) */
} nn_run;

enum { NN_MAX_PARAMS = 4 };

typedef struct nn_layer nn_layer;

typedef struct nn_op {
    /* Compiles the layer for its shapes; says what memory it needs (own_bytes, scratch_bytes). May be NULL. */
    amend_status (*create)(nn_layer *layer);
    amend_status (*bind)(nn_layer *layer);    /* memory is there; may be NULL */
    amend_status (*refresh)(nn_layer *layer); /* parameters have changed; may be NULL */
    amend_status (*forward)(nn_layer *layer);
    amend_status (*backward)(nn_layer *layer); /* fills in_gradient[] (where not NULL) and, where the layer learns,
                                                  parameter gradients */
    void (*destroy)(nn_layer *layer);          /* may be NULL */
} nn_op;

struct nn_layer {
    const nn_op *op;
    const nn_row *row;
    const nn_run *run;
    nn_tensor *in[NN_MAX_INPUTS]; /* NULL: unused */
    nn_tensor *out;
    void *in_gradient[NN_MAX_INPUTS]; /* where backward writes; NULL: not wanted */
    nn_param *params[NN_MAX_PARAMS];
    bool training;      /* the plan has a backward pass */
    nn_curve curve;     /* an activation's own, or fused behind this layer */
    const nn_row *pool; /* fused behind that when it is a relu; NULL: none */
    void *state;        /* the operation's compiled form, freed by destroy */
    void *own;          /* own_bytes that keep their content */
    void *scratch;      /* scratch_bytes, shared with other layers */
    size_t own_bytes, scratch_bytes;
};

/* Backward must find gradients of its parameters. */
static inline bool nn_layer_learns(const nn_layer *layer)
{
    bool learns = false;
    for (size_t i = 0; i < NN_MAX_PARAMS; i++)
        learns = learns || (layer->params[i] && nn_param_learns(layer->params[i]));
    return learns;
}

extern const nn_op nn_op_input, nn_op_conv, nn_op_batch_norm, nn_op_pool, nn_op_global_pool, nn_op_arrange,
    nn_op_shared_conv, nn_op_planes, nn_op_affinity, nn_op_linear, nn_op_activation, nn_op_slopes, nn_op_gate,
    nn_op_pair, nn_op_gather;

#endif
