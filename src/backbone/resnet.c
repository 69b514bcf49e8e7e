/* ResNet-18, 34 and 50 (He et al., "Deep Residual Learning for Image Recognition", arXiv 1512.03385, table 1). In the
 * bottleneck of ResNet-50 the 3x3 convolution has the stride, as torchvision's has. */
#include <stdio.h>

#include "backbone/builders.h"

static amend_status add_conv_norm(nn_table *table, const char *prefix, const char *conv, const char *norm,
                                  size_t channels, size_t kernel, size_t stride, size_t *map)
{
    const nn_row row = {.channels = channels, .kernel = kernel, .stride = stride};
    TRY(backbone_add_conv(table, prefix, conv, row, map));
    return backbone_add_plain(table, NN_BATCH_NORM, prefix, norm, map);
}

/* The identity, or a 1x1 convolution where the shape changes. */
static amend_status add_shortcut(nn_table *table, const char *prefix, size_t channels, size_t stride, size_t *map)
{
    if (stride == 1 && table->shapes[*map].c == channels) return status_ok();
    return add_conv_norm(table, prefix, "downsample.0", "downsample.1", channels, 1, stride, map);
}

static amend_status add_basic(nn_table *table, const char *prefix, size_t channels, size_t stride, size_t *map)
{
    size_t shortcut = *map;
    TRY(add_shortcut(table, prefix, channels, stride, &shortcut));
    TRY(add_conv_norm(table, prefix, "conv1", "bn1", channels, 3, stride, map));
    TRY(backbone_add_plain(table, NN_RELU, prefix, "relu1", map));
    TRY(add_conv_norm(table, prefix, "conv2", "bn2", channels, 3, 1, map));
    TRY(backbone_add_sum(table, prefix, "add", shortcut, map));
    return backbone_add_plain(table, NN_RELU, prefix, "relu2", map);
}

static amend_status add_bottleneck(nn_table *table, const char *prefix, size_t channels, size_t stride, size_t *map)
{
    size_t shortcut = *map;
    TRY(add_shortcut(table, prefix, 4 * channels, stride, &shortcut));
    TRY(add_conv_norm(table, prefix, "conv1", "bn1", channels, 1, 1, map));
    TRY(backbone_add_plain(table, NN_RELU, prefix, "relu1", map));
    TRY(add_conv_norm(table, prefix, "conv2", "bn2", channels, 3, stride, map));
    TRY(backbone_add_plain(table, NN_RELU, prefix, "relu2", map));
    TRY(add_conv_norm(table, prefix, "conv3", "bn3", 4 * channels, 1, 1, map));
    TRY(backbone_add_sum(table, prefix, "add", shortcut, map));
    return backbone_add_plain(table, NN_RELU, prefix, "relu3", map);
}

static amend_status add_stem(nn_table *table, bool small, size_t channels, size_t *map)
{
    TRY(add_conv_norm(table, "", "conv1", "bn1", channels, small ? 3 : 7, small ? 1 : 2, map));
    TRY(backbone_add_plain(table, NN_RELU, "", "relu", map));
    if (small) return status_ok();
    nn_row pool = {.kind = NN_MAX_POOL, .name = "maxpool", .in = {*map}, .kernel = 3, .stride = 2, .pad = 1};
    return nn_table_add(table, pool, map);
}

amend_status resnet_build(nn_table *table, const backbone_options *options, size_t *features)
{
    static const size_t shallow[4] = {2, 2, 2, 2}, deep[4] = {3, 4, 6, 3};
    const size_t *blocks = options->kind == BACKBONE_RESNET18 ? shallow : deep;
    bool bottleneck = options->kind == BACKBONE_RESNET50;
    size_t map = table->count - 1, base = backbone_round(64, options->width);
    TRY(add_stem(table, options->small_stem, base, &map));
    for (size_t stage = 0; stage < 4; stage++)
        for (size_t block = 0; block < blocks[stage]; block++) {
            char prefix[NN_NAME_SIZE];
            size_t stride = stage && !block ? 2 : 1;
            snprintf(prefix, sizeof prefix, "layer%zu.%zu.", stage + 1, block);
            TRY(bottleneck ? add_bottleneck(table, prefix, base << stage, stride, &map)
                           : add_basic(table, prefix, base << stage, stride, &map));
        }
    *features = map;
    return status_ok();
}
