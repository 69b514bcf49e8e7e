/* Inverted residuals with squeeze-and-excitation, as torchvision's MobileNetV3 and EfficientNet name their rows. */
#include <stdio.h>

#include "backbone/builders.h"

/* PREFIX avgpool, fc1, activation, fc2, scale_activation; the product has the name of the whole. */
static amend_status add_squeeze(nn_table *table, const char *prefix, const backbone_inverted *block, size_t *map)
{
    size_t gate = *map, channels = table->shapes[*map].c;
    TRY(backbone_add_plain(table, NN_GLOBAL_POOL, prefix, "avgpool", &gate));
    TRY(backbone_add_conv(table, prefix, "fc1", (nn_row){.channels = block->squeezed, .kernel = 1, .bias = true},
                          &gate));
    TRY(backbone_add_row(table, prefix, "activation", block->inner, &gate));
    TRY(backbone_add_conv(table, prefix, "fc2", (nn_row){.channels = channels, .kernel = 1, .bias = true}, &gate));
    TRY(backbone_add_row(table, prefix, "scale_activation", block->gate, &gate));
    nn_row product = {.kind = NN_COMBINE, .operation = NN_TIMES, .in = {*map, gate}};
    snprintf(product.name, sizeof product.name, "%.*s", (int)strlen(prefix) - 1, prefix);
    return nn_table_add(table, product, map);
}

enum { PART_SIZE = 48 };

static const char *name_part(char part[PART_SIZE], const char *prefix, size_t place)
{
    snprintf(part, PART_SIZE, "%sblock.%zu.", prefix, place);
    return part;
}

amend_status backbone_add_inverted(nn_table *table, const char *prefix, const backbone_inverted *block, size_t *map)
{
    const nn_row deep = {
        .channels = block->expanded, .kernel = block->kernel, .stride = block->stride, .groups = block->expanded};
    const nn_row none = {.kind = NN_INPUT};
    size_t start = *map, in = table->shapes[start].c, place = 0;
    char part[PART_SIZE];
    if (block->expanded != in)
        TRY(backbone_add_unit(table, name_part(part, prefix, place++),
                              (nn_row){.channels = block->expanded, .kernel = 1}, &block->norm, &block->activation,
                              map));
    TRY(backbone_add_unit(table, name_part(part, prefix, place++), deep, &block->norm, &block->activation, map));
    if (block->squeezed) TRY(add_squeeze(table, name_part(part, prefix, place++), block, map));
    TRY(backbone_add_unit(table, name_part(part, prefix, place), (nn_row){.channels = block->channels, .kernel = 1},
                          &block->norm, &none, map));
    return block->stride == 1 && in == block->channels ? backbone_add_sum(table, prefix, "add", start, map)
                                                       : status_ok();
}
