/* A network as data: a table of rows (operation, inputs, attributes, parameter names). Builders in backbone/ and arm/
 * write it, nn/plan.c compiles it. Row 0 is the input; a row uses earlier rows only; the last row gives the logits. */
#ifndef NN_TABLE_H
#define NN_TABLE_H

#include <stdbool.h>

#include "base/status.h"
#include "nn/function.h"

typedef enum nn_kind {
    NN_INPUT,      /* f32 pixels to the plan's precision */
    NN_CONV,       /* kernel x kernel_width, stride, padding, groups, dilation, `channels` out; "NAME.weight", with
                      `bias` ".bias" */
    NN_BATCH_NORM, /* over n, h, w, with `epsilon` and `momentum`; "NAME.weight", ".bias", ".running_mean",
                      ".running_var" */
    NN_RELU,
    NN_ADD,          /* in[0] + in[1] */
    NN_MAX_POOL,     /* kernel, stride, padding */
    NN_AVERAGE_POOL, /* the same; padding counts with `count_padding` alone */
    NN_GLOBAL_POOL,  /* mean over h, w -> n x 1 x 1 x c; f32 from here on */
    NN_ARRANGE,      /* pixel shuffle by `factor`: n x h x w x c -> (n * c/factor^2) x h*factor x w*factor x 1, f32 */
    NN_SHARED_CONV,  /* one kernel for all `channels` planes, or with `groups` = channels one each:
                        (n * channels) x h x w x 1 -> n x d x e x channels; ".weight" */
    NN_PLANES,       /* planes as channels: (n * channels) x h x w x 1 -> n x h x w x channels, f32 */
    NN_AFFINITY,     /* mean over planes + alpha * generic -> n x 1 x 1 x d*e; ".alpha", ".generic" (see nn_affinity) */
    NN_LINEAR,       /* `channels` outputs; "NAME.weight", ".bias" */
    NN_ACTIVATION,   /* `function` of each value; NN_SLOPES: "NAME.weight" */
    NN_COMBINE,      /* in[0] and in[1] by `operation`; sides of 1 are repeated. Training: sum, difference or product of
                        one shape, or a map times one value a channel */
    NN_CONSTANT,     /* no input: height x width x channels, the same for each sample; "NAME.value" */
    NN_GATHER,       /* values moved: height x width x channels, value i of a sample is value source[i] of in[0], behind
                        whose values those of in[1] count on (with `pair`); NN_FILL: alpha. source NULL: as they are */
    NN_SOFTMAX,      /* over channels */
    NN_RESIZE,       /* height x width, linear between the pixels that `start` and `step` lead to */
    NN_KINDS
} nn_kind;

typedef enum nn_operation { NN_PLUS, NN_MINUS, NN_TIMES, NN_OVER } nn_operation;

/* Where sharing affinity takes its generic part from. Training: `batch` and `ema` both use the mean of the current
 * batch, unless `generic` says else; `ema` also keeps a running mean, which it uses at test time. */
typedef enum nn_affinity { NN_AFFINITY_NONE, NN_AFFINITY_BATCH, NN_AFFINITY_EMA } nn_affinity;

/* What training takes for the generic part: the mean of the batch, with its gradient; the same as a constant; or with
 * `ema` the running mean as it stood before the batch, a constant too. */
typedef enum nn_generic { NN_GENERIC_GRADIENT, NN_GENERIC_CONSTANT, NN_GENERIC_RUNNING } nn_generic;

#define NN_FILL UINT32_MAX

enum { NN_NAME_SIZE = 64, NN_MAX_ROWS = 512, NN_MAX_INPUTS = 2 };

typedef struct nn_row {
    nn_kind kind;
    char name[NN_NAME_SIZE];
    size_t in[NN_MAX_INPUTS];
    size_t channels, kernel, stride, pad, factor;
    size_t pad_more;         /* zeros below and right beyond those above and left */
    size_t kernel_width;     /* of a convolution; 0: square, with `pad` zeros above and left */
    size_t pad_width;        /* with kernel_width: zeros left, and `pad` above alone */
    size_t groups;           /* of a convolution; 0: 1 */
    size_t dilation;         /* gap between the taps of a convolution; 0: dense */
    bool bias;               /* of a convolution */
    bool count_padding;      /* of an average */
    float epsilon, momentum; /* of a batch normalisation; 0: 1e-5 and 0.1, PyTorch's */
    nn_function function;
    float alpha, beta;
    nn_operation operation;
    size_t height, width;
    bool pair;
    double start[2], step[2]; /* result i of a side lies at start + i step of the input's; [0] height, [1] width */
    const uint32_t *source;   /* borrowed, one value of the result each */
    nn_affinity affinity;
    nn_generic generic;
} nn_row;

typedef struct nn_table {
    nn_row rows[NN_MAX_ROWS];
    nn_shape shapes[NN_MAX_ROWS]; /* of each row's result, for a batch of one */
    size_t count;
} nn_table;

/* An empty table with the input row: images of height x width x channels. */
amend_status nn_table_begin(nn_table *table, size_t height, size_t width, size_t channels) AMEND_MUST_USE;

/* Whether a row has this name. */
bool nn_table_has(const nn_table *table, const char *name);

/* Appends a row, whose name no other has, checks it and works out its shape; its index comes in *index. Errors name the
 * row. */
amend_status nn_table_add(nn_table *table, nn_row row, size_t *index) AMEND_MUST_USE;

/* The function of a relu or an activation; of other rows NN_NO_FUNCTION. */
nn_curve nn_row_curve(const nn_row *row);

/* What a batch normalisation adds to a variance. */
double nn_row_epsilon(const nn_row *row);

/* Taps of a window, and the zeros in front of the map, from top to bottom (axis 0) or from left to right (1). */
size_t nn_row_kernel(const nn_row *row, int axis);
size_t nn_row_pad(const nn_row *row, int axis);

/* Multiply-adds of a convolution or linear row for one image; of other rows 0. */
size_t nn_row_products(const nn_table *table, size_t row);

/* Whether a row is a map times one value a channel, which weighs all positions alike. */
bool nn_row_is_gate(const nn_table *table, const nn_row *row);

/* How many rows it reads: 0 .. NN_MAX_INPUTS. */
size_t nn_row_inputs(const nn_row *row);

/* A convolution in whose backward passes oneDNN 2.6 writes past its buffers: 1x1 with a stride and channels, in or out,
 * that are no multiple of 16. */
bool nn_conv_overruns(const nn_row *row, size_t channels);

/* How many inputs of later rows are this row. */
size_t nn_table_readers(const nn_table *table, size_t row);

/* positive: by row, whether its result is never below 0. */
void nn_table_signs(const nn_table *table, bool positive[NN_MAX_ROWS]);

const char *nn_kind_name(nn_kind kind);

#endif
