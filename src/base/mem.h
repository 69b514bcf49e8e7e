/* Memory: checked sizes, zeroed blocks. Out of memory is an error like any other. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MEM_ALIGNMENT = 64 }; /* a cache line, and the widest vector register */

/* *product = a * b; false when it does not fit. */
bool mem_multiply(size_t a, size_t b, size_t *product);

/* Zeroed, MEM_ALIGNMENT-aligned block of count * size bytes in *block (a `T **` cast to void **).
 * `what` names the block in the message. Free with mem_free. count * size of 0 gives a block that can be freed. */
amend_status mem_alloc(void *block, size_t count, size_t size, const char *what) AMEND_MUST_USE;

/* The same, with whatever the memory held before: for large blocks that are filled at once. */
amend_status mem_alloc_unset(void *block, size_t count, size_t size, const char *what) AMEND_MUST_USE;

/* Grows *block from old_count to new_count elements, new ones zeroed; on failure *block is as it was. */
amend_status mem_grow(void *block, size_t old_count, size_t new_count, size_t size, const char *what) AMEND_MUST_USE;

/* Copy of a string; free with mem_free. */
amend_status mem_copy_string(char **copy, const char *string) AMEND_MUST_USE;

void mem_free(void *block); /* accepts NULL */

/* From now on freed blocks stay with the process instead of going back to the system, which would have to clear their
 * pages when the next large block is asked for: for programs that ask for the same ones again and again. */
void mem_keep_freed(void);

/* For tests: how often blocks have been asked for. */
size_t mem_calls(void);

/* For tests: the n-th allocation from now (1 = the next) fails, once; 0 switches that off. */
void mem_fail_at(size_t n);

#endif
