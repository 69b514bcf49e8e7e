/* What can be said of rows, and tables made of them. */
#include "nn/rows.h"

#include <stddef.h>

#include "base/mem.h"
#include "nn/rows_internal.h"

enum {
    CONV = 1 << NN_CONV,
    NORM = 1 << NN_BATCH_NORM,
    POOLS = 1 << NN_MAX_POOL | 1 << NN_AVERAGE_POOL,
    ACTIVATION = 1 << NN_ACTIVATION,
    COMBINE = 1 << NN_COMBINE,
    GATHER = 1 << NN_GATHER,
    SAID = CONV | NORM | POOLS | ACTIVATION | COMBINE | GATHER | 1 << NN_RELU | 1 << NN_ADD | 1 << NN_GLOBAL_POOL
};

const unsigned rows_kinds = SAID;
const rows_key rows_keys[] = {
    {"channels", ROWS_SIZE, offsetof(nn_row, channels), CONV},
    {"kernel", ROWS_SIZE, offsetof(nn_row, kernel), CONV | POOLS},
    {"stride", ROWS_SIZE, offsetof(nn_row, stride), CONV | POOLS},
    {"pad", ROWS_SIZE, offsetof(nn_row, pad), CONV | POOLS},
    {"pad_more", ROWS_SIZE, offsetof(nn_row, pad_more), CONV | POOLS},
    {"kernel_width", ROWS_SIZE, offsetof(nn_row, kernel_width), CONV},
    {"pad_width", ROWS_SIZE, offsetof(nn_row, pad_width), CONV},
    {"count_padding", ROWS_FLAG, offsetof(nn_row, count_padding), 1 << NN_AVERAGE_POOL},
    {"groups", ROWS_SIZE, offsetof(nn_row, groups), CONV},
    {"dilation", ROWS_SIZE, offsetof(nn_row, dilation), CONV},
    {"bias", ROWS_FLAG, offsetof(nn_row, bias), CONV},
    {"epsilon", ROWS_REAL, offsetof(nn_row, epsilon), NORM},
    {"momentum", ROWS_REAL, offsetof(nn_row, momentum), NORM},
    {"function", ROWS_FUNCTION, offsetof(nn_row, function), ACTIVATION},
    {"alpha", ROWS_REAL, offsetof(nn_row, alpha), ACTIVATION},
    {"beta", ROWS_REAL, offsetof(nn_row, beta), ACTIVATION},
    {"operation", ROWS_OPERATION, offsetof(nn_row, operation), COMBINE},
    {"take", ROWS_TAKE, offsetof(nn_row, source), GATHER},
};
const size_t rows_key_count = sizeof rows_keys / sizeof *rows_keys;

const char *const rows_functions[NN_FUNCTIONS] = {"",        "",      "leaky",        "slopes",     "clip",
                                                  "sigmoid", "swish", "hard_sigmoid", "hard_swish", "tanh"};
const char *const rows_operations[ROWS_OPERATIONS] = {"plus", "minus", "times"};

bool nn_rows_picks(const nn_table *table, const nn_row *row, uint32_t *picks)
{
    nn_shape a = table->shapes[row->in[0]], b = table->shapes[row->pair ? row->in[1] : row->in[0]];
    size_t first = nn_shape_count(a), pixels = a.h * a.w;
    if (!row->source || row->height != a.h || row->width != a.w || b.h != a.h || b.w != a.w) return false;
    for (size_t i = 0; i < pixels * row->channels; i++) {
        size_t from = row->source[i], pixel = i / row->channels;
        if (from == NN_FILL) return false;
        bool second = from >= first;
        size_t channels = second ? b.c : a.c, at = second ? from - first : from;
        uint32_t pick = (uint32_t)(at % channels + (second ? a.c : 0));
        if (at / channels != pixel || (pixel && picks[i % row->channels] != pick)) return false;
        picks[i % row->channels] = pick;
    }
    return true;
}

/* Two maps of one shape, or one map and a value for each of its channels. */
static bool can_combine(const nn_table *table, const nn_row *row)
{
    nn_shape a = table->shapes[row->in[0]], b = table->shapes[row->in[1]], gate = {1, 1, 1, a.c};
    if (row->operation == NN_OVER) return false;
    return nn_shape_same(a, b) || (row->operation == NN_TIMES && nn_shape_same(b, gate));
}

static amend_status check_gather(const nn_table *table, const nn_row *row)
{
    uint32_t *picks = NULL;
    TRY(mem_alloc(&picks, row->channels, sizeof *picks, "channels"));
    bool fits = nn_rows_picks(table, row, picks);
    mem_free(picks);
    if (fits) return status_ok();
    return status_error(AMEND_UNSUPPORTED,
                        "moves or fills in values other than whole channels, which has no form that can be trained");
}

amend_status nn_rows_check(const nn_table *table, size_t at)
{
    const nn_row *row = &table->rows[at];
    bool said = SAID >> row->kind & 1;
    if (row->kind == NN_COMBINE) said = can_combine(table, row);
    if (said && row->kind == NN_GATHER) return check_gather(table, row);
    if (said) return status_ok();
    if (row->kind == NN_COMBINE)
        return status_error(AMEND_UNSUPPORTED,
                            "has no form that can be trained: only sum, difference and product of two maps of one "
                            "shape, and a map times one value a channel, have");
    return status_error(AMEND_UNSUPPORTED, "has no form that can be trained (%s)", nn_kind_name(row->kind));
}

amend_status nn_rows_build(const nn_rows *rows, nn_table *table, size_t *last)
{
    for (size_t i = 0; i < rows->count; i++) TRY(nn_table_add(table, rows->rows[i], last));
    return status_ok();
}

void nn_rows_free(nn_rows *rows)
{
    if (!rows) return;
    for (size_t i = 0; i < rows->source_count; i++) mem_free(rows->sources[i]);
    mem_free(rows->sources);
    mem_free(rows->rows);
    mem_free(rows->text);
    mem_free(rows);
}
