/* ResNet-18's rows. */
#include "backbone/resnet.h"

#include <math.h>
#include <stdio.h>

static void name_row(nn_row *row, const char *prefix, const char *suffix)
{
    snprintf(row->name, sizeof row->name, "%.31s%.31s", prefix, suffix);
}

static amend_status add_conv(nn_table *table, const char *prefix, const char *suffix, size_t in, size_t channels,
                             size_t kernel, size_t stride, size_t *out)
{
    nn_row row = {
        .kind = NN_CONV, .in = {in}, .channels = channels, .kernel = kernel, .stride = stride, .pad = kernel / 2};
    name_row(&row, prefix, suffix);
    return nn_table_add(table, row, out);
}

static amend_status add_plain(nn_table *table, nn_kind kind, const char *prefix, const char *suffix, size_t in,
                              size_t other, size_t *out)
{
    nn_row row = {.kind = kind, .in = {in, other}};
    name_row(&row, prefix, suffix);
    return nn_table_add(table, row, out);
}

/* conv-bn-relu-conv-bn + identity (or 1x1 conv-bn), relu. */
static amend_status add_block(nn_table *table, const char *prefix, size_t channels, size_t stride, size_t *map)
{
    size_t in = *map, at = in, shortcut = in;
    if (stride != 1 || table->shapes[in].c != channels) {
        TRY(add_conv(table, prefix, "downsample.0", in, channels, 1, stride, &shortcut));
        TRY(add_plain(table, NN_BATCH_NORM, prefix, "downsample.1", shortcut, 0, &shortcut));
    }
    TRY(add_conv(table, prefix, "conv1", in, channels, 3, stride, &at));
    TRY(add_plain(table, NN_BATCH_NORM, prefix, "bn1", at, 0, &at));
    TRY(add_plain(table, NN_RELU, prefix, "relu1", at, 0, &at));
    TRY(add_conv(table, prefix, "conv2", at, channels, 3, 1, &at));
    TRY(add_plain(table, NN_BATCH_NORM, prefix, "bn2", at, 0, &at));
    TRY(add_plain(table, NN_ADD, prefix, "add", at, shortcut, &at));
    return add_plain(table, NN_RELU, prefix, "relu2", at, 0, map);
}

static amend_status add_stem(nn_table *table, bool small, size_t channels, size_t *map)
{
    TRY(add_conv(table, "", "conv1", *map, channels, small ? 3 : 7, small ? 1 : 2, map));
    TRY(add_plain(table, NN_BATCH_NORM, "", "bn1", *map, 0, map));
    TRY(add_plain(table, NN_RELU, "", "relu", *map, 0, map));
    if (small) return status_ok();
    nn_row pool = {.kind = NN_MAX_POOL, .name = "maxpool", .in = {*map}, .kernel = 3, .stride = 2, .pad = 1};
    return nn_table_add(table, pool, map);
}

/* Multiples of 16: a vector register; and oneDNN 2.6 writes past its buffers in the backward pass of 1x1, stride 2
 * convolutions with other counts. */
static size_t base_channels(double width)
{
    size_t base = (size_t)lround(64 * width / 16) * 16;
    return base ? base : 16;
}

size_t resnet18_channels(double width)
{
    return base_channels(width) * 8;
}

amend_status resnet18_build(nn_table *table, const resnet_options *options, size_t *features)
{
    size_t map = table->count - 1;
    if (!(options->width >= 0.125 && options->width <= 4))
        return status_error(AMEND_BAD_ARGUMENT, "resnet18: width factor %g; 0.125..4 are possible", options->width);
    size_t base = base_channels(options->width);
    TRY(add_stem(table, options->small_stem, base, &map));
    for (size_t stage = 0; stage < 4; stage++)
        for (size_t block = 0; block < 2; block++) {
            char prefix[NN_NAME_SIZE];
            snprintf(prefix, sizeof prefix, "layer%zu.%zu.", stage + 1, block);
            TRY(add_block(table, prefix, base << stage, stage && !block ? 2 : 1, &map));
        }
    *features = map;
    return status_ok();
}
