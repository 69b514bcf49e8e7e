/* Rows from text, which may come from a stranger. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/number.h"
#include "nn/rows_internal.h"

enum {
    TEXT_LIMIT = 1 << 20,
    MOST = 65536,              /* of an attribute */
    PARAMETER_LIMIT = 1 << 28, /* values of all convolutions */
    SOURCE_LIMIT = 1 << 26     /* values that are moved, of all rows */
};

typedef struct reader {
    nn_table table; /* of the rows so far */
    nn_rows *rows;
    size_t line, parameters, moved;
    char *at; /* the rest of the line */
} reader;

/* The next word of the line, cut out of it; NULL at its end. */
static char *next_word(reader *r)
{
    char *word = r->at;
    if (!*word) return NULL;
    size_t length = strcspn(word, " ");
    r->at = word + length + (word[length] == ' ');
    word[length] = '\0';
    return word;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    if (!length || length >= NN_NAME_SIZE || !strcmp(name, ROWS_INPUT)) return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ',') return false;
    return true;
}

/* Number of the row of this name; the table's count: there is none. */
static size_t find_row(const nn_table *table, const char *name)
{
    size_t i = 1;
    if (!strcmp(name, ROWS_INPUT)) return 0;
    while (i < table->count && strcmp(table->rows[i].name, name)) i++;
    return i;
}

/* ---- values ---- */

/* Digits as a number up to `most`, and what stands behind them. */
static bool read_number(const char *text, const char **end, size_t most, size_t *value)
{
    *value = 0;
    for (*end = text; isdigit((unsigned char)**end) && *value <= most; ++*end)
        *value = 10 * *value + (size_t)(**end - '0');
    return *end != text && *value <= most;
}

static bool read_size(const char *text, size_t *value)
{
    const char *end;
    return read_number(text, &end, MOST, value) && !*end;
}

static bool read_real(const char *text, float *value)
{
    char *end;
    *value = (float)number_read(text, &end);
    return *text && !isspace((unsigned char)*text) && !*end && !isnan(*value);
}

static bool read_word(const char *text, const char *const *words, size_t count, int *value)
{
    for (size_t i = 0; i < count; i++)
        if (*text && !strcmp(words[i], text)) {
            *value = (int)i;
            return true;
        }
    return false;
}

/* ---- moved channels ---- */

/* "0-15,32-47" of `given` channels; picks NULL: they are only counted. */
static bool read_ranges(const char *text, size_t given, uint32_t *picks, size_t *count)
{
    for (*count = 0;; text++) {
        size_t first, last;
        if (!read_number(text, &text, MOST, &first) || *text++ != '-') return false;
        if (!read_number(text, &text, MOST, &last) || last < first || last >= given) return false;
        if (*count + last - first >= MOST) return false;
        for (size_t i = first; i <= last; i++, ++*count)
            if (picks) picks[*count] = (uint32_t)i;
        if (*text != ',') return !*text;
    }
}

/* Where each value of the result lies: see NN_GATHER. */
static void spread_picks(const uint32_t *picks, size_t count, nn_shape a, size_t second, uint32_t *source)
{
    size_t first = nn_shape_count(a), pixels = a.h * a.w;
    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (size_t i = 0; i < count; i++)
            source[pixel * count + i] =
                (uint32_t)(picks[i] < a.c ? pixel * a.c + picks[i] : first + pixel * second + picks[i] - a.c);
}

static amend_status fill_source(reader *r, nn_row *row, const uint32_t *picks)
{
    nn_rows *rows = r->rows;
    nn_shape a = r->table.shapes[row->in[0]];
    uint32_t *source = NULL;
    size_t count, second = row->pair ? r->table.shapes[row->in[1]].c : 0;
    if (!mem_multiply(a.h * a.w, row->channels, &count) || count > SOURCE_LIMIT - r->moved)
        return status_error(AMEND_BAD_DATA, "more than %d values are moved", SOURCE_LIMIT);
    r->moved += count;
    TRY(mem_grow(&rows->sources, rows->source_count, rows->source_count + 1, sizeof *rows->sources, "rows"));
    TRY(mem_alloc(&source, count, sizeof *source, "moved values"));
    rows->sources[rows->source_count++] = source;
    spread_picks(picks, row->channels, a, second, source);
    row->source = source;
    row->height = a.h;
    row->width = a.w;
    return status_ok();
}

