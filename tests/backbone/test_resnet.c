/* ResNet-18's rows: shapes, names and counts as torchvision's, and widths and stems that can be. */
#include "backbone/backbone.h"

#include "base/mem.h"
#include "nn/params.h"
#include "support.h"

static nn_table *table;

static int set_up(void **state)
{
    (void)state;
    return mem_alloc(&table, 1, sizeof *table, "table").code != AMEND_OK;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(table);
    return 0;
}

static nn_shape features_of(bool small, double width, size_t size)
{
    const backbone_options options = {BACKBONE_RESNET18, small, width};
    size_t features;
    assert_ok(nn_table_begin(table, size, size, 3));
    assert_ok(backbone_build(table, &options, &features));
    assert_int_equal(features, table->count - 1);
    return table->shapes[features];
}

static void feature_maps(void **state)
{
    (void)state;
    nn_shape s = features_of(false, 1, 224);
    assert_true(s.h == 7 && s.w == 7 && s.c == 512);
    s = features_of(true, 1, 48);
    assert_true(s.h == 6 && s.w == 6 && s.c == 512);
    s = features_of(false, 0.125, 97); /* odd sides round up at each stride */
    assert_true(s.h == 4 && s.w == 4 && s.c == 128);
    assert_int_equal(backbone_channels(&(backbone_options){.width = 0.125}), 128);
    assert_int_equal(backbone_channels(&(backbone_options){.width = 2}), 1024);
}

/* torchvision's resnet18 without fc: 11,176,512 parameters in 60 tensors, and 40 running statistics. */
static void parameters(void **state)
{
    static const char *const names[] = {"conv1.weight",
                                        "bn1.running_var",
                                        "layer1.0.conv1.weight",
                                        "layer2.0.downsample.0.weight",
                                        "layer2.0.downsample.1.bias",
                                        "layer4.1.bn2.weight"};
    nn_params params;
    size_t trainable = 0, statistics = 0, values = 0;
    (void)state;
    features_of(false, 1, 224);
    assert_ok(nn_params_create(table, &params));
    for (size_t i = 0; i < params.count; i++) {
        if (params.items[i].trainable) {
            trainable++;
            values += params.items[i].count;
        } else {
            statistics++;
        }
    }
    assert_int_equal(trainable, 60);
    assert_int_equal(statistics, 40);
    assert_int_equal(values, 11176512);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        size_t i = 0;
        while (i < params.count && strcmp(params.items[i].name, names[k])) i++;
        if (i == params.count) fail_msg("no tensor %s", names[k]);
    }
    nn_params_free(&params);
}

static void refusals(void **state)
{
    static const double widths[] = {0, -1, 0.1, 4.1, 1e300};
    size_t features;
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const backbone_options options = {BACKBONE_RESNET18, true, widths[i]};
        assert_ok(nn_table_begin(table, 48, 48, 1));
        assert_refused(backbone_build(table, &options, &features), AMEND_BAD_ARGUMENT, "width");
    }
    assert_refused(nn_table_begin(table, 0, 48, 1), AMEND_BAD_ARGUMENT, "input");
    assert_refused(nn_table_begin(table, 48, 5000, 1), AMEND_BAD_ARGUMENT, "input");
    assert_refused(nn_table_begin(table, 48, 48, 5), AMEND_BAD_ARGUMENT, "input");
}

static void rows_that_cannot_be(void **state)
{
    size_t index;
    (void)state;
    assert_ok(nn_table_begin(table, 8, 8, 3));
    nn_row conv = {.kind = NN_CONV, .name = "c", .channels = 4, .kernel = 9, .stride = 1};
    assert_refused(nn_table_add(table, conv, &index), AMEND_BAD_ARGUMENT, "conv c");
    conv.kernel = 3;
    conv.stride = 0;
    assert_refused(nn_table_add(table, conv, &index), AMEND_BAD_ARGUMENT, "conv c");
    conv.stride = 1;
    conv.channels = 0;
    assert_refused(nn_table_add(table, conv, &index), AMEND_BAD_ARGUMENT, "conv c");
    conv.channels = 4;
    conv.in[0] = 1; /* itself */
    assert_refused(nn_table_add(table, conv, &index), AMEND_BAD_ARGUMENT, "does not precede");
    conv.in[0] = 0;
    assert_ok(nn_table_add(table, conv, &index));
    assert_refused(nn_table_add(table, (nn_row){.kind = NN_ADD, .name = "a", .in = {index, 0}}, &index),
                   AMEND_BAD_ARGUMENT, "add a");
    assert_refused(nn_table_add(table, (nn_row){.kind = NN_ARRANGE, .name = "r", .in = {1}, .factor = 3}, &index),
                   AMEND_BAD_ARGUMENT, "arrange r");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(feature_maps), cmocka_unit_test(parameters),
                                       cmocka_unit_test(refusals), cmocka_unit_test(rows_that_cannot_be)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
