/* From another program's weights to a model of amend. */
#ifndef MODEL_IMPORT_H
#define MODEL_IMPORT_H

#include "model/description.h"

/* What weights alone do not say. */
typedef struct import_options {
    const char *labels;           /* names of the classes in their order, with commas between; must be given */
    size_t size;                  /* input side in pixels; 0: as the head's size says, 224 with average pooling */
    const char *mean, *deviation; /* a number a channel, with commas; NULL: ImageNet's for RGB */
} import_options;

/* Reads a PyTorch checkpoint or a safetensors file without description, works out the network from the tensors' names
 * and shapes (stem, width, channels, classes, head, arrangement, input size) and writes the model. Errors name what is
 * missing, left over or has another shape. */
amend_status model_import(const char *path, const import_options *options, const char *out,
                          model_description *description) AMEND_MUST_USE;

#endif