static amend_status read_take(reader *r, nn_row *row, const char *text)
{
    nn_shape a = r->table.shapes[row->in[0]], b = r->table.shapes[row->pair ? row->in[1] : row->in[0]];
    uint32_t *picks = NULL;
    size_t given = a.c + (row->pair ? b.c : 0);
    if (a.h != b.h || a.w != b.w)
        return status_error(AMEND_BAD_DATA, "its inputs are maps of %zu x %zu and %zu x %zu", a.h, a.w, b.h, b.w);
    if (!read_ranges(text, given, NULL, &row->channels))
        return status_error(AMEND_BAD_DATA, "take=%.60s; ranges of %zu channels, as 0-15,32-47, are expected", text,
                            given);
    TRY(mem_alloc(&picks, row->channels, sizeof *picks, "channels"));
    read_ranges(text, given, picks, &row->channels);
    amend_status status = fill_source(r, row, picks);
    mem_free(picks);
    return status;
}

/* ---- attributes ---- */

static amend_status read_value(reader *r, nn_row *row, const rows_key *key, const char *text)
{
    void *place = (char *)row + key->offset;
    size_t flag = 0;
    int choice = 0;
    bool good = false;
    switch (key->type) {
    case ROWS_SIZE:
        good = read_size(text, place);
        break;
    case ROWS_FLAG:
        good = read_size(text, &flag) && flag <= 1;
        *(bool *)place = flag;
        break;
    case ROWS_REAL:
        good = read_real(text, place);
        break;
    case ROWS_FUNCTION:
        good = read_word(text, rows_functions, NN_FUNCTIONS, &choice);
        row->function = (nn_function)choice;
        break;
    case ROWS_OPERATION:
        good = read_word(text, rows_operations, ROWS_OPERATIONS, &choice);
        row->operation = (nn_operation)choice;
        break;
    case ROWS_TAKE:
        return read_take(r, row, text);
    }
    return good ? status_ok() : status_error(AMEND_BAD_DATA, "%s=%.60s is no value that it may have", key->name, text);
}

static amend_status read_attribute(reader *r, nn_row *row, char *word, unsigned *seen)
{
    char *value = strchr(word, '=');
    if (value) *value++ = '\0';
    for (size_t i = 0; value && i < rows_key_count; i++) {
        if (strcmp(word, rows_keys[i].name) || !rows_has_key(row->kind, &rows_keys[i])) continue;
        if (*seen >> i & 1) return status_error(AMEND_BAD_DATA, "%s stands twice", word);
        *seen |= 1u << i;
        return read_value(r, row, &rows_keys[i], value);
    }
    return status_error(AMEND_BAD_DATA, "'%.60s' is no attribute of a %s", word, nn_kind_name(row->kind));
}

