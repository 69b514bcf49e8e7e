/* VGG-11, 13 and 16 (Simonyan and Zisserman, arXiv 1409.1556, table 1: A, B, D) with a batch normalisation behind each
 * convolution. torchvision numbers all modules in one row: features.0 a convolution, .1 its norm, .2 the relu ... */
#include <stdio.h>

#include "backbone/builders.h"

static amend_status add_layer(nn_table *table, size_t channels, size_t *module, size_t *map)
{
    char name[32];
    const nn_row conv = {.channels = channels, .kernel = 3, .bias = true};
    snprintf(name, sizeof name, "features.%zu", *module);
    TRY(backbone_add_conv(table, "", name, conv, map));
    snprintf(name, sizeof name, "features.%zu", *module + 1);
    TRY(backbone_add_plain(table, NN_BATCH_NORM, "", name, map));
    snprintf(name, sizeof name, "features.%zu", *module + 2);
    *module += 3;
    return backbone_add_plain(table, NN_RELU, "", name, map);
}

amend_status vgg_build(nn_table *table, const backbone_options *options, size_t *features)
{
    static const size_t layers[3][5] = {{1, 1, 2, 2, 2}, {2, 2, 2, 2, 2}, {2, 2, 3, 3, 3}};
    const size_t *counts = layers[options->kind - BACKBONE_VGG11];
    size_t map = table->count - 1, module = 0, base = backbone_round(64, options->width);
    for (size_t stage = 0; stage < 5; stage++) {
        for (size_t i = 0; i < counts[stage]; i++)
            TRY(add_layer(table, base << (stage < 3 ? stage : 3), &module, &map));
        nn_row pool = {.kind = NN_MAX_POOL, .in = {map}, .kernel = 2, .stride = 2};
        snprintf(pool.name, sizeof pool.name, "features.%zu", module++);
        if (stage < 4 || !options->small_stem) TRY(nn_table_add(table, pool, &map));
    }
    *features = map;
    return status_ok();
}
