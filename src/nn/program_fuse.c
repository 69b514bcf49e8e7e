/* From rows to steps: what runs as one, and in which type its result is kept. */
#include "nn/program_internal.h"

/* The type of a row's result in a program of f32 or bf16. */
static nn_type float_type(const nn_program *p, size_t row)
{
    nn_kind kind = p->table.rows[row].kind;
    return kind == NN_LINEAR || kind == NN_CONSTANT || program_is_output(p, row) ? NN_F32 : p->options.type;
}

/* Whether row i + 1 is the only one that reads row i, and not as an output. */
static bool leads_on(const nn_program *p, size_t i)
{
    return i + 1 < p->table.count && nn_table_readers(&p->table, i) == 1 && !program_is_output(p, i);
}

static bool is_window(const nn_row *row)
{
    return row->kind == NN_MAX_POOL || row->kind == NN_AVERAGE_POOL;
}

/* 8 bits: whether what a step makes of the rows up to `last` is kept in codes. Maps are; what stands at one place (a
 * gate's branch) is f32, and so is what convolutions make of f32. */
static bool keeps_codes(const nn_program *p, const program_step *s, size_t last)
{
    nn_kind kind = s->row->kind;
    const nn_shape *shape = &p->table.shapes[last];
    if (p->options.type != NN_U8 || kind == NN_LINEAR || kind == NN_CONSTANT) return false;
    if (is_window(s->row)) return program_is_coded(&p->steps[s->in]);
    if (shape->h * shape->w == 1 || program_is_output(p, last)) return false;
    return kind != NN_CONV || program_is_coded(&p->steps[s->in]);
}

/* oneDNN's sum wants what it adds to as wide as the result. */
static bool can_hold(const nn_program *p, const program_step *s, size_t last, const program_step *held)
{
    if (held->row->kind == NN_CONSTANT) return false;
    if (p->options.type == NN_U8) return keeps_codes(p, s, last) == program_is_coded(held);
    return float_type(p, last) == held->type;
}

static bool can_fuse(nn_function function)
{
    return function == NN_RECTIFY || function == NN_CLIP || function == NN_LEAKY || function == NN_SIGMOID ||
           function == NN_SWISH || function == NN_HARD_SWISH;
}

static void take_function(program_step *s, const nn_row *row)
{
    const nn_curve curve = nn_row_curve(row);
    s->function = curve.function;
    s->alpha = curve.alpha;
    s->beta = curve.beta;
}

/* Whether the row behind row i is a function of it alone that a convolution can apply. */
static bool is_followed(const nn_program *p, size_t i)
{
    const nn_row *next = &p->table.rows[i + 1];
    return leads_on(p, i) && next->in[0] == i &&
           (next->kind == NN_RELU || (next->kind == NN_ACTIVATION && can_fuse(next->function)));
}

/* The sum and the activation directly behind the convolution of step s. */
static void absorb(const nn_program *p, program_step *s, const size_t *step_of_row)
{
    size_t i = s->last_row;
    const nn_row *next = &p->table.rows[i + 1];
    if (leads_on(p, i) && next->kind == NN_ADD && (next->in[0] == i) != (next->in[1] == i)) {
        size_t held = step_of_row[next->in[next->in[0] == i]];
        if (!can_hold(p, s, is_followed(p, i + 1) ? i + 2 : i + 1, &p->steps[held])) return;
        s->held = held;
        i++;
    }
    if (is_followed(p, i)) take_function(s, &p->table.rows[++i]);
    s->last_row = i;
}

/* 8 bits: codes of what is never below 0 are unsigned, others signed; a pool keeps its input's. */
static amend_status choose_code(const nn_program *p, program_step *s, const bool *positive)
{
    s->type = s->row->kind == NN_INPUT ? NN_U8 : NN_F32;
    if (s->row->kind == NN_INPUT || !keeps_codes(p, s, s->last_row)) return status_ok();
    if (is_window(s->row)) {
        s->type = p->steps[s->in].type;
        s->step = p->steps[s->in].step;
        return status_ok();
    }
    s->type = positive[s->last_row] ? NN_U8 : NN_S8;
    s->step = p->steps_of_rows.step[s->last_row];
    if (s->step > 0) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s %s: no range of its activations; quantise the model first",
                        nn_kind_name(s->row->kind), s->row->name);
}

