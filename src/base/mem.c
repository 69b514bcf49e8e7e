/* Checked allocation over posix_memalign. */
#include "base/mem.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { HUGE_PAGE = 2 << 20 };

static atomic_size_t calls;
static atomic_size_t fail_countdown;

bool mem_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

void mem_fail_at(size_t n)
{
    atomic_store(&fail_countdown, n);
}

size_t mem_calls(void)
{
    return atomic_load(&calls);
}

static bool must_fail(void)
{
    atomic_fetch_add(&calls, 1);
    size_t n = atomic_load(&fail_countdown);
    while (n && !atomic_compare_exchange_weak(&fail_countdown, &n, n - 1)) {
    }
    return n == 1;
}

/* Large blocks on pages of 2 MB where the system leaves the choice to programs: fewer faults, and addresses whose
 * translations the processor keeps. A system that takes no such advice gives what it would have given. */
static int allocate(void **memory, size_t bytes)
{
    bool large = bytes >= HUGE_PAGE;
    int failed = posix_memalign(memory, large ? HUGE_PAGE : MEM_ALIGNMENT, bytes ? bytes : 1);
#ifdef MADV_HUGEPAGE
    if (!failed && large) (void)madvise(*memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* no page not filled */
#endif
    return failed;
}

amend_status mem_alloc_unset(void *block, size_t count, size_t size, const char *what)
{
    size_t bytes = 0;
    void *memory = NULL;
    *(void **)block = NULL;
    if (!mem_multiply(count, size, &bytes) || bytes > PTRDIFF_MAX)
        return status_error(AMEND_NO_MEMORY, "%s: %zu items of %zu bytes do not fit in memory", what, count, size);
    if (must_fail() || allocate(&memory, bytes))
        return status_error(AMEND_NO_MEMORY, "%s: out of memory (%zu bytes asked for)", what, bytes);
    *(void **)block = memory;
    return status_ok();
}

amend_status mem_alloc(void *block, size_t count, size_t size, const char *what)
{
    TRY(mem_alloc_unset(block, count, size, what));
    memset(*(void **)block, 0, count * size);
    return status_ok();
}

amend_status mem_grow(void *block, size_t old_count, size_t new_count, size_t size, const char *what)
{
    void *grown = NULL;
    TRY(mem_alloc(&grown, new_count, size, what));
    if (old_count) memcpy(grown, *(void **)block, old_count * size);
    mem_free(*(void **)block);
    *(void **)block = grown;
    return status_ok();
}

amend_status mem_copy_string(char **copy, const char *string)
{
    size_t size = strlen(string) + 1;
    TRY(mem_alloc(copy, size, 1, "string"));
    memcpy(*copy, string, size);
    return status_ok();
}

void mem_free(void *block)
{
    free(block);
}

void mem_keep_freed(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, INT_MAX);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
