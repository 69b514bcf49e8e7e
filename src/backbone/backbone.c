/* Which builder makes which network, and what they share. */
#include "backbone/backbone.h"

#include <math.h>
#include <stdio.h>

#include "backbone/builders.h"

const char *const backbone_names[] = {
    "resnet18",     "resnet34",           "resnet50",           "vgg11_bn",        "vgg13_bn", "vgg16_bn",
    "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", NULL};

static amend_status (*const builders[BACKBONES])(nn_table *table, const backbone_options *options, size_t *features) = {
    [BACKBONE_RESNET18] = resnet_build,
    [BACKBONE_RESNET34] = resnet_build,
    [BACKBONE_RESNET50] = resnet_build,
    [BACKBONE_VGG11] = vgg_build,
    [BACKBONE_VGG13] = vgg_build,
    [BACKBONE_VGG16] = vgg_build,
    [BACKBONE_MOBILENET_V2] = mobilenet_v2_build,
    [BACKBONE_MOBILENET_V3_SMALL] = mobilenet_v3_build,
    [BACKBONE_MOBILENET_V3_LARGE] = mobilenet_v3_build,
    [BACKBONE_EFFICIENTNET_B0] = efficientnet_build,
};

size_t backbone_channels(const backbone_options *o)
{
    switch (o->kind) {
    case BACKBONE_RESNET50:
        return 32 * backbone_round(64, o->width);
    case BACKBONE_MOBILENET_V2:
        return backbone_round(1280, o->width > 1 ? o->width : 1);
    case BACKBONE_MOBILENET_V3_SMALL:
        return 6 * backbone_divisible(96 * o->width);
    case BACKBONE_MOBILENET_V3_LARGE:
        return 6 * backbone_divisible(160 * o->width);
    case BACKBONE_EFFICIENTNET_B0:
        return 4 * backbone_divisible(320 * o->width);
    default:
        return 8 * backbone_round(64, o->width);
    }
}

amend_status backbone_build(nn_table *table, const backbone_options *o, size_t *features)
{
    if ((unsigned)o->kind >= BACKBONES) return status_error(AMEND_BAD_ARGUMENT, "no backbone number %d", (int)o->kind);
    if (!(o->width >= 0.125 && o->width <= 4))
        return status_error(AMEND_BAD_ARGUMENT, "%s: width factor %g; 0.125..4 are possible", backbone_names[o->kind],
                            o->width);
    return status_prefix(builders[o->kind](table, o, features), "%s", backbone_names[o->kind]);
}

amend_status backbone_add_row(nn_table *table, const char *prefix, const char *suffix, nn_row row, size_t *map)
{
    row.in[0] = *map;
    snprintf(row.name, sizeof row.name, "%.31s%.31s", prefix, suffix);
    return nn_table_add(table, row, map);
}

amend_status backbone_add_plain(nn_table *table, nn_kind kind, const char *prefix, const char *suffix, size_t *map)
{
    return backbone_add_row(table, prefix, suffix, (nn_row){.kind = kind}, map);
}

amend_status backbone_add_sum(nn_table *table, const char *prefix, const char *suffix, size_t other, size_t *map)
{
    return backbone_add_row(table, prefix, suffix, (nn_row){.kind = NN_ADD, .in = {0, other}}, map);
}

amend_status backbone_add_conv(nn_table *table, const char *prefix, const char *suffix, nn_row conv, size_t *map)
{
    conv.kind = NN_CONV;
    if (!conv.stride) conv.stride = 1;
    conv.pad = conv.kernel / 2;
    return backbone_add_row(table, prefix, suffix, conv, map);
}

amend_status backbone_add_unit(nn_table *table, const char *prefix, nn_row conv, const nn_row *norm,
                               const nn_row *activation, size_t *map)
{
    TRY(backbone_add_conv(table, prefix, "0", conv, map));
    TRY(backbone_add_row(table, prefix, "1", *norm, map));
    return activation->kind == NN_INPUT ? status_ok() : backbone_add_row(table, prefix, "2", *activation, map);
}

size_t backbone_round(size_t channels, double width)
{
    size_t rounded = (size_t)lround((double)channels * width / 16) * 16;
    return rounded ? rounded : 16;
}

size_t backbone_divisible(double channels)
{
    size_t rounded = (size_t)((channels + 4) / 8) * 8;
    if (rounded < 8) rounded = 8;
    return (double)rounded < 0.9 * channels ? rounded + 8 : rounded;
}
