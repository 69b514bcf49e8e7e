/* Receptive fields, row by row from the input on. */
#include "arm/field.h"

#include "base/mem.h"

/* What a window over `in` sees along an axis. */
static arm_field slide(const nn_row *row, int axis, arm_field in)
{
    double reach = (double)(nn_row_kernel(row, axis) - 1) * (double)(row->dilation + 1);
    return (arm_field){in.first + (reach / 2 - (double)nn_row_pad(row, axis)) * in.step, in.step * (double)row->stride,
                       in.size + reach * in.step};
}

static amend_status walk_row(const nn_table *table, size_t at, int axis, arm_field *fields, arm_field *out)
{
    const nn_row *row = &table->rows[at];
    double side = (double)table->shapes[0].h;
    bool pair = nn_row_inputs(row) == 2 && !nn_row_is_gate(table, row);
    switch (row->kind) {
    case NN_INPUT:
        *out = (arm_field){0.5, 1, 1};
        break;
    case NN_CONV:
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        *out = slide(row, axis, fields[row->in[0]]);
        break;
    case NN_BATCH_NORM:
    case NN_RELU:
    case NN_ACTIVATION:
        *out = fields[row->in[0]];
        break;
    case NN_GLOBAL_POOL: /* one position, which looks everywhere */
        *out = (arm_field){side / 2, side, side};
        break;
    case NN_COMBINE:
    case NN_ADD:
    case NN_GATHER: /* of channels: see nn/rows.h */
        *out = fields[row->in[pair && fields[row->in[1]].size > fields[row->in[0]].size]];
        break;
    default:
        return status_error(AMEND_UNSUPPORTED, "row '%s': what %s sees is not defined", row->name,
                            nn_kind_name(row->kind));
    }
    return status_ok();
}

amend_status arm_field_of(const nn_table *table, size_t row, arm_field *field)
{
    arm_field *fields = NULL;
    TRY(mem_alloc(&fields, row + 1, sizeof *fields, "receptive fields"));
    amend_status status = status_ok();
    *field = (arm_field){0};
    for (int axis = 0; axis < 2; axis++) {
        for (size_t i = 0; !status.code && i <= row; i++) status = walk_row(table, i, axis, fields, &fields[i]);
        if (!status.code && fields[row].size > field->size) *field = fields[row];
    }
    mem_free(fields);
    return status;
}
