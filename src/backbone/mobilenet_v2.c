/* MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2): inverted residuals with linear bottlenecks and relu6. */
#include <stdio.h>

#include "backbone/builders.h"

static const nn_row norm = {.kind = NN_BATCH_NORM};
static const nn_row relu6 = {.kind = NN_ACTIVATION, .function = NN_CLIP, .alpha = 0, .beta = 6};

/* The bottleneck is not a module of its own: conv.PLACE and the next. */
static amend_status add_linear(nn_table *table, const char *prefix, size_t place, size_t channels, size_t *map)
{
    char conv[32], bn[32];
    snprintf(conv, sizeof conv, "conv.%zu", place);
    snprintf(bn, sizeof bn, "conv.%zu", place + 1);
    TRY(backbone_add_conv(table, prefix, conv, (nn_row){.channels = channels, .kernel = 1}, map));
    return backbone_add_row(table, prefix, bn, norm, map);
}

static amend_status add_block(nn_table *table, size_t number, size_t expansion, size_t channels, size_t stride,
                              size_t *map)
{
    char prefix[32], part[48];
    size_t in = table->shapes[*map].c, inner = in * expansion, start = *map, place = 0;
    snprintf(prefix, sizeof prefix, "features.%zu.", number);
    if (expansion > 1) {
        snprintf(part, sizeof part, "%sconv.%zu.", prefix, place++);
        TRY(backbone_add_unit(table, part, (nn_row){.channels = inner, .kernel = 1}, &norm, &relu6, map));
    }
    const nn_row deep = {.channels = inner, .kernel = 3, .stride = stride, .groups = inner};
    snprintf(part, sizeof part, "%sconv.%zu.", prefix, place++);
    TRY(backbone_add_unit(table, part, deep, &norm, &relu6, map));
    TRY(add_linear(table, prefix, place, channels, map));
    return stride == 1 && in == channels ? backbone_add_sum(table, prefix, "add", start, map) : status_ok();
}

amend_status mobilenet_v2_build(nn_table *table, const backbone_options *options, size_t *features)
{
    static const struct stage {
        size_t expansion, channels, repeats, stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    size_t map = table->count - 1, number = 1;
    char last[32];
    const nn_row first = {
        .channels = backbone_divisible(32 * options->width), .kernel = 3, .stride = options->small_stem ? 1 : 2};
    TRY(backbone_add_unit(table, "features.0.", first, &norm, &relu6, &map));
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        for (size_t k = 0; k < stages[i].repeats; k++) {
            size_t stride = k || (i == 1 && options->small_stem) ? 1 : stages[i].stride;
            TRY(add_block(table, number++, stages[i].expansion,
                          backbone_divisible((double)stages[i].channels * options->width), stride, &map));
        }
    snprintf(last, sizeof last, "features.%zu.", number);
    *features = map;
    return backbone_add_unit(table, last, (nn_row){.channels = backbone_channels(options), .kernel = 1}, &norm, &relu6,
                             features);
}
