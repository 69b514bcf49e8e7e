/* Python's pickle format, protocols 2 to 5 (Python's Lib/pickletools.py describes it), as far as plain data and PyTorch
 * tensors need it. A pickle is a program for a stack machine that may call any function of Python; this reader builds
 * values and calls nothing: numbers, text, bytes, lists, tuples, dictionaries, collections.OrderedDict, tensors and
 * their storages. Whatever else a pickle asks for is refused by its name. */
#ifndef WEIGHTS_PICKLE_H
#define WEIGHTS_PICKLE_H

#include "weights/tensor.h"

typedef enum pickle_kind {
    PICKLE_MARK, /* inside the machine only; value 0 */
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_BIG_INT, /* more than 64 bits: `bytes`, `count` of them, little-endian */
    PICKLE_REAL,
    PICKLE_TEXT,  /* UTF-8, not checked */
    PICKLE_BYTES, /* as they stand in the file, which may be UTF-8 of Latin-1 */
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_DICT,    /* items are key, value, key, value ...; OrderedDict too */
    PICKLE_GLOBAL,  /* `integer` is its index in pickle_globals.h */
    PICKLE_STORAGE, /* `of` is the tuple ("storage", type, key, place, values, ...) */
    PICKLE_TENSOR   /* `of` is the tuple (storage, offset, sizes, strides, ...) */
} pickle_kind;

typedef struct pickle_value {
    pickle_kind kind;
    bool walked;   /* inside pickle_read only */
    uint16_t deep; /* how many containers lie inside one another from here */
    size_t count;  /* bytes of text, items of a container */
    union {
        int64_t integer; /* bool too */
        double real;
        const unsigned char *bytes; /* in the pickle */
        uint32_t *items;            /* indices of values; owned */
        uint32_t of;
    };
} pickle_value;

typedef struct pickle {
    const char *name; /* of the file, for messages; borrowed */
    pickle_value *values;
    size_t count, capacity;
    uint32_t root;
} pickle;

/* Reads the one pickle at the beginning of `bytes`, which must outlive it; *used is where it ends. Containers that
 * contain themselves, or that are nested too deep, are refused: the result can be walked without care. Zero `made`
 * before; free it with pickle_free, after an error too. */
amend_status pickle_read(const unsigned char *bytes, size_t size, const char *name, pickle *made,
                         size_t *used) AMEND_MUST_USE;
void pickle_free(pickle *p);

const pickle_value *pickle_item(const pickle *p, const pickle_value *container, size_t index);

bool pickle_is_text(const pickle_value *value, const char *text);

/* Value of a dictionary's key; NULL: not there. */
const pickle_value *pickle_find(const pickle *p, const pickle_value *dictionary, const char *key);

/* Text for a message: at most size - 1 characters, control characters as '?'. */
void pickle_print(const unsigned char *bytes, size_t count, char *text, size_t size);

#endif