/* What the table's own checks let pass, as its builders never do it. */
static amend_status check_attributes(const nn_row *row, unsigned seen)
{
    static const struct {
        nn_kind kind;
        const char *needed;
    } all[] = {{NN_ACTIVATION, "function"}, {NN_COMBINE, "operation"}, {NN_GATHER, "take"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; k < rows_key_count && row->kind == all[i].kind; k++)
            if (!strcmp(rows_keys[k].name, all[i].needed) && !(seen >> k & 1))
                return status_error(AMEND_BAD_DATA, "no %s", all[i].needed);
    if (row->pad_width && !row->kernel_width) return status_error(AMEND_BAD_DATA, "pad_width without kernel_width");
    if (!(row->epsilon >= 0 && row->epsilon <= 1 && row->momentum >= 0 && row->momentum <= 1))
        return status_error(AMEND_BAD_DATA, "epsilon and momentum must be 0 .. 1");
    return status_ok();
}

static amend_status count_parameters(reader *r, const nn_row *row)
{
    size_t count = nn_row_kernel(row, 0) * nn_row_kernel(row, 1); /* far below 2^32: the window was checked */
    size_t groups = row->groups ? row->groups : 1;
    if (row->kind != NN_CONV) return status_ok();
    if (!mem_multiply(count, r->table.shapes[row->in[0]].c / groups, &count) ||
        !mem_multiply(count, row->channels, &count) || count > PARAMETER_LIMIT - r->parameters)
        return status_error(AMEND_BAD_DATA, "more than %d weights", PARAMETER_LIMIT);
    r->parameters += count;
    return status_ok();
}

/* ---- rows ---- */

static amend_status read_kind(const char *word, nn_kind *kind)
{
    for (*kind = NN_CONV; word && *kind < NN_KINDS; ++*kind)
        if (rows_kinds >> *kind & 1 && !strcmp(word, nn_kind_name(*kind))) return status_ok();
    return status_error(AMEND_BAD_DATA, "'%.60s' is no kind of row", word ? word : "");
}

/* "a" or "a,b": rows that stand before it. */
static amend_status read_inputs(const reader *r, nn_row *row, char *word)
{
    char *second = word ? strchr(word, ',') : NULL;
    row->pair = row->kind == NN_GATHER && second;
    if (second) *second++ = '\0';
    if (!word || (nn_row_inputs(row) == 2) != (second != NULL))
        return status_error(AMEND_BAD_DATA, "%zu inputs are needed", nn_row_inputs(row));
    const char *const names[NN_MAX_INPUTS] = {word, second};
    for (size_t k = 0; k < nn_row_inputs(row); k++) {
        row->in[k] = find_row(&r->table, names[k]);
        if (row->in[k] == r->table.count)
            return status_error(AMEND_BAD_DATA, "its input '%.60s' is no row before it", names[k]);
    }
    return status_ok();
}

static amend_status read_row(reader *r, nn_row *row)
{
    size_t index;
    unsigned seen = 0;
    TRY(read_kind(next_word(r), &row->kind));
    TRY(read_inputs(r, row, next_word(r)));
    for (char *word; (word = next_word(r));) TRY(read_attribute(r, row, word, &seen));
    TRY(check_attributes(row, seen));
    TRY(nn_table_add(&r->table, *row, &index));
    TRY(nn_rows_check(&r->table, index));
    return count_parameters(r, row);
}

static amend_status read_line(reader *r, char *line)
{
    nn_row row = {.kind = NN_INPUT};
    r->at = line;
    const char *name = next_word(r);
    if (!name || !is_name(name) || find_row(&r->table, name) < r->table.count)
        return status_error(AMEND_BAD_DATA, "row %zu: '%.60s' is no name, or another row's", r->line, name ? name : "");
    snprintf(row.name, sizeof row.name, "%s", name);
    return status_prefix(read_row(r, &row), "row %zu (%s)", r->line, row.name);
}

static amend_status check_readers(const nn_table *table)
{
    if (table->count < 2) return status_error(AMEND_BAD_DATA, "there are no rows");
    for (size_t i = 0; i + 1 < table->count; i++)
        if (!nn_table_readers(table, i))
            return status_error(AMEND_BAD_DATA, "nothing reads row %zu (%s)", i, table->rows[i].name);
    return status_ok();
}

static amend_status keep_rows(reader *r)
{
    r->rows->count = r->table.count - 1;
    TRY(mem_alloc(&r->rows->rows, r->rows->count, sizeof *r->rows->rows, "rows"));
    memcpy(r->rows->rows, r->table.rows + 1, r->rows->count * sizeof *r->rows->rows);
    return status_ok();
}

/* Lines end with a line feed, the last one too. */
static amend_status read_lines(reader *r, char *text)
{
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        r->line++;
        if (!end) return status_error(AMEND_BAD_DATA, "row %zu: its line has no end", r->line);
        *end = '\0';
        TRY(read_line(r, line));
    }
    TRY(check_readers(&r->table));
    return keep_rows(r);
}

static amend_status read_text(reader *r, const char *text, size_t height, size_t width, size_t channels)
{
    char *copy = NULL;
    if (strlen(text) > TEXT_LIMIT) return status_error(AMEND_BAD_DATA, "more than %d characters", TEXT_LIMIT);
    TRY(nn_table_begin(&r->table, height, width, channels));
    TRY(mem_copy_string(&r->rows->text, text));
    TRY(mem_copy_string(&copy, text));
    amend_status status = read_lines(r, copy);
    mem_free(copy);
    return status;
}

amend_status nn_rows_read(const char *text, size_t height, size_t width, size_t channels, nn_rows **made)
{
    reader *r = NULL;
    *made = NULL;
    TRY(mem_alloc(&r, 1, sizeof *r, "rows"));
    amend_status status = mem_alloc(&r->rows, 1, sizeof *r->rows, "rows");
    if (!status.code) status = read_text(r, text, height, width, channels);
    if (status.code)
        nn_rows_free(r->rows);
    else
        *made = r->rows;
    mem_free(r);
    return status;
}
