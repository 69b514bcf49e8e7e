/* From rows to steps: what runs as one, and in which type its result is kept. */
#include "nn/program_internal.h"

/* The sum and the relu directly behind the convolution of step s. */
static void absorb(const nn_table *table, program_step *s, const size_t *step_of_row)
{
    size_t i = s->last_row;
    const nn_row *next = &table->rows[i + 1];
    if (i + 1 < table->count && next->kind == NN_ADD && (next->in[0] == i) != (next->in[1] == i) &&
        nn_table_readers(table, i) == 1) {
        s->held = step_of_row[next->in[next->in[0] == i]];
        i++;
        next++;
    }
    if (i + 1 < table->count && next->kind == NN_RELU && next->in[0] == i && nn_table_readers(table, i) == 1) {
        s->relu = true;
        i++;
    }
    s->last_row = i;
}

/* 8 bits: codes of a relu's result are unsigned, of others signed; a pool keeps its input's. */
static amend_status choose_type(const nn_program *p, program_step *s)
{
    bool pool = s->row->kind == NN_MAX_POOL || s->row->kind == NN_AVERAGE_POOL;
    s->type = s->row->kind == NN_LINEAR ? NN_F32 : p->options.type;
    s->step = 1;
    if (s->type != NN_U8 || s->row->kind == NN_INPUT) return status_ok();
    if (pool) {
        s->type = p->steps[s->in].type;
        s->step = p->steps[s->in].step;
        return status_ok();
    }
    s->type = s->relu ? NN_U8 : NN_S8;
    s->step = p->steps_of_rows.step[s->last_row];
    if (s->step > 0) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s %s: no range of its activations; quantise the model first",
                        nn_kind_name(s->row->kind), s->row->name);
}

static amend_status check_kind(const nn_program *p, const program_step *s)
{
    nn_kind kind = s->row->kind;
    bool last = s->last_row + 1 == p->table.count;
    if (kind == NN_CONV && !s->row->bias)
        return status_error(AMEND_UNSUPPORTED, "conv %s: a program wants a bias; fold the network first", s->row->name);
    if ((kind == NN_LINEAR) != last ||
        (kind != NN_INPUT && kind != NN_CONV && kind != NN_LINEAR && kind != NN_MAX_POOL && kind != NN_AVERAGE_POOL))
        return status_error(AMEND_UNSUPPORTED, "%s %s: cannot run in a program here", nn_kind_name(kind), s->row->name);
    if (p->options.type == NN_U8 && p->count == 1 && (kind != NN_CONV || nn_table_readers(&p->table, 0) != 1))
        return status_error(AMEND_UNSUPPORTED, "%s %s: in 8 bits one convolution must stand first", nn_kind_name(kind),
                            s->row->name);
    return status_ok();
}

amend_status program_fuse(nn_program *p)
{
    size_t step_of_row[NN_MAX_ROWS] = {0};
    const nn_table *table = &p->table;
    for (size_t row = 0; row < table->count; row = p->steps[p->count++].last_row + 1) {
        program_step *s = &p->steps[p->count];
        *s = (program_step){.row = &table->rows[row], .last_row = row, .held = PROGRAM_NONE};
        s->in = step_of_row[s->row->in[0]];
        if (s->row->kind == NN_CONV) absorb(table, s, step_of_row);
        TRY(check_kind(p, s));
        TRY(choose_type(p, s));
        s->shape = table->shapes[row];
        s->shape.n = p->options.batch;
        for (size_t i = row; i <= s->last_row; i++) step_of_row[i] = p->count;
    }
    size_t border = 2 * program_border(p);
    p->steps[0].shape.h += border;
    p->steps[0].shape.w += border;
    return status_ok();
}
