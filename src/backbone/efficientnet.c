/* EfficientNet-B0 (Tan and Le, arXiv 1905.11946, table 1), up to the last convolution. Its stochastic depth, which does
 * nothing at evaluation, is left out. */
#include <stdio.h>

#include "backbone/builders.h"

static const struct stage {
    size_t expansion, kernel, stride, channels, repeats;
} stages[] = {{1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3},
              {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};
enum { STAGES = sizeof stages / sizeof *stages };

static const nn_row norm = {.kind = NN_BATCH_NORM}, swish = {.kind = NN_ACTIVATION, .function = NN_SWISH};
static const nn_row sigmoid = {.kind = NN_ACTIVATION, .function = NN_SIGMOID};

static amend_status add_stage(nn_table *table, size_t number, size_t stride, size_t channels, size_t *map)
{
    const struct stage *s = &stages[number - 1];
    for (size_t i = 0; i < s->repeats; i++) {
        size_t in = table->shapes[*map].c;
        const backbone_inverted block = {.expanded = backbone_divisible((double)(in * s->expansion)),
                                         .kernel = s->kernel,
                                         .stride = i ? 1 : stride,
                                         .channels = channels,
                                         .squeezed = in / 4,
                                         .norm = norm,
                                         .activation = swish,
                                         .inner = swish,
                                         .gate = sigmoid};
        char prefix[NN_NAME_SIZE];
        snprintf(prefix, sizeof prefix, "features.%zu.%zu.", number, i);
        TRY(backbone_add_inverted(table, prefix, &block, map));
    }
    return status_ok();
}

amend_status efficientnet_build(nn_table *table, const backbone_options *options, size_t *features)
{
    bool full = options->small_stem; /* the next stride is 1 */
    size_t map = table->count - 1;
    const nn_row first = {.channels = backbone_divisible(32 * options->width), .kernel = 3, .stride = full ? 1 : 2};
    TRY(backbone_add_unit(table, "features.0.", first, &norm, &swish, &map));
    for (size_t i = 0; i < STAGES; i++) {
        TRY(add_stage(table, i + 1, full ? 1 : stages[i].stride,
                      backbone_divisible((double)stages[i].channels * options->width), &map));
        full = full && stages[i].stride == 1;
    }
    *features = map;
    return backbone_add_unit(table, "features.8.", (nn_row){.channels = backbone_channels(options), .kernel = 1}, &norm,
                             &swish, features);
}
