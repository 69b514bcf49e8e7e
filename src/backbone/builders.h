/* What the builders of backbones share: rows named PREFIXsuffix. */
#ifndef BACKBONE_BUILDERS_H
#define BACKBONE_BUILDERS_H

#include "backbone/backbone.h"

/* Row `*map` goes in, the new row comes out. */
amend_status backbone_add_conv(nn_table *table, const char *prefix, const char *suffix, nn_row conv,
                               size_t *map) AMEND_MUST_USE;
amend_status backbone_add_plain(nn_table *table, nn_kind kind, const char *prefix, const char *suffix,
                                size_t *map) AMEND_MUST_USE;
amend_status backbone_add_sum(nn_table *table, const char *prefix, const char *suffix, size_t other,
                              size_t *map) AMEND_MUST_USE;

/* Channels times width, in whole vector registers of 16: and oneDNN 2.6 writes past its buffers in the backward pass of
 * 1x1, stride 2 convolutions with other counts. */
size_t backbone_round(size_t channels, double width);

/* One builder a family; `options` are checked. */
amend_status resnet_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status vgg_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status mobilenet_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;

#endif
