/* Lines to and from text. */
#include "ablate/results.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "data/csv.h"

/* The columns, in the file's order. */
enum {
    ROW,
    SEED,
    RECIPE,
    SPLIT,
    STATUS,
    TOP1,
    MEAN_CLASS,
    MACRO_F1,
    ECE,
    COUNT,
    SECONDS,
    SPEED,
    BYTES,
    PARAMETERS,
    PROCESSOR,
    DATE,
    MESSAGE,
    DATA, /* from here on older files have none */
    MEASURED,
    COLUMNS
};
static const char *const names[COLUMNS] = {"row",           "seed",       "recipe",     "split",
                                           "status",        "top1",       "mean_class", "macro_f1",
                                           "ece",           "count",      "seconds",    "images_per_second",
                                           "planned_bytes", "parameters", "processor",  "date",
                                           "message",       "data",       "measured"};

void results_field(char *field, size_t size, const char *text)
{
    size_t used = 0, length;
    for (; *text && used + 1 < size; text += length) {
        char c = *text;
        length = text_character(text);
        if (length > 1 && used + length >= size) break;
        if (length > 1) {
            memcpy(field + used, text, length);
            used += length;
        } else {
            field[used++] = (char)(!length ? '?' : c == ',' ? ';' : c == '"' ? '\'' : (c < ' ' || c == 127) ? ' ' : c);
            length = 1;
        }
    }
    field[used] = '\0';
}

/* ---- reading ---- */

static void copy(csv_text text, char *field, size_t size)
{
    snprintf(field, size, "%.*s", (int)(text.length < size ? text.length : size - 1), text.start);
}

static bool read_hash(csv_text text, uint64_t *hash)
{
    char digits[17];
    copy(text, digits, sizeof digits);
    *hash = strtoull(digits, NULL, 16);
    return text.length == 16 && strspn(digits, "0123456789abcdef") == 16;
}

static bool read_real(csv_text text, double high, double *value)
{
    char digits[40], *end;
    copy(text, digits, sizeof digits);
    *value = number_read(digits, &end);
    return end != digits && !*end && *value >= 0 && *value <= high; /* NaN is refused */
}

static bool read_figures(const csv_text *f, ablate_result *r)
{
    return read_real(f[TOP1], 1, &r->top1) && read_real(f[MEAN_CLASS], 1, &r->mean_class) &&
           read_real(f[MACRO_F1], 1, &r->macro_f1) && read_real(f[ECE], 1, &r->ece) &&
           csv_number(f[COUNT], SIZE_MAX, &r->count) && read_real(f[SECONDS], 1e12, &r->seconds) &&
           read_real(f[SPEED], 1e12, &r->images_per_second) && csv_number(f[BYTES], SIZE_MAX, &r->planned_bytes) &&
           csv_number(f[PARAMETERS], SIZE_MAX, &r->parameters);
}

static bool read_line(const csv_text *f, ablate_result *r)
{
    *r = (ablate_result){.failed = csv_is(f[STATUS], "failed")};
    copy(f[ROW], r->row, sizeof r->row);
    copy(f[SPLIT], r->split, sizeof r->split);
    copy(f[PROCESSOR], r->processor, sizeof r->processor);
    copy(f[DATE], r->date, sizeof r->date);
    copy(f[MESSAGE], r->message, sizeof r->message);
    return csv_number(f[SEED], SIZE_MAX, &r->seed) && read_hash(f[RECIPE], &r->recipe) &&
           (!f[DATA].length || read_hash(f[DATA], &r->data)) &&
           (!f[MEASURED].length || read_hash(f[MEASURED], &r->measured)) &&
           (r->failed || (csv_is(f[STATUS], "done") && read_figures(f, r)));
}

static amend_status read_lines(csv_file *csv, ablate_results *results)
{
    size_t places[COLUMNS];
    bool there[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        there[i] = i < DATA || csv_has(csv, names[i]);
        if (there[i]) TRY(csv_column(csv, names[i], &places[i]));
    }
    for (;;) {
        csv_text fields[COLUMNS];
        ablate_result result;
        bool more;
        TRY(csv_next(csv, &more));
        if (!more) return status_ok();
        for (size_t i = 0; i < COLUMNS; i++) fields[i] = there[i] ? csv->fields[places[i]] : (csv_text){"", 0};
        if (!read_line(fields, &result))
            return csv_error(csv, "not a line of results; repair or remove it, and its run is measured again");
        TRY(results_set(results, &result));
    }
}

amend_status results_read(const char *path, ablate_results *results)
{
    csv_file csv;
    if (!file_exists(path)) return status_ok();
    TRY(csv_open(path, &csv));
    amend_status status = read_lines(&csv, results);
    csv_close(&csv);
    return status;
}

/* ---- writing ---- */

static void write_line(FILE *stream, const ablate_result *r)
{
    fprintf(stream, "%s,%zu,%016" PRIx64 ",%s,%s,", r->row, r->seed, r->recipe, r->split,
            r->failed ? "failed" : "done");
    if (r->failed)
        fputs(",,,,,,,,", stream);
    else
        number_write(stream, "%.15g,%.15g,%.15g,%.15g,%zu,%.2f,%.1f,%zu,%zu", r->top1, r->mean_class, r->macro_f1,
                     r->ece, r->count, r->seconds, r->images_per_second, r->planned_bytes, r->parameters);
    fprintf(stream, ",%s,%s,%s,", r->processor, r->date, r->message);
    if (r->data) fprintf(stream, "%016" PRIx64, r->data);
    fputc(',', stream);
    if (r->measured) fprintf(stream, "%016" PRIx64, r->measured);
    fputc('\n', stream);
}

amend_status results_write(const ablate_results *results, const char *path)
{
    file_replacement file;
    TRY(file_replace_begin(path, &file));
    for (size_t i = 0; i < COLUMNS; i++) fprintf(file.stream, i ? ",%s" : "%s", names[i]);
    fputc('\n', file.stream);
    for (size_t i = 0; i < results->count; i++) write_line(file.stream, &results->items[i]);
    return file_replace_commit(&file);
}

/* ---- in memory ---- */

ablate_result *results_find(const ablate_results *results, const char *row, size_t seed, const char *split)
{
    for (size_t i = 0; i < results->count; i++) {
        ablate_result *r = &results->items[i];
        if (r->seed == seed && !strcmp(r->row, row) && !strcmp(r->split, split)) return r;
    }
    return NULL;
}

amend_status results_set(ablate_results *results, const ablate_result *result)
{
    ablate_result *place = results_find(results, result->row, result->seed, result->split);
    if (!place) {
        TRY(mem_grow(&results->items, results->count, results->count + 1, sizeof *results->items, "results"));
        place = &results->items[results->count++];
    }
    *place = *result;
    return status_ok();
}

void results_free(ablate_results *results)
{
    mem_free(results->items);
    *results = (ablate_results){0};
}
