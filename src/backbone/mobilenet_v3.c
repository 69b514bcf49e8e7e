/* MobileNetV3, small and large (Howard et al., arXiv 1905.02244, tables 1 and 2), up to the last convolution. */
#include <stdio.h>

#include "backbone/builders.h"

typedef struct row {
    size_t kernel, expanded, channels;
    bool squeeze, hard; /* hard: hardswish, else relu */
    size_t stride;
} row;

static const row small_rows[] = {
    {3, 16, 16, true, false, 2}, {3, 72, 24, false, false, 2}, {3, 88, 24, false, false, 1},
    {5, 96, 40, true, true, 2},  {5, 240, 40, true, true, 1},  {5, 240, 40, true, true, 1},
    {5, 120, 48, true, true, 1}, {5, 144, 48, true, true, 1},  {5, 288, 96, true, true, 2},
    {5, 576, 96, true, true, 1}, {5, 576, 96, true, true, 1},
};

static const row large_rows[] = {
    {3, 16, 16, false, false, 1}, {3, 64, 24, false, false, 2}, {3, 72, 24, false, false, 1},
    {5, 72, 40, true, false, 2},  {5, 120, 40, true, false, 1}, {5, 120, 40, true, false, 1},
    {3, 240, 80, false, true, 2}, {3, 200, 80, false, true, 1}, {3, 184, 80, false, true, 1},
    {3, 184, 80, false, true, 1}, {3, 480, 112, true, true, 1}, {3, 672, 112, true, true, 1},
    {5, 672, 160, true, true, 2}, {5, 960, 160, true, true, 1}, {5, 960, 160, true, true, 1},
};

static const nn_row norm = {.kind = NN_BATCH_NORM, .epsilon = 1e-3f, .momentum = 0.01f};
static const nn_row relu = {.kind = NN_RELU}, hard_swish = {.kind = NN_ACTIVATION, .function = NN_HARD_SWISH};
static const nn_row hard_sigmoid = {
    .kind = NN_ACTIVATION, .function = NN_HARD_SIGMOID, .alpha = 1.0f / 6, .beta = 0.5f};

amend_status mobilenet_v3_build(nn_table *table, const backbone_options *options, size_t *features)
{
    bool small = options->kind == BACKBONE_MOBILENET_V3_SMALL;
    bool full = options->small_stem; /* the next stride is 1 */
    const row *rows = small ? small_rows : large_rows;
    size_t count = small ? sizeof small_rows / sizeof *rows : sizeof large_rows / sizeof *rows;
    size_t map = table->count - 1;
    char prefix[32];
    const nn_row first = {.channels = backbone_divisible(16 * options->width), .kernel = 3, .stride = full ? 1 : 2};
    TRY(backbone_add_unit(table, "features.0.", first, &norm, &hard_swish, &map));
    for (size_t i = 0; i < count; i++) {
        backbone_inverted block = {.expanded = backbone_divisible((double)rows[i].expanded * options->width),
                                   .kernel = rows[i].kernel,
                                   .stride = full ? 1 : rows[i].stride,
                                   .channels = backbone_divisible((double)rows[i].channels * options->width),
                                   .norm = norm,
                                   .activation = rows[i].hard ? hard_swish : relu,
                                   .inner = relu,
                                   .gate = hard_sigmoid};
        if (rows[i].squeeze) block.squeezed = backbone_divisible((double)(block.expanded / 4));
        full = full && rows[i].stride == 1;
        snprintf(prefix, sizeof prefix, "features.%zu.", i + 1);
        TRY(backbone_add_inverted(table, prefix, &block, &map));
    }
    snprintf(prefix, sizeof prefix, "features.%zu.", count + 1);
    *features = map;
    return backbone_add_unit(table, prefix, (nn_row){.channels = backbone_channels(options), .kernel = 1}, &norm,
                             &hard_swish, features);
}
