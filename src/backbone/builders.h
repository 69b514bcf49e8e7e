/* What the builders of backbones share: rows named PREFIXsuffix. */
#ifndef BACKBONE_BUILDERS_H
#define BACKBONE_BUILDERS_H

#include "backbone/backbone.h"

/* Row `*map` goes in, the new row comes out. */
amend_status backbone_add_row(nn_table *table, const char *prefix, const char *suffix, nn_row row,
                              size_t *map) AMEND_MUST_USE;
amend_status backbone_add_plain(nn_table *table, nn_kind kind, const char *prefix, const char *suffix,
                                size_t *map) AMEND_MUST_USE;
amend_status backbone_add_sum(nn_table *table, const char *prefix, const char *suffix, size_t other,
                              size_t *map) AMEND_MUST_USE;

/* With a padding of half its kernel. */
amend_status backbone_add_conv(nn_table *table, const char *prefix, const char *suffix, nn_row conv,
                               size_t *map) AMEND_MUST_USE;

/* torchvision's Conv2dNormActivation: PREFIX 0, 1 and 2; the activation NN_INPUT stands for none. */
amend_status backbone_add_unit(nn_table *table, const char *prefix, nn_row conv, const nn_row *norm,
                               const nn_row *activation, size_t *map) AMEND_MUST_USE;

/* Widen by 1x1, convolve each channel, weigh the channels by a gate, narrow by 1x1; and the way around where the shape
 * stays. */
typedef struct backbone_inverted {
    size_t expanded, kernel, stride, channels;
    size_t squeezed; /* channels inside the gate's branch; 0: no gate */
    nn_row norm, activation;
    nn_row inner, gate; /* functions of the gate's branch */
} backbone_inverted;
amend_status backbone_add_inverted(nn_table *table, const char *prefix, const backbone_inverted *block,
                                   size_t *map) AMEND_MUST_USE;

/* Channels times width, in whole vector registers of 16: and oneDNN 2.6 writes past its buffers in the backward pass of
 * 1x1, stride 2 convolutions with other counts. */
size_t backbone_round(size_t channels, double width);

/* torchvision's rounding in mobile networks: to the nearest multiple of 8, never by more than a tenth down. */
size_t backbone_divisible(double channels);

/* One builder a family; `options` are checked. */
amend_status resnet_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status vgg_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status mobilenet_v2_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status mobilenet_v3_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;
amend_status efficientnet_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;

#endif
