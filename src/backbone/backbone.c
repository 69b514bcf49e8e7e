/* Which builder makes which network, and what they share. */
#include "backbone/backbone.h"

#include <math.h>
#include <stdio.h>

#include "backbone/builders.h"

const char *const backbone_names[] = {"resnet18", "resnet34", "resnet50",     "vgg11_bn",
                                      "vgg13_bn", "vgg16_bn", "mobilenet_v2", NULL};

static const struct family {
    amend_status (*build)(nn_table *table, const backbone_options *options, size_t *features);
    size_t channels;
} families[BACKBONES] = {[BACKBONE_RESNET18] = {resnet_build, 512},
                         [BACKBONE_RESNET34] = {resnet_build, 512},
                         [BACKBONE_RESNET50] = {resnet_build, 2048},
                         [BACKBONE_VGG11] = {vgg_build, 512},
                         [BACKBONE_VGG13] = {vgg_build, 512},
                         [BACKBONE_VGG16] = {vgg_build, 512},
                         [BACKBONE_MOBILENET_V2] = {mobilenet_build, 1280}};

static size_t base_channels(double width)
{
    return backbone_round(64, width);
}

size_t backbone_channels(const backbone_options *o)
{
    if (o->kind == BACKBONE_MOBILENET_V2) return backbone_round(1280, o->width > 1 ? o->width : 1);
    return base_channels(o->width) * (families[o->kind].channels / 64);
}

amend_status backbone_build(nn_table *table, const backbone_options *o, size_t *features)
{
    if ((unsigned)o->kind >= BACKBONES) return status_error(AMEND_BAD_ARGUMENT, "no backbone number %d", (int)o->kind);
    if (!(o->width >= 0.125 && o->width <= 4))
        return status_error(AMEND_BAD_ARGUMENT, "%s: width factor %g; 0.125..4 are possible", backbone_names[o->kind],
                            o->width);
    return status_prefix(families[o->kind].build(table, o, features), "%s", backbone_names[o->kind]);
}

static void name_row(nn_row *row, const char *prefix, const char *suffix)
{
    snprintf(row->name, sizeof row->name, "%.31s%.31s", prefix, suffix);
}

amend_status backbone_add_conv(nn_table *table, const char *prefix, const char *suffix, nn_row conv, size_t *map)
{
    conv.kind = NN_CONV;
    conv.in[0] = *map;
    if (!conv.stride) conv.stride = 1;
    conv.pad = conv.kernel / 2;
    name_row(&conv, prefix, suffix);
    return nn_table_add(table, conv, map);
}

amend_status backbone_add_plain(nn_table *table, nn_kind kind, const char *prefix, const char *suffix, size_t *map)
{
    nn_row row = {.kind = kind, .in = {*map}};
    name_row(&row, prefix, suffix);
    return nn_table_add(table, row, map);
}

amend_status backbone_add_sum(nn_table *table, const char *prefix, const char *suffix, size_t other, size_t *map)
{
    nn_row row = {.kind = NN_ADD, .in = {*map, other}};
    name_row(&row, prefix, suffix);
    return nn_table_add(table, row, map);
}

size_t backbone_round(size_t channels, double width)
{
    size_t rounded = (size_t)lround((double)channels * width / 16) * 16;
    return rounded ? rounded : 16;
}
