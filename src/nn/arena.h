/* Plans memory before it exists: offsets into one block, taken and given back in the order of use. */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include "base/status.h"

#include <stddef.h>

typedef struct arena_hole {
    size_t at, size;
} arena_hole;

enum { ARENA_MAX_HOLES = 1024 };

typedef struct arena {
    size_t end;                        /* everything from here on is free */
    size_t peak;                       /* the largest end so far: what the block must hold */
    arena_hole holes[ARENA_MAX_HOLES]; /* free ranges below end, by offset, never adjacent */
    size_t count;
} arena; /* zeroed: empty */

/* Where `bytes` fit: the smallest hole that holds them, else at the end. Offsets are multiples of 64. */
amend_status arena_take(arena *a, size_t bytes, size_t *at) AMEND_MUST_USE;

/* `at` and `bytes` as they were taken. */
amend_status arena_give(arena *a, size_t at, size_t bytes) AMEND_MUST_USE;

#endif
