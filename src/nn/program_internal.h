/* What the parts of a program share. */
#ifndef NN_PROGRAM_INTERNAL_H
#define NN_PROGRAM_INTERNAL_H

#include "nn/job.h"
#include "nn/program.h"

enum { PROGRAM_NONE = NN_MAX_ROWS };

/* One or more rows that run as one. */
typedef struct program_step {
    const nn_row *row;    /* the first of them */
    size_t last_row;      /* the one whose result this is */
    size_t in, other;     /* steps that it reads; other: a second one, or PROGRAM_NONE */
    size_t held;          /* what a convolution adds to, or PROGRAM_NONE */
    nn_function function; /* fused behind, or of the row itself; with alpha and beta */
    float alpha, beta;
    bool copies; /* what it adds to is read again later, so the sum begins with a copy of it */
    nn_shape shape;
    nn_type type;
    float step;         /* 8 bits: real value of one code of the result */
    size_t last_reader; /* the last step that reads the result */
    size_t at;          /* where in a context's memory */
    nn_job *job;
    void *weights; /* of a constant: its values, f32; of slopes: them */
    float *bias;
    uint32_t *source; /* of a gathering */
} program_step;

struct nn_program {
    nn_table table;
    nn_program_options options;
    nn_steps steps_of_rows;
    program_step *steps;
    size_t count;
    size_t outputs[NN_MAX_OUTPUTS]; /* rows */
    size_t map_bytes, scratch_bytes, weight_bytes;
    int threads; /* that oneDNN's kernels and scratchpads were planned for */
};

/* What stays readable after a run is kept as f32. */
static inline bool program_is_output(const nn_program *p, size_t row)
{
    bool output = row + 1 == p->table.count && !p->options.output_count;
    for (size_t i = 0; i < p->options.output_count; i++) output |= p->outputs[i] == row;
    return output;
}

static inline size_t program_step_bytes(const program_step *s)
{
    return nn_shape_count(s->shape) * nn_type_size(s->type);
}

/* `count` values from index `at` on of a step's result, as they are or through `buffer`; and back. 8 bits: a code times
 * the step's step, rounded, and clipped to what codes can say. */
const float *program_load(const program_step *s, const void *map, size_t at, size_t count, float *buffer);
void program_store(const program_step *s, void *map, size_t at, size_t count, const float *values);

static inline bool program_is_coded(const program_step *s)
{
    return s->type == NN_U8 || s->type == NN_S8;
}

/* The border that the 8-bit input carries, so that its convolution pads with the mean and not with 0. */
static inline size_t program_border(const nn_program *p)
{
    return p->options.type == NN_U8 ? p->steps[1].row->pad : 0;
}

amend_status program_fuse(nn_program *p) AMEND_MUST_USE; /* rows to steps, with shapes and types */
amend_status program_compile(nn_program *p, const nn_params *params) AMEND_MUST_USE; /* jobs and packed weights */
amend_status program_place(nn_program *p) AMEND_MUST_USE;                            /* memory of a context */

/* The pixels of `count` samples as the first convolution wants them. */
void program_input(const nn_program *p, const uint8_t *pixels, void *out);
void program_fill_border(const nn_program *p, void *out); /* 8 bits; once a context */

/* Steps without a job: a and b are the maps of s->in and s->other. */
void program_plain(const nn_program *p, const program_step *s, const void *a, const void *b, void *out);

/* A map of another size; x is the map of step `from`. */
void program_resize(const program_step *s, const program_step *from, const void *x, void *out);

/* logits = weights x + bias; x is the map of step s->in. */
void program_linear(const nn_program *p, const program_step *s, const void *x, float *logits);

#endif
