/* MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2): inverted residuals with linear bottlenecks and relu6. */
#include <math.h>
#include <stdio.h>

#include "backbone/builders.h"

/* Convolution, normalisation and, unless `linear`, relu6: PREFIX conv.PLACE.0, .1, .2, or PLACE and the next. */
static amend_status add_layer(nn_table *table, const char *prefix, size_t place, bool linear, nn_row conv, size_t *map)
{
    char name[3][32];
    for (size_t i = 0; i < 3; i++)
        snprintf(name[i], sizeof name[i], linear ? "conv.%zu" : "conv.%zu.%zu", linear ? place + i : place, i);
    TRY(backbone_add_conv(table, prefix, name[0], conv, map));
    TRY(backbone_add_plain(table, NN_BATCH_NORM, prefix, name[1], map));
    if (linear) return status_ok();
    nn_row relu6 = {.kind = NN_ACTIVATION, .in = {*map}, .function = NN_CLIP, .alpha = 0, .beta = 6};
    snprintf(relu6.name, sizeof relu6.name, "%.24s%.31s", prefix, name[2]);
    return nn_table_add(table, relu6, map);
}

static amend_status add_block(nn_table *table, size_t number, size_t expansion, size_t channels, size_t stride,
                              size_t *map)
{
    char prefix[32];
    size_t in = table->shapes[*map].c, inner = in * expansion, start = *map, place = 0;
    snprintf(prefix, sizeof prefix, "features.%zu.", number);
    if (expansion > 1) TRY(add_layer(table, prefix, place++, false, (nn_row){.channels = inner, .kernel = 1}, map));
    const nn_row deep = {.channels = inner, .kernel = 3, .stride = stride, .groups = inner};
    TRY(add_layer(table, prefix, place++, false, deep, map));
    TRY(add_layer(table, prefix, place, true, (nn_row){.channels = channels, .kernel = 1}, map));
    return stride == 1 && in == channels ? backbone_add_sum(table, prefix, "add", start, map) : status_ok();
}

/* The first and the last layer are features.N.0, .1, .2. */
static amend_status add_end(nn_table *table, size_t number, nn_row conv, size_t *map)
{
    char name[3][32];
    for (size_t i = 0; i < 3; i++) snprintf(name[i], sizeof name[i], "features.%zu.%zu", number, i);
    TRY(backbone_add_conv(table, "", name[0], conv, map));
    TRY(backbone_add_plain(table, NN_BATCH_NORM, "", name[1], map));
    nn_row relu6 = {.kind = NN_ACTIVATION, .in = {*map}, .function = NN_CLIP, .alpha = 0, .beta = 6};
    snprintf(relu6.name, sizeof relu6.name, "%s", name[2]);
    return nn_table_add(table, relu6, map);
}

/* torchvision's rounding: to the nearest multiple of 8, never by more than a tenth down. */
static size_t divisible(double channels)
{
    size_t rounded = (size_t)((channels + 4) / 8) * 8;
    if (rounded < 8) rounded = 8;
    return (double)rounded < 0.9 * channels ? rounded + 8 : rounded;
}

amend_status mobilenet_build(nn_table *table, const backbone_options *options, size_t *features)
{
    static const struct stage {
        size_t expansion, channels, repeats, stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    size_t map = table->count - 1, number = 1;
    const nn_row first = {
        .channels = divisible(32 * options->width), .kernel = 3, .stride = options->small_stem ? 1 : 2};
    TRY(add_end(table, 0, first, &map));
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        for (size_t k = 0; k < stages[i].repeats; k++) {
            size_t stride = k || (i == 1 && options->small_stem) ? 1 : stages[i].stride;
            TRY(add_block(table, number++, stages[i].expansion, divisible((double)stages[i].channels * options->width),
                          stride, &map));
        }
    TRY(add_end(table, number, (nn_row){.channels = backbone_channels(options), .kernel = 1}, &map));
    *features = map;
    return status_ok();
}
