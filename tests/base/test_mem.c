/* Memory: sizes that overflow, allocations that fail. */
#include "check.h"

static void blocks_are_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t count = 0; count < 300; count += 37) {
        unsigned char *block = NULL;
        assert_ok(mem_alloc(&block, count, 3, "block"));
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEM_ALIGNMENT, 0);
        for (size_t i = 0; i < count * 3; i++) assert_int_equal(block[i], 0);
        mem_free(block);
    }
    mem_free(NULL);
}

static void products_are_checked(void **state)
{
    size_t product = 0;
    (void)state;
    assert_true(mem_multiply(SIZE_MAX, 1, &product));
    assert_true(product == SIZE_MAX);
    assert_true(mem_multiply(0, SIZE_MAX, &product));
    assert_int_equal(product, 0);
    assert_false(mem_multiply(SIZE_MAX / 2 + 1, 2, &product));
    assert_false(mem_multiply(SIZE_MAX, SIZE_MAX, &product));
}

static void overflow_is_an_error(void **state)
{
    char other = 0;
    void *block = &other;
    (void)state;
    assert_fails(mem_alloc(&block, SIZE_MAX / 2, 3, "weights"), AMEND_NO_MEMORY, "weights");
    assert_null(block);
    /* Fits a size_t, but no object may be larger than PTRDIFF_MAX. */
    assert_fails(mem_alloc(&block, SIZE_MAX, 1, "weights"), AMEND_NO_MEMORY, "weights");
    assert_null(block);
}

static void growing_keeps_and_zeroes(void **state)
{
    int *numbers = NULL;
    (void)state;
    assert_ok(mem_grow(&numbers, 0, 3, sizeof *numbers, "numbers"));
    for (int i = 0; i < 3; i++) numbers[i] = i + 1;
    assert_ok(mem_grow(&numbers, 3, 100, sizeof *numbers, "numbers"));
    for (int i = 0; i < 100; i++) assert_int_equal(numbers[i], i < 3 ? i + 1 : 0);
    int *before = numbers;
    mem_fail_at(1);
    assert_fails(mem_grow(&numbers, 100, 200, sizeof *numbers, "numbers"), AMEND_NO_MEMORY, "numbers");
    assert_fails(mem_grow(&numbers, 100, SIZE_MAX / 2, sizeof *numbers, "numbers"), AMEND_NO_MEMORY, "numbers");
    assert_ptr_equal(numbers, before);
    assert_int_equal(numbers[2], 3);
    mem_free(numbers);
}

static void strings_are_copied(void **state)
{
    char *copy = NULL;
    (void)state;
    assert_ok(mem_copy_string(&copy, "Überraschung"));
    assert_string_equal(copy, "Überraschung");
    mem_free(copy);
}

static void nth_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++) {
        mem_fail_at(n);
        for (size_t i = 1; i <= 6; i++) {
            void *block = NULL;
            assert_int_equal(mem_alloc(&block, 1, 1, "block").code, i == n ? AMEND_NO_MEMORY : AMEND_OK);
            assert_true(!block == (i == n));
            mem_free(block);
        }
    }
    mem_fail_at(1);
    mem_fail_at(0);
    void *block = NULL;
    assert_ok(mem_alloc(&block, 1, 1, "block"));
    mem_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(overflow_is_an_error),
        cmocka_unit_test(growing_keeps_and_zeroes),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(nth_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
