/* Programs and contexts: made, run, freed; and where each result lies. */
#include "nn/program.h"

#include <omp.h>

#include "base/mem.h"
#include "nn/arena.h"
#include "nn/program_internal.h"

struct nn_context {
    const nn_program *program;
    uint8_t *pixels;
    char *maps, *scratch;
    nn_call **calls; /* by step; NULL where a step has no job */
};

/* ---- memory of a context ---- */

static void note_readers(nn_program *p)
{
    for (size_t i = 0; i < p->count; i++) {
        program_step *s = &p->steps[i];
        s->last_reader = i;
        p->steps[s->in].last_reader = i;
        if (s->held != PROGRAM_NONE) p->steps[s->held].last_reader = i;
        if (s->other != PROGRAM_NONE) p->steps[s->other].last_reader = i;
    }
    for (size_t i = 0; i < p->count; i++)
        if (program_is_output(p, p->steps[i].last_row)) p->steps[i].last_reader = p->count; /* until the next run */
    if (p->options.type == NN_U8) p->steps[0].last_reader = p->count; /* its border is filled once */
}

/* A sum is made in the place of what it adds to, when nobody reads that again. */
static amend_status place_result(nn_program *p, size_t i, arena *a)
{
    program_step *s = &p->steps[i];
    program_step *held = s->held == PROGRAM_NONE ? NULL : &p->steps[s->held];
    s->copies = held && (p->options.keep_maps || held->last_reader != i || s->held == s->in);
    if (s->row->kind == NN_CONSTANT) return status_ok();
    if (!held || s->copies) return arena_take(a, program_step_bytes(s), &s->at);
    s->at = held->at;
    held->last_reader = PROGRAM_NONE; /* the place has a new owner */
    return status_ok();
}

amend_status program_place(nn_program *p)
{
    arena a = {0};
    note_readers(p);
    for (size_t i = 0; i < p->count; i++) {
        TRY(place_result(p, i, &a));
        for (size_t j = 0; j < i && !p->options.keep_maps; j++)
            if (p->steps[j].last_reader == i && p->steps[j].row->kind != NN_CONSTANT)
                TRY(arena_give(&a, p->steps[j].at, program_step_bytes(&p->steps[j])));
    }
    p->map_bytes = a.peak;
    return status_ok();
}

/* ---- programs ---- */

amend_status nn_program_create(const nn_table *table, const nn_params *params, const nn_program_options *options,
                               nn_program **made)
{
    nn_program *p = NULL;
    *made = NULL;
    if (table->count < 2 || !options->batch || options->batch > 65536 || (options->type == NN_U8 && !options->steps) ||
        options->type == NN_S8 || (options->keep_maps && options->type != NN_F32) ||
        options->output_count > NN_MAX_OUTPUTS)
        return status_error(AMEND_BAD_ARGUMENT,
                            "a program needs a network, a batch of 1..65536, and ranges for 8 bits");
    TRY(mem_alloc(&p, 1, sizeof *p, "program"));
    p->table = *table;
    p->options = *options;
    p->threads = omp_get_max_threads();
    if (options->steps) p->steps_of_rows = *options->steps;
    p->options.steps = NULL;
    for (size_t i = 0; i < options->output_count; i++) p->outputs[i] = options->outputs[i];
    p->options.outputs = p->outputs;
    amend_status status = mem_alloc(&p->steps, table->count, sizeof *p->steps, "program");
    if (!status.code) status = program_fuse(p);
    if (!status.code) status = program_compile(p, params);
    if (!status.code) status = program_place(p);
    if (status.code) {
        nn_program_free(p);
        return status;
    }
    *made = p;
    return status;
}

void nn_program_free(nn_program *p)
{
    if (!p) return;
    for (size_t i = 0; i < p->count; i++) {
        nn_job_free(p->steps[i].job);
        mem_free(p->steps[i].weights);
        mem_free(p->steps[i].bias);
        mem_free(p->steps[i].source);
    }
    mem_free(p->steps);
    mem_free(p);
}

size_t nn_program_bytes(const nn_program *p)
{
    return p->weight_bytes;
}