static amend_status choose_type(const nn_program *p, program_step *s, const bool *positive)
{
    s->step = 1;
    if (p->options.type == NN_U8)
        TRY(choose_code(p, s, positive));
    else
        s->type = is_window(s->row) ? p->steps[s->in].type : float_type(p, s->last_row);
    if (s->type == NN_F32 || !program_is_output(p, s->last_row)) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s %s: cannot be an output here; take precision f32",
                        nn_kind_name(s->row->kind), s->row->name);
}

static amend_status check_bytes(const nn_program *p, const program_step *s)
{
    nn_kind kind = s->row->kind;
    bool alike = !s->row->pad_more && nn_row_pad(s->row, 0) == nn_row_pad(s->row, 1);
    if (p->count == 1 && (kind != NN_CONV || !alike || nn_table_readers(&p->table, 0) != 1))
        return status_error(AMEND_UNSUPPORTED,
                            "%s %s: in 8 bits one convolution must stand first, padded alike on all sides",
                            nn_kind_name(kind), s->row->name);
    return status_ok();
}

static amend_status check_kind(const nn_program *p, const program_step *s)
{
    nn_kind kind = s->row->kind;
    if (kind == NN_BATCH_NORM || kind == NN_ARRANGE || kind == NN_SHARED_CONV || kind == NN_PLANES ||
        kind == NN_AFFINITY)
        return status_error(AMEND_UNSUPPORTED, "%s %s: cannot run in a program; fold the network first",
                            nn_kind_name(kind), s->row->name);
    return p->options.type == NN_U8 ? check_bytes(p, s) : status_ok();
}

/* Whether constant `row` can lie there once: all that read it take its values again for each sample. */
static bool is_repeated(const nn_program *p, size_t row)
{
    for (size_t i = row + 1; i < p->table.count; i++) {
        const nn_row *reader = &p->table.rows[i];
        bool repeats = reader->kind == NN_ADD || reader->kind == NN_COMBINE || reader->kind == NN_GATHER;
        for (size_t k = 0; !repeats && k < nn_row_inputs(reader); k++)
            if (reader->in[k] == row) return false;
    }
    return !program_is_output(p, row);
}

amend_status program_fuse(nn_program *p)
{
    size_t step_of_row[NN_MAX_ROWS] = {0};
    bool positive[NN_MAX_ROWS];
    const nn_table *table = &p->table;
    nn_table_signs(table, positive);
    for (size_t row = 0; row < table->count; row = p->steps[p->count++].last_row + 1) {
        program_step *s = &p->steps[p->count];
        *s = (program_step){.row = &table->rows[row], .last_row = row, .held = PROGRAM_NONE, .other = PROGRAM_NONE};
        s->in = step_of_row[s->row->in[0]];
        if (nn_row_inputs(s->row) == 2) s->other = step_of_row[s->row->in[1]];
        if (s->row->kind == NN_RELU || s->row->kind == NN_ACTIVATION) take_function(s, s->row);
        if (s->row->kind == NN_CONV) absorb(p, s, step_of_row);
        TRY(check_kind(p, s));
        TRY(choose_type(p, s, positive));
        s->shape = table->shapes[row];
        s->shape.n = s->row->kind == NN_CONSTANT && is_repeated(p, row) ? 1 : p->options.batch;
        for (size_t i = row; i <= s->last_row; i++) step_of_row[i] = p->count;
    }
    size_t border = 2 * program_border(p);
    p->steps[0].shape.h += border;
    p->steps[0].shape.w += border;
    return status_ok();
}
