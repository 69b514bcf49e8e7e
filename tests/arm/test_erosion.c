/* Erosion by padding, counted by hand. */
#include "support.h"

#include <math.h>

#include "arm/erosion.h"
#include "base/mem.h"

static nn_table table;

static size_t add(nn_row row)
{
    size_t at = 0;
    snprintf(row.name, sizeof row.name, "row%zu", table.count);
    assert_ok(nn_table_add(&table, row, &at));
    return at;
}

static size_t add_conv(size_t in, size_t stride)
{
    return add((nn_row){.kind = NN_CONV, .in = {in}, .channels = 2, .kernel = 3, .stride = stride, .pad = 1});
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) < 1e-12)) fail_msg("%.15g, expected %.15g", got, expected);
}

static void test_one_convolution(void **state)
{
    double map[16];
    (void)state;
    assert_ok(nn_table_begin(&table, 4, 4, 1));
    size_t conv = add_conv(0, 1), relu = add((nn_row){.kind = NN_RELU, .in = {conv}});
    assert_ok(arm_erosion(&table, relu, map));
    assert_near(map[0], 5.0 / 9);
    assert_near(map[1], 3.0 / 9);
    assert_near(map[5], 0);
    assert_near(map[15], 5.0 / 9);
}

/* Of three columns and one row: no row is ever outside. */
static void test_oblong_convolution(void **state)
{
    double map[16];
    (void)state;
    assert_ok(nn_table_begin(&table, 4, 4, 1));
    size_t conv =
        add((nn_row){.kind = NN_CONV, .channels = 2, .kernel = 1, .stride = 1, .kernel_width = 3, .pad_width = 1});
    assert_ok(arm_erosion(&table, conv, map));
    for (size_t i = 0; i < 16; i++) assert_near(map[i], i % 4 == 0 || i % 4 == 3 ? 1.0 / 3 : 0);
}

/* A second layer reads eroded neighbours, and padding again; a sum takes the mean of both sides. */
static void test_two_convolutions_and_a_sum(void **state)
{
    double map[16];
    (void)state;
    assert_ok(nn_table_begin(&table, 4, 4, 1));
    size_t first = add_conv(0, 1), second = add_conv(first, 1);
    size_t sum = add((nn_row){.kind = NN_ADD, .in = {second, first}});
    assert_ok(arm_erosion(&table, second, map));
    const double corner = (5 + 5.0 / 9 + 2 * 3.0 / 9) / 9, middle = (5.0 / 9 + 4 * 3.0 / 9) / 9;
    assert_near(map[0], corner);
    assert_near(map[5], middle); /* of (1, 1): one corner and four edges are eroded */
    assert_ok(arm_erosion(&table, sum, map));
    assert_near(map[0], (corner + 5.0 / 9) / 2);
}

static void test_stride_and_pool(void **state)
{
    double map[4];
    (void)state;
    assert_ok(nn_table_begin(&table, 4, 4, 1));
    size_t conv = add_conv(0, 2); /* only the first row and column see padding */
    assert_ok(arm_erosion(&table, conv, map));
    assert_near(map[0], 5.0 / 9);
    assert_near(map[1], 3.0 / 9);
    assert_near(map[3], 0);
    size_t pool = add((nn_row){.kind = NN_MAX_POOL, .in = {conv}, .kernel = 3, .stride = 2, .pad = 1});
    assert_ok(arm_erosion(&table, pool, map));
    assert_near(map[0], (5 + 3 + 3) / 9.0 / 4); /* its own padding does not count */
    nn_row average = {.kind = NN_AVERAGE_POOL, .in = {conv}, .kernel = 2, .stride = 2, .pad = 1};
    assert_ok(arm_erosion(&table, add(average), map));
    assert_near(map[0], 5.0 / 9); /* of this window one value of four */
    average.count_padding = true;
    assert_ok(arm_erosion(&table, add(average), map));
    assert_near(map[0], (3 + 5.0 / 9) / 4);
    size_t mean = add((nn_row){.kind = NN_GLOBAL_POOL, .in = {pool}});
    double share = 0;
    assert_ok(arm_erosion(&table, mean, &share));
    assert_near(share, 11.0 / 36);
    size_t gate = add((nn_row){.kind = NN_COMBINE, .operation = NN_TIMES, .in = {conv, mean}});
    assert_ok(arm_erosion(&table, gate, map)); /* as in front of the gate */
    assert_near(map[0], 5.0 / 9);
    size_t ratio = add((nn_row){.kind = NN_COMBINE, .operation = NN_OVER, .in = {conv, mean}});
    assert_refused(arm_erosion(&table, ratio, map), AMEND_UNSUPPORTED, "row7");
}

/* r = 2, windows of 4 x 4 at stride 1: an outer cluster's share in a window's mean is the share of its area. */
static void test_windows(void **state)
{
    arm_geometry g;
    const double erosion[9] = {0.9, 0.5, 0.9, 0.5, 0, 0.5, 0.9, 0.5, 0.9};
    double windows[9];
    (void)state;
    assert_ok(arm_geometry_make(4, 3, 3, 2, NULL, &g));
    arm_erosion_windows(&g, erosion, windows);
    assert_near(windows[0], (0.9 + 0.5 + 0.5 + 0) / 4);
    assert_near(windows[4], (4 * 0.9 + 4 * 2 * 0.5) / 16);
    assert_near(windows[8], windows[0]);
}

static void test_out_of_memory(void **state)
{
    double map[16];
    (void)state;
    assert_ok(nn_table_begin(&table, 4, 4, 1));
    size_t conv = add_conv(0, 1);
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        assert_int_equal(arm_erosion(&table, conv, map).code, AMEND_NO_MEMORY);
    }
    mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_convolution),
        cmocka_unit_test(test_oblong_convolution),
        cmocka_unit_test(test_two_convolutions_and_a_sum),
        cmocka_unit_test(test_stride_and_pool),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
