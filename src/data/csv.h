/* Rows and columns of a CSV file, straight from its map. Columns are found by the names in the header line. LF or CRLF,
 * byte-order mark, blanks and one pair of quotes around a field are accepted; commas and line ends inside quotes are
 * not. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "base/file.h"

enum { CSV_COLUMNS = 32 };

typedef struct csv_text { /* not NUL terminated */
    const char *start;
    size_t length;
} csv_text;

typedef struct csv_file {
    const char *path; /* borrowed */
    file_map map;
    size_t at;   /* where the next line starts */
    size_t line; /* of the current row; the header is line 1 */
    size_t columns;
    csv_text names[CSV_COLUMNS], fields[CSV_COLUMNS];
} csv_file;

amend_status csv_open(const char *path, csv_file *csv) AMEND_MUST_USE; /* reads the header */
void csv_close(csv_file *csv);                                         /* accepts a zeroed one */

amend_status csv_column(const csv_file *csv, const char *name, size_t *column) AMEND_MUST_USE;
bool csv_has(const csv_file *csv, const char *name);

/* The next row into csv->fields; *more is false at the end. A row with another number of fields than the header is an
 * error, after which the next call goes on with the row below. Empty lines are passed over. */
amend_status csv_next(csv_file *csv, bool *more) AMEND_MUST_USE;

bool csv_is(csv_text text, const char *string);

/* Digits only, at most `limit`. */
bool csv_number(csv_text text, size_t limit, size_t *value);

/* "FILE:LINE: ..." for the current row; says so when the file ends in the middle of it. */
amend_status csv_error(const csv_file *csv, const char *format, ...)
    __attribute__((format(printf, 2, 3))) AMEND_MUST_USE;

/* For "%.*s": a field's length, kept short enough for a message. */
int csv_width(csv_text text);

#endif
