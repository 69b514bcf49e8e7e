/* Networks in ONNX as models, whose description is in the file's metadata, and as backbones of models to be trained. */
#ifndef MODEL_ONNX_MODEL_H
#define MODEL_ONNX_MODEL_H

#include "model/description.h"
#include "weights/onnx_import.h"

/* *logits: the row of the output "logits", one value a class. Free *network with onnx_network_free. */
amend_status onnx_model_open(const char *path, model_description *description, onnx_network **network,
                             size_t *logits) AMEND_MUST_USE;

/* Takes what an ONNX file holds in front of its classifier as the description's backbone, for the description's size
 * and channels: the file's own size may be another one. *network has its weights. Both are the caller's, after an error
 * too: description_free, onnx_network_free. */
amend_status onnx_model_backbone(const char *path, model_description *description,
                                 onnx_network **network) AMEND_MUST_USE;

/* Fills what a description's network has of the backbone, by name; returns how many tensors. */
size_t onnx_model_fill(const onnx_network *network, nn_params *params);

#endif
