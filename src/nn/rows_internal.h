/* What reading and writing of rows share: the words of the text. */
#ifndef NN_ROWS_INTERNAL_H
#define NN_ROWS_INTERNAL_H

#include "nn/rows.h"

#define ROWS_INPUT "input"

typedef enum rows_type { ROWS_SIZE, ROWS_FLAG, ROWS_REAL, ROWS_FUNCTION, ROWS_OPERATION, ROWS_TAKE } rows_type;

/* An attribute; 0 is its default and is not written. */
typedef struct rows_key {
    const char *name;
    rows_type type;
    size_t offset;  /* in nn_row */
    unsigned kinds; /* a bit for each nn_kind that has it */
} rows_key;

extern const unsigned rows_kinds; /* a bit for each nn_kind that can be said */
extern const rows_key rows_keys[];
extern const size_t rows_key_count;

/* Names of functions and operations; "" where one cannot be said. */
extern const char *const rows_functions[NN_FUNCTIONS];
enum { ROWS_OPERATIONS = NN_TIMES + 1 };
extern const char *const rows_operations[ROWS_OPERATIONS];

static inline bool rows_has_key(nn_kind kind, const rows_key *key)
{
    return key->kinds >> kind & 1;
}

#endif
