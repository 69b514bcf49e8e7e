/* Inside the pickle reader: its stack machine. Everything it makes is bounded by the bytes that it reads: an opcode
 * makes at most one value and pushes at most one. */
#ifndef WEIGHTS_PICKLE_MACHINE_H
#define WEIGHTS_PICKLE_MACHINE_H

#include "weights/pickle.h"

/* The first values, shared by all that need them. The mark separates groups on the stack and is in no container. */
enum { PICKLE_AT_MARK, PICKLE_AT_NONE, PICKLE_AT_FALSE, PICKLE_AT_TRUE };

typedef struct pickle_machine {
    pickle *p;
    const unsigned char *bytes;
    size_t size, at, opcode; /* opcode: where the current one begins */
    uint32_t *stack;         /* indices of values */
    size_t depth, stack_capacity;
    uint32_t *memo; /* 0: not set */
    size_t memo_capacity, memo_count;
    size_t filled; /* pairs that pickle_fill copied */
} pickle_machine;

/* Runs until STOP, whose value becomes the root. */
amend_status pickle_run(pickle_machine *m) AMEND_MUST_USE;

/* "FILE: pickle, byte N: WHAT" */
amend_status pickle_wrong(const pickle_machine *m, const char *what) AMEND_MUST_USE;

/* The next `count` bytes; a little-endian number of `width` bytes; what is left of a line. */
amend_status pickle_take(pickle_machine *m, size_t count, const unsigned char **bytes) AMEND_MUST_USE;
amend_status pickle_take_number(pickle_machine *m, size_t width, uint64_t *number) AMEND_MUST_USE;
amend_status pickle_take_line(pickle_machine *m, const unsigned char **line, size_t *length) AMEND_MUST_USE;

amend_status pickle_make(pickle_machine *m, pickle_value value, uint32_t *index) AMEND_MUST_USE;
amend_status pickle_push(pickle_machine *m, uint32_t value) AMEND_MUST_USE;
amend_status pickle_push_new(pickle_machine *m, pickle_value value) AMEND_MUST_USE;
amend_status pickle_pop(pickle_machine *m, uint32_t *value) AMEND_MUST_USE; /* not a mark */

/* The value under `above` others, which must be of that kind. */
amend_status pickle_peek(pickle_machine *m, size_t above, pickle_kind kind, pickle_value **value) AMEND_MUST_USE;

/* How many values lie above the last mark. */
amend_status pickle_above_mark(pickle_machine *m, size_t *count) AMEND_MUST_USE;

/* Replaces the `count` topmost values, or those above the mark and the mark, by a container of them. */
amend_status pickle_collect(pickle_machine *m, pickle_kind kind, size_t count) AMEND_MUST_USE;
amend_status pickle_collect_marked(pickle_machine *m, pickle_kind kind) AMEND_MUST_USE;

/* Moves them into the container below them. */
amend_status pickle_extend(pickle_machine *m, pickle_kind kind, size_t count) AMEND_MUST_USE;
amend_status pickle_extend_marked(pickle_machine *m, pickle_kind kind) AMEND_MUST_USE;

/* Puts a list of pairs into a dictionary. */
amend_status pickle_fill(pickle_machine *m, uint32_t dictionary, uint32_t pairs) AMEND_MUST_USE;

/* The memo: keeps the topmost value under a number; pushes it again. */
amend_status pickle_remember(pickle_machine *m, uint64_t index) AMEND_MUST_USE;
amend_status pickle_recall(pickle_machine *m, size_t width) AMEND_MUST_USE;

#endif
