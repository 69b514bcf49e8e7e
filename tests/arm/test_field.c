/* What positions see, against what moves them: an input pixel changed, which outputs of plain convolutions change? */
#include "support.h"

#include <math.h>
#include <stdbool.h>

#include "arm/field.h"
#include "base/mem.h"

static nn_table table;

static size_t add(nn_row row)
{
    size_t at = 0;
    snprintf(row.name, sizeof row.name, "row%zu", table.count);
    assert_ok(nn_table_add(&table, row, &at));
    return at;
}

/* Whether column `x` of row `row`'s result depends on column `pixel` of the input: the windows followed down. */
static bool sees(size_t row, ptrdiff_t x, ptrdiff_t pixel)
{
    const nn_row *r = &table.rows[row];
    if (r->kind == NN_INPUT) return x == pixel;
    if (r->kind == NN_ADD) return sees(r->in[0], x, pixel) || sees(r->in[1], x, pixel);
    if (r->kind == NN_RELU) return sees(r->in[0], x, pixel);
    for (size_t tap = 0; tap < nn_row_kernel(r, 1); tap++) {
        ptrdiff_t from = x * (ptrdiff_t)r->stride - (ptrdiff_t)nn_row_pad(r, 1) + (ptrdiff_t)(tap * (r->dilation + 1));
        if (from >= 0 && from < (ptrdiff_t)table.shapes[r->in[0]].w && sees(r->in[0], from, pixel)) return true;
    }
    return false;
}

/* In the middle of the map, where nothing is cut off. */
static void check(size_t row)
{
    arm_field field;
    ptrdiff_t x = (ptrdiff_t)table.shapes[row].w / 2, first = -1, last = -1;
    assert_ok(arm_field_of(&table, row, &field));
    for (ptrdiff_t pixel = 0; pixel < (ptrdiff_t)table.shapes[0].w; pixel++) {
        if (!sees(row, x, pixel)) continue;
        if (first < 0) first = pixel;
        last = pixel;
    }
    double middle = field.first + (double)x * field.step;
    assert_true(fabs(middle - field.size / 2 - (double)first) < 1e-9);
    assert_true(fabs(middle + field.size / 2 - (double)(last + 1)) < 1e-9);
}

static size_t add_conv(size_t in, size_t kernel, size_t stride, size_t pad, size_t dilation)
{
    const nn_row row = {.kind = NN_CONV,
                        .in = {in},
                        .channels = 2,
                        .kernel = kernel,
                        .stride = stride,
                        .pad = pad,
                        .dilation = dilation};
    size_t at = add(row);
    check(at);
    return at;
}

static void test_windows(void **state)
{
    (void)state;
    assert_ok(nn_table_begin(&table, 64, 64, 1));
    size_t at = add_conv(0, 3, 1, 1, 0);
    at = add_conv(at, 3, 2, 1, 0);
    at = add_conv(at, 3, 1, 2, 1);
    at = add((nn_row){.kind = NN_MAX_POOL, .in = {at}, .kernel = 2, .stride = 2});
    check(at);
    at = add((nn_row){.kind = NN_RELU, .in = {at}});
    size_t wide = add_conv(at, 3, 2, 1, 0), narrow = add_conv(at, 1, 2, 0, 0);
    check(add((nn_row){.kind = NN_ADD, .in = {narrow, wide}}));
    check(add((nn_row){.kind = NN_ADD, .in = {wide, narrow}}));
}

/* Of an oblong window the longer side, whichever it is. */
static void test_oblong(void **state)
{
    arm_field field;
    (void)state;
    assert_ok(nn_table_begin(&table, 64, 64, 1));
    nn_row row = {.kind = NN_CONV, .channels = 2, .kernel = 1, .stride = 2, .kernel_width = 7, .pad_width = 3};
    row.in[0] = add(row);
    check(row.in[0]);
    row.kernel_width = 4;
    row.pad_width = 2;
    row.in[0] = add(row);
    check(row.in[0]);
    assert_ok(nn_table_begin(&table, 64, 64, 1));
    assert_ok(arm_field_of(
        &table, add((nn_row){.kind = NN_CONV, .channels = 2, .kernel = 7, .stride = 1, .pad = 3, .kernel_width = 1}),
        &field));
    assert_true(field.size == 7 && field.first == 0.5 && field.step == 1);
}

/* ResNet's convolutions of stride 2 with padding 1: position 0 looks at the corner, not into its eighth of the image.
 */
static void test_known(void **state)
{
    arm_field field;
    (void)state;
    assert_ok(nn_table_begin(&table, 48, 48, 1));
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) at = add_conv(at, 3, 2, 1, 0);
    assert_ok(arm_field_of(&table, at, &field));
    assert_true(field.first == 0.5 && field.step == 8 && field.size == 15);
    at = add((nn_row){.kind = NN_GLOBAL_POOL, .in = {at}});
    assert_ok(arm_field_of(&table, at, &field));
    assert_true(field.size == (double)table.shapes[0].h && field.first == field.size / 2);
    at = add((nn_row){.kind = NN_SOFTMAX, .in = {at}});
    assert_refused(arm_field_of(&table, at, &field), AMEND_UNSUPPORTED, "row5");
    mem_fail_at(1);
    assert_int_equal(arm_field_of(&table, at, &field).code, AMEND_NO_MEMORY);
    mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows), cmocka_unit_test(test_oblong),
                                       cmocka_unit_test(test_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