static size_t pixel_bytes(const nn_program *p)
{
    return nn_shape_count(p->table.shapes[0]) * p->options.batch;
}

size_t nn_program_context_bytes(const nn_program *p)
{
    return p->map_bytes + p->scratch_bytes + pixel_bytes(p);
}

/* ---- contexts ---- */

static void *map_of(const nn_context *c, size_t step)
{
    const program_step *s = &c->program->steps[step];
    return s->row->kind == NN_CONSTANT ? s->weights : c->maps + s->at;
}

static amend_status bind_steps(nn_context *c)
{
    const nn_program *p = c->program;
    for (size_t i = 1; i < p->count; i++) {
        const program_step *s = &p->steps[i];
        void *in = map_of(c, s->in), *out = map_of(c, i);
        bool conv = s->row->kind == NN_CONV;
        void *const buffers[DNN_BUFFERS] = {in, conv ? s->weights : out, conv ? out : NULL, s->bias};
        if (s->job) TRY(nn_job_bind(s->job, buffers, c->scratch, &c->calls[i]));
    }
    return status_ok();
}

amend_status nn_context_create(const nn_program *p, nn_context **made)
{
    nn_context *c = NULL;
    *made = NULL;
    TRY(mem_alloc(&c, 1, sizeof *c, "context"));
    c->program = p;
    amend_status status = mem_alloc(&c->pixels, pixel_bytes(p), 1, "pixels");
    if (!status.code) status = mem_alloc(&c->maps, p->map_bytes, 1, "feature maps");
    if (!status.code) status = mem_alloc(&c->scratch, p->scratch_bytes, 1, "scratchpad");
    if (!status.code) status = mem_alloc(&c->calls, p->count, sizeof *c->calls, "context");
    if (!status.code) status = bind_steps(c);
    if (status.code) {
        nn_context_free(c);
        return status;
    }
    if (p->options.type == NN_U8) program_fill_border(p, c->maps + p->steps[0].at);
    *made = c;
    return status;
}

void nn_context_free(nn_context *c)
{
    if (!c) return;
    for (size_t i = 0; c->calls && i < c->program->count; i++) nn_call_free(c->calls[i]);
    mem_free(c->calls);
    mem_free(c->pixels);
    mem_free(c->maps);
    mem_free(c->scratch);
    mem_free(c);
}

uint8_t *nn_context_pixels(nn_context *c)
{
    return c->pixels;
}

static amend_status run_steps(nn_context *c)
{
    const nn_program *p = c->program;
    program_input(p, c->pixels, c->maps + p->steps[0].at);
    for (size_t i = 1; i < p->count; i++) {
        const program_step *s = &p->steps[i];
        if (s->copies) memcpy(c->maps + s->at, map_of(c, s->held), program_step_bytes(s));
        if (c->calls[i])
            TRY(nn_call_run(c->calls[i]));
        else
            program_plain(p, s, map_of(c, s->in), s->other == PROGRAM_NONE ? NULL : map_of(c, s->other), map_of(c, i));
    }
    return status_ok();
}

amend_status nn_context_run(nn_context *c, size_t count)
{
    const nn_program *p = c->program;
    int threads = omp_get_max_threads(); /* of the caller, who may have more of them than whoever made the program */
    if (!count || count > p->options.batch)
        return status_error(AMEND_BAD_ARGUMENT, "%zu samples for a program of batch %zu", count, p->options.batch);
    if (threads <= p->threads) return run_steps(c);
    omp_set_num_threads(p->threads);
    amend_status status = run_steps(c);
    omp_set_num_threads(threads);
    return status;
}

const float *nn_context_map(const nn_context *c, size_t row, size_t *count)
{
    const nn_program *p = c->program;
    for (size_t i = 0; i < p->count; i++)
        if (p->steps[i].last_row == row && (p->options.keep_maps || program_is_output(p, row))) {
            *count = nn_shape_count(p->steps[i].shape);
            return map_of(c, i);
        }
    return NULL;
}

const float *nn_context_logits(const nn_context *c)
{
    const nn_program *p = c->program;
    size_t count;
    return nn_context_map(c, p->options.output_count ? p->outputs[0] : p->table.count - 1, &count);
}
