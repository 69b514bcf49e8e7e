/* ResNet-18 (He et al., "Deep Residual Learning for Image Recognition", arXiv 1512.03385, table 1) as rows of a table,
 * with torchvision's parameter names. */
#ifndef BACKBONE_RESNET_H
#define BACKBONE_RESNET_H

#include "nn/table.h"

typedef struct resnet_options {
    bool small_stem; /* 3x3, stride 1, no pooling, for images of 32..64 px; else 7x7, stride 2, max pooling */
    double width;    /* factor on the channels 64, 128, 256, 512; 1 is the published network */
} resnet_options;

/* Channels of the last feature map, a multiple of 128. */
size_t resnet18_channels(double width);

/* Appends the backbone behind the table's last row; *features is the row of the last feature map. */
amend_status resnet18_build(nn_table *table, const resnet_options *options, size_t *features) AMEND_MUST_USE;

#endif
