/* Networks that turn an image into a feature map, as rows of a table with torchvision's parameter names. */
#ifndef BACKBONE_BACKBONE_H
#define BACKBONE_BACKBONE_H

#include "nn/table.h"

typedef enum backbone_kind {
    BACKBONE_RESNET18,
    BACKBONE_RESNET34,
    BACKBONE_RESNET50,
    BACKBONE_VGG11, /* with batch normalisation, as the other two */
    BACKBONE_VGG13,
    BACKBONE_VGG16,
    BACKBONE_MOBILENET_V2,
    BACKBONE_MOBILENET_V3_SMALL,
    BACKBONE_MOBILENET_V3_LARGE,
    BACKBONE_EFFICIENTNET_B0,
    BACKBONES
} backbone_kind;

typedef struct backbone_options {
    backbone_kind kind;
    bool small_stem; /* for images of 32..64 pixels, whose map would else be too small. ResNet: 3x3, stride 1, no
                        pooling; VGG: without the last pooling; MobileNet, EfficientNet: stride 1 in the first two
                        layers that have 2 */
    double width;    /* factor on the channels, 0.125..4; 1 is the published network */
} backbone_options;

/* "resnet18"; the list ends with NULL. */
extern const char *const backbone_names[];

/* Channels of the last feature map. */
size_t backbone_channels(const backbone_options *options);

/* Appends the backbone behind the table's last row; *features is the row of the last feature map. */
amend_status backbone_build(nn_table *table, const backbone_options *options, size_t *features) AMEND_MUST_USE;

#endif
