/* CSV by memchr. */
#include "data/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static csv_text without_blanks(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t')) start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    return (csv_text){start, (size_t)(end - start)};
}

/* Without blanks, then one pair of quotes and the blanks inside it. */
static csv_text trim(const char *start, const char *end)
{
    csv_text t = without_blanks(start, end);
    bool quoted = t.length >= 2 && t.start[0] == '"' && t.start[t.length - 1] == '"';
    return quoted ? without_blanks(t.start + 1, t.start + t.length - 1) : t;
}

/* The number of fields, which may be more than fit into `fields`. */
static size_t split_fields(csv_text line, csv_text *fields)
{
    const char *p = line.start, *end = line.start + line.length;
    for (size_t count = 0;; count++) {
        const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
        if (count < CSV_COLUMNS) fields[count] = trim(p, comma ? comma : end);
        if (!comma) return count + 1;
        p = comma + 1;
    }
}

/* The next line that is not empty; false at the file's end. */
static bool next_line(csv_file *csv, csv_text *line)
{
    while (csv->at < csv->map.size) {
        const char *start = (const char *)csv->map.bytes + csv->at;
        const char *end = memchr(start, '\n', csv->map.size - csv->at);
        size_t length = end ? (size_t)(end - start) : csv->map.size - csv->at;
        csv->at += length + (end ? 1 : 0);
        csv->line++;
        *line = (csv_text){start, length};
        if (trim(start, start + length).length) return true;
    }
    return false;
}

static amend_status read_header(csv_file *csv)
{
    static const unsigned char mark[3] = {0xef, 0xbb, 0xbf};
    csv_text line;
    if (csv->map.size >= sizeof mark && !memcmp(csv->map.bytes, mark, sizeof mark)) csv->at = sizeof mark;
    if (!next_line(csv, &line))
        return status_error(AMEND_BAD_DATA, "%s: empty file; copy or download it again", csv->path);
    csv->columns = split_fields(line, csv->names);
    if (csv->columns > CSV_COLUMNS)
        return csv_error(csv, "%zu columns, at most %d are read; is this the right file?", csv->columns, CSV_COLUMNS);
    return status_ok();
}

amend_status csv_open(const char *path, csv_file *csv)
{
    amend_status st;
    memset(csv, 0, sizeof *csv);
    csv->path = path;
    TRY(file_map_open(path, &csv->map));
    st = read_header(csv);
    if (st.code) csv_close(csv);
    return st;
}

void csv_close(csv_file *csv)
{
    file_map_close(&csv->map);
}

static size_t find_column(const csv_file *csv, const char *name)
{
    size_t i = 0;
    while (i < csv->columns && !csv_is(csv->names[i], name)) i++;
    return i;
}

bool csv_has(const csv_file *csv, const char *name)
{
    return find_column(csv, name) < csv->columns;
}

amend_status csv_column(const csv_file *csv, const char *name, size_t *column)
{
    *column = find_column(csv, name);
    if (*column < csv->columns) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s:1: no column '%s' in the header; its first line must name it", csv->path,
                        name);
}

amend_status csv_next(csv_file *csv, bool *more)
{
    csv_text line;
    *more = next_line(csv, &line);
    if (!*more) return status_ok();
    size_t count = split_fields(line, csv->fields);
    if (count == csv->columns) return status_ok();
    return csv_error(csv, "%zu columns where the header has %zu; repair or remove the row", count, csv->columns);
}

bool csv_is(csv_text text, const char *string)
{
    return strlen(string) == text.length && !memcmp(text.start, string, text.length);
}

bool csv_number(csv_text text, size_t limit, size_t *value)
{
    size_t sum = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned char)text.start[i] - (unsigned)'0';
        if (digit > 9 || digit > limit || sum > (limit - digit) / 10) return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return text.length > 0;
}

amend_status csv_error(const csv_file *csv, const char *format, ...)
{
    char what[AMEND_MESSAGE_SIZE];
    va_list arguments;
    bool cut = csv->at == csv->map.size && csv->map.bytes[csv->map.size - 1] != '\n';
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return status_error(AMEND_BAD_DATA, "%s:%zu: %s%s", csv->path, csv->line, what,
                        cut ? " (the file ends in this row: if it was cut off, copy it again)" : "");
}

int csv_width(csv_text text)
{
    return text.length < 24 ? (int)text.length : 24;
}
