/* A network compiled for inference: normalisations are folded before (nn/fold.h), convolutions take bias, sum and relu
 * with them, pixels go from bytes straight into the first layout, weights are packed once. A program is immutable; each
 * thread runs it in a context of its own, which allocates nothing after it is made. */
#ifndef NN_PROGRAM_H
#define NN_PROGRAM_H

#include "nn/params.h"

typedef struct nn_program nn_program;
typedef struct nn_context nn_context;

/* Ranges of activations, for 8 bits: a row's result is about code * step, codes 0..255 where it is never below 0
 * (nn_table_signs), else -128..127. */
typedef struct nn_steps {
    float step[NN_MAX_ROWS]; /* by row of the table; of a fused chain the last one's counts. Pools have their input's */
} nn_steps;

enum { NN_MAX_OUTPUTS = 16 };

typedef struct nn_program_options {
    size_t batch;
    nn_type type;                /* NN_F32, NN_BF16, or NN_U8: 8-bit integers */
    float mean[4], deviation[4]; /* per channel; input = (pixel / 255 - mean) / deviation */
    const nn_steps *steps;       /* NN_U8: needed, copied */
    const size_t *outputs;       /* rows whose results stay readable after a run; copied */
    size_t output_count;         /* 0: the last row alone; at most NN_MAX_OUTPUTS */
    bool keep_maps; /* every row's result stays readable after a run (to calibrate), at the price of memory */
} nn_program_options;

/* A table without batch normalisations (nn/fold.h) and without an unfolded ARM head; 8 bits: one
 * convolution stands first. Maps are codes there; what stands at one place, as a gate's branch does, stays f32.
 * Parameters and sources are copied and may be freed. */
amend_status nn_program_create(const nn_table *table, const nn_params *params, const nn_program_options *options,
                               nn_program **program) AMEND_MUST_USE;
void nn_program_free(nn_program *program); /* accepts NULL; after its contexts */

size_t nn_program_bytes(const nn_program *program);         /* packed weights */
size_t nn_program_context_bytes(const nn_program *program); /* memory of one context */

amend_status nn_context_create(const nn_program *program, nn_context **context) AMEND_MUST_USE;
void nn_context_free(nn_context *context); /* accepts NULL */

uint8_t *nn_context_pixels(nn_context *context); /* batch x height x width x channels: fill before a run */

/* The first `count` samples of the batch are real; the time is always that of the whole batch. */
amend_status nn_context_run(nn_context *context, size_t count) AMEND_MUST_USE;

const float *
nn_context_logits(const nn_context *context); /* of the first output: batch x classes, until the next run */

/* The f32 result of an output or, with keep_maps, of any row (n x h x w x c), with what is fused behind it already
 * applied; NULL: the row is fused into a later one. */
const float *nn_context_map(const nn_context *context, size_t row, size_t *count);

#endif
