/* Rows of a table as text, so that a model file can hold a network that no builder here makes. One line a row, in the
 * table's order; the first row, which is not written, is called "input", the last one is the result:
 *     NAME KIND INPUT[,INPUT] [KEY=VALUE ...]
 * Only what nn/plan.h trains can be said; docs/weights.md lists kinds and keys. */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "nn/table.h"

typedef struct nn_rows {
    char *text;
    nn_row *rows; /* those behind the input */
    size_t count;
    uint32_t **sources; /* of gathering rows */
    size_t source_count;
} nn_rows;

/* Whether row `row` can be said: AMEND_UNSUPPORTED with its kind when it cannot. */
amend_status nn_rows_check(const nn_table *table, size_t row) AMEND_MUST_USE;

/* Rows 1 .. `last` of the table; names are words of printable ASCII, all different. Free *text with mem_free. */
amend_status nn_rows_write(const nn_table *table, size_t last, char **text) AMEND_MUST_USE;

/* Text of a stranger, for images of height x width x channels: every row is checked as nn_table_add does, names and
 * inputs too, and what parameters and moved values take is limited. Errors name line and row. Free with nn_rows_free.
 */
amend_status nn_rows_read(const char *text, size_t height, size_t width, size_t channels,
                          nn_rows **rows) AMEND_MUST_USE;
void nn_rows_free(nn_rows *rows); /* accepts NULL */

/* Appends them to a table that has an input row of those sides alone. Its rows borrow from `rows`. */
amend_status nn_rows_build(const nn_rows *rows, nn_table *table, size_t *last) AMEND_MUST_USE;

/* The channels that a gathering row takes at every pixel alike: channel i of the result is channel picks[i] of in[0],
 * behind whose channels those of in[1] count on. False: it moves values between pixels, or fills some in. */
bool nn_rows_picks(const nn_table *table, const nn_row *row, uint32_t *picks);

#endif
