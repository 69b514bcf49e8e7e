/* Blocks: sizes checked, zeroed, aligned, failing on demand. */
#include "support.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/mem.h"

static void products(void **state)
{
    size_t product = 0;
    (void)state;
    assert_true(mem_multiply(SIZE_MAX / 2, 2, &product));
    assert_int_equal(product, SIZE_MAX - 1);
    assert_false(mem_multiply(SIZE_MAX / 2 + 1, 2, &product));
}

static void blocks_are_zeroed_and_aligned(void **state)
{
    double *block = NULL;
    (void)state;
    assert_ok(mem_alloc(&block, 1000, sizeof *block, "numbers"));
    assert_int_equal((uintptr_t)block % MEM_ALIGNMENT, 0);
    for (size_t i = 0; i < 1000; i++) assert_true(block[i] == 0);
    mem_free(block);
    assert_ok(mem_alloc(&block, 0, sizeof *block, "nothing"));
    assert_non_null(block);
    mem_free(block);
    mem_free(NULL);
}

/* Whether the mapping that `address` lies in is advised to have large pages; -1: this system does not tell. */
static int asks_for_large_pages(uintptr_t address)
{
    char line[512];
    bool inside = false;
    int asks = -1;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps && asks < 0 && fgets(line, sizeof line, maps)) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) inside = from <= address && address < to;
        if (inside && !strncmp(line, "VmFlags:", 8)) asks = strstr(line, " hg") != NULL;
    }
    if (maps) fclose(maps);
    return asks;
}

static void large_blocks_lie_on_large_pages(void **state)
{
    enum { PAGE = 2 << 20, BYTES = 2 * PAGE + 1 };
    unsigned char *block = NULL;
    size_t sum = 0;
    (void)state;
    assert_ok(mem_alloc(&block, BYTES, 1, "weights"));
    int asks =
        access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) ? -1 : asks_for_large_pages((uintptr_t)block);
    for (size_t i = 0; i < BYTES; i++) sum += block[i];
    assert_int_equal(sum, 0);
    assert_int_equal((uintptr_t)block % PAGE, 0);
    mem_free(block);
    if (asks < 0) skip();
    assert_int_equal(asks, 1);
}

static void too_large(void **state)
{
    char block_before, *block = &block_before;
    (void)state;
    assert_refused(mem_alloc(&block, SIZE_MAX, 2, "feature map"), AMEND_NO_MEMORY, "feature map: ");
    assert_null(block);
    assert_refused(mem_alloc(&block, SIZE_MAX / 2 + 1, 1, "feature map"), AMEND_NO_MEMORY, "do not fit");
}

static void growing(void **state)
{
    int *block = NULL;
    (void)state;
    assert_ok(mem_grow(&block, 0, 2, sizeof *block, "numbers"));
    block[0] = 7;
    block[1] = 8;
    mem_fail_at(1);
    assert_refused(mem_grow(&block, 2, 4, sizeof *block, "numbers"), AMEND_NO_MEMORY, "numbers: out of memory");
    assert_int_equal(block[1], 8);
    assert_ok(mem_grow(&block, 2, 4, sizeof *block, "numbers"));
    assert_int_equal(block[0], 7);
    assert_int_equal(block[1], 8);
    assert_int_equal(block[3], 0);
    mem_free(block);
}

static void the_nth_allocation_fails_once(void **state)
{
    char *a = NULL, *b = NULL, *c = NULL;
    (void)state;
    mem_fail_at(2);
    assert_ok(mem_copy_string(&a, "a"));
    assert_refused(mem_copy_string(&b, "b"), AMEND_NO_MEMORY, "out of memory");
    assert_null(b);
    assert_ok(mem_copy_string(&c, "c"));
    assert_string_equal(a, "a");
    mem_free(a);
    mem_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(large_blocks_lie_on_large_pages),
        cmocka_unit_test(too_large),
        cmocka_unit_test(growing),
        cmocka_unit_test(the_nth_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
