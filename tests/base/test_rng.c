/* Random numbers: the published sequence, ranges, moments. */
#include "support.h"

#include <math.h>

#include "base/rng.h"

/* xoshiro256** from the state 1, 2, 3, 4, as its authors' C code gives. */
static void published_sequence(void **state)
{
    static const uint64_t expected[] = {
        11520u,
        0u,
        1509978240u,
        1215971899390074240u,
        1216172134540287360u,
        607988272756665600u,
        16172922978634559625u,
        8476171486693032832u,
    };
    rng r = {{1, 2, 3, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) assert_true(rng_next(&r) == expected[i]);
}

static void streams_differ_and_repeat(void **state)
{
    rng a = rng_make(1, 2, 3), again = rng_make(1, 2, 3);
    const rng others[] = {rng_make(2, 2, 3), rng_make(1, 3, 3), rng_make(1, 2, 4), rng_make(2, 1, 3)};
    (void)state;
    for (size_t i = 0; i < 4; i++) assert_memory_not_equal(&a, &others[i], sizeof a);
    for (int i = 0; i < 100; i++) assert_true(rng_next(&a) == rng_next(&again));
}

static void ranges(void **state)
{
    rng r = rng_make(7, 0, 0);
    size_t seen[7] = {0};
    (void)state;
    for (int i = 0; i < 70000; i++) {
        double u = rng_uniform(&r), b = rng_between(&r, -3, -1);
        size_t k = rng_below(&r, 7);
        assert_true(u >= 0 && u < 1 && b >= -3 && b < -1 && k < 7);
        seen[k]++;
    }
    for (size_t k = 0; k < 7; k++) assert_in_range(seen[k], 9600, 10400); /* 4 standard deviations */
    assert_int_equal(rng_below(&r, 1), 0);
    assert_true(rng_below(&r, SIZE_MAX) < SIZE_MAX);
}

static void normal_moments(void **state)
{
    enum { COUNT = 200000 };
    rng r = rng_make(8, 0, 0);
    double sum = 0, squares = 0;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        double x = rng_normal(&r);
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / COUNT) < 4 / sqrt(COUNT));
    assert_true(fabs(squares / COUNT - 1) < 4 * sqrt(2.0 / COUNT));
}

static void shuffles_are_permutations(void **state)
{
    enum { COUNT = 5, ROUNDS = 20000 };
    size_t first[COUNT] = {0};
    rng r = rng_make(9, 0, 0);
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t items[COUNT] = {0, 1, 2, 3, 4}, seen = 0;
        rng_shuffle(&r, items, COUNT);
        for (size_t i = 0; i < COUNT; i++) seen |= (size_t)1 << items[i];
        assert_int_equal(seen, 31);
        first[items[0]]++;
    }
    for (size_t i = 0; i < COUNT; i++) assert_in_range(first[i], ROUNDS / COUNT - 230, ROUNDS / COUNT + 230);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sequence), cmocka_unit_test(streams_differ_and_repeat), cmocka_unit_test(ranges),
        cmocka_unit_test(normal_moments),     cmocka_unit_test(shuffles_are_permutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
