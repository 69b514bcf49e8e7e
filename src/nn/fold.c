/* Folding normalisations away. */
#include "nn/fold.h"

#include <math.h>

/* Whether row i is a convolution whose result the normalisation behind it alone reads. */
static bool has_own_norm(const nn_table *table, size_t i)
{
    const nn_row *next = &table->rows[i + 1];
    return table->rows[i].kind == NN_CONV && i + 1 < table->count && next->kind == NN_BATCH_NORM && next->in[0] == i &&
           nn_table_readers(table, i) == 1;
}

/* With no convolution to take it, it becomes one: of each channel, 1 x 1. */
static nn_row norm_as_conv(const nn_table *table, const nn_row *norm)
{
    size_t channels = table->shapes[norm->in[0]].c;
    nn_row conv = {
        .kind = NN_CONV, .in = {norm->in[0]}, .channels = channels, .kernel = 1, .stride = 1, .groups = channels};
    memcpy(conv.name, norm->name, sizeof conv.name);
    return conv;
}

amend_status nn_fold_rows(const nn_table *table, size_t last, nn_table *folded, size_t went_to[NN_MAX_ROWS])
{
    nn_shape in = table->shapes[0];
    went_to[0] = 0;
    TRY(nn_table_begin(folded, in.h, in.w, in.c));
    for (size_t i = 1; i <= last; i++) {
        nn_row row = table->rows[i];
        if (has_own_norm(table, i - 1)) {
            went_to[i] = went_to[i - 1];
            continue;
        }
        if (row.kind == NN_BATCH_NORM) row = norm_as_conv(table, &row);
        row.bias |= row.kind == NN_CONV;
        for (size_t k = 0; k < nn_row_inputs(&row); k++) row.in[k] = went_to[row.in[k]];
        TRY(nn_table_add(folded, row, &went_to[i]));
    }
    return status_ok();
}

static amend_status find(const nn_params *params, const nn_row *row, const char *suffix, nn_param **found)
{
    *found = nn_params_find(params, row->name, suffix);
    if (*found) return status_ok();
    return status_error(AMEND_INTERNAL, "no tensor '%s.%s' to fold", row->name, suffix);
}

/* conv NULL: none, the normalisation is a convolution of its own. */
static amend_status fold_norm(const nn_row *conv, const nn_row *norm, const nn_params *params, nn_params *into)
{
    const nn_row *target = conv ? conv : norm;
    nn_param *weight = NULL, *gamma, *beta, *mean, *variance, *to, *bias;
    if (conv) TRY(find(params, conv, "weight", &weight));
    TRY(find(params, norm, "weight", &gamma));
    TRY(find(params, norm, "bias", &beta));
    TRY(find(params, norm, "running_mean", &mean));
    TRY(find(params, norm, "running_var", &variance));
    TRY(find(into, target, "weight", &to));
    TRY(find(into, target, "bias", &bias));
    size_t taps = to->count / to->shape[0];
    for (size_t o = 0; o < to->shape[0]; o++) {
        double spread = (double)variance->value[o];
        if (!(spread >= 0))
            return status_error(AMEND_BAD_DATA,
                                "%s[%zu] is %g, not a variance: take weights from an earlier checkpoint",
                                variance->name, o, spread);
        double scale = (double)gamma->value[o] / sqrt(spread + nn_row_epsilon(norm));
        for (size_t i = 0; i < taps; i++)
            to->value[o * taps + i] = (float)(weight ? scale * (double)weight->value[o * taps + i] : scale);
        double own = conv && conv->bias ? (double)nn_params_find(params, conv->name, "bias")->value[o] : 0;
        bias->value[o] = (float)((double)beta->value[o] + scale * (own - (double)mean->value[o]));
    }
    return status_ok();
}

/* All that keep their names. */
static void copy_values(const nn_params *params, nn_params *into)
{
    for (size_t i = 0; i < params->count; i++)
        for (size_t k = 0; k < into->count; k++)
            if (!strcmp(params->items[i].name, into->items[k].name) && params->items[i].count == into->items[k].count)
                memcpy(into->items[k].value, params->items[i].value, params->items[i].count * sizeof(float));
}

amend_status nn_fold_values(const nn_table *table, size_t last, const nn_params *params, nn_params *into)
{
    copy_values(params, into);
    for (size_t i = 1; i <= last; i++) {
        const nn_row *row = &table->rows[i];
        if (row->kind == NN_BATCH_NORM) TRY(fold_norm(has_own_norm(table, i - 1) ? row - 1 : NULL, row, params, into));
    }
    into->version++;
    return status_ok();
}
