/* Rows to text. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/number.h"
#include "nn/rows_internal.h"

static const char *name_of(const nn_table *table, size_t row)
{
    return row ? table->rows[row].name : ROWS_INPUT;
}

/* "0-15,32-47": runs of channels. */
static amend_status write_take(FILE *to, const nn_table *table, const nn_row *row)
{
    uint32_t *picks = NULL;
    TRY(mem_alloc(&picks, row->channels, sizeof *picks, "channels"));
    bool fits = nn_rows_picks(table, row, picks);
    for (size_t i = 0, end; fits && i < row->channels; i = end) {
        for (end = i + 1; end < row->channels && picks[end] == picks[end - 1] + 1;) end++;
        fprintf(to, "%s%u-%u", i ? "," : " take=", picks[i], picks[end - 1]);
    }
    mem_free(picks);
    return fits ? status_ok() : status_error(AMEND_INTERNAL, "gather %s: cannot be written as text", row->name);
}

static amend_status write_key(FILE *to, const nn_table *table, const nn_row *row, const rows_key *key)
{
    const void *value = (const char *)row + key->offset;
    switch (key->type) {
    case ROWS_SIZE:
        if (*(const size_t *)value) fprintf(to, " %s=%zu", key->name, *(const size_t *)value);
        return status_ok();
    case ROWS_FLAG:
        if (*(const bool *)value) fprintf(to, " %s=1", key->name);
        return status_ok();
    case ROWS_REAL:
        if (*(const float *)value != 0) number_write(to, " %s=%.9g", key->name, (double)*(const float *)value);
        return status_ok();
    case ROWS_FUNCTION:
        fprintf(to, " %s=%s", key->name, rows_functions[row->function]);
        return status_ok();
    case ROWS_OPERATION:
        fprintf(to, " %s=%s", key->name, rows_operations[row->operation]);
        return status_ok();
    case ROWS_TAKE:
        return write_take(to, table, row);
    }
    return status_ok();
}

static amend_status write_row(FILE *to, const nn_table *table, size_t at)
{
    const nn_row *row = &table->rows[at];
    TRY(status_prefix(nn_rows_check(table, at), "%s", row->name));
    fprintf(to, "%s %s %s", row->name, nn_kind_name(row->kind), name_of(table, row->in[0]));
    if (nn_row_inputs(row) == 2) fprintf(to, ",%s", name_of(table, row->in[1]));
    for (size_t i = 0; i < rows_key_count; i++)
        if (rows_has_key(row->kind, &rows_keys[i])) TRY(write_key(to, table, row, &rows_keys[i]));
    fputc('\n', to);
    return status_ok();
}

amend_status nn_rows_write(const nn_table *table, size_t last, char **text)
{
    char *made = NULL;
    size_t size = 0;
    *text = NULL;
    FILE *stream = open_memstream(&made, &size);
    if (!stream) return status_error(AMEND_NO_MEMORY, "rows: out of memory");
    amend_status status = status_ok();
    for (size_t i = 1; !status.code && i <= last; i++) status = write_row(stream, table, i);
    bool failed = ferror(stream);
    if ((fclose(stream) || failed) && !status.code) status = status_error(AMEND_NO_MEMORY, "rows: out of memory");
    if (!status.code) status = mem_copy_string(text, made);
    free(made);
    return status;
}
