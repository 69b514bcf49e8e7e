/* Planned memory: nothing that lives at the same time overlaps, and holes are used again. */
#include "nn/arena.h"

#include "base/rng.h"
#include "support.h"

static void holes_are_used_again(void **state)
{
    arena a = {0};
    size_t first, second, third, again;
    (void)state;
    assert_ok(arena_take(&a, 1000, &first));
    assert_ok(arena_take(&a, 100, &second));
    assert_ok(arena_take(&a, 500, &third));
    assert_true(first == 0 && second >= 1000 && third >= second + 100);
    assert_int_equal(second % 64, 0);
    assert_int_equal(third % 64, 0);
    size_t peak = a.peak;
    assert_ok(arena_give(&a, second, 100));
    assert_ok(arena_take(&a, 64, &again));
    assert_int_equal(again, second);
    assert_int_equal(a.peak, peak);
    assert_ok(arena_give(&a, again, 64));
    assert_ok(arena_give(&a, first, 1000));
    assert_ok(arena_give(&a, third, 500));
    assert_int_equal(a.end, 0); /* neighbours have grown together */
    assert_int_equal(a.count, 0);
    assert_int_equal(a.peak, peak);
}

static void the_smallest_hole_that_fits(void **state)
{
    arena a = {0};
    size_t at[5], got;
    const size_t sizes[5] = {640, 64, 128, 64, 64};
    (void)state;
    for (int i = 0; i < 5; i++) assert_ok(arena_take(&a, sizes[i], &at[i]));
    assert_ok(arena_give(&a, at[0], sizes[0]));
    assert_ok(arena_give(&a, at[2], sizes[2]));
    assert_ok(arena_take(&a, 100, &got));
    assert_int_equal(got, at[2]);
}

static void random_lives_do_not_overlap(void **state)
{
    enum { BLOCKS = 60, ROUNDS = 5000 };
    static arena a;
    size_t at[BLOCKS], size[BLOCKS] = {0};
    rng r = rng_make(1, 2, 3);
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = (size_t)rng_below(&r, BLOCKS);
        if (size[i]) {
            assert_ok(arena_give(&a, at[i], size[i]));
            size[i] = 0;
            continue;
        }
        size[i] = 1 + (size_t)rng_below(&r, 5000);
        assert_ok(arena_take(&a, size[i], &at[i]));
        assert_true(at[i] % 64 == 0 && at[i] + size[i] <= a.peak);
        for (size_t k = 0; k < BLOCKS; k++)
            if (k != i && size[k]) assert_true(at[i] + size[i] <= at[k] || at[k] + size[k] <= at[i]);
    }
}

static void sizes_that_overflow(void **state)
{
    arena a = {0};
    size_t at;
    (void)state;
    assert_ok(arena_take(&a, 64, &at));
    assert_int_equal(arena_take(&a, SIZE_MAX - 32, &at).code, AMEND_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_used_again), cmocka_unit_test(the_smallest_hole_that_fits),
        cmocka_unit_test(random_lives_do_not_overlap), cmocka_unit_test(sizes_that_overflow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
