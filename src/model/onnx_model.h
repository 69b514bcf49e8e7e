/* Networks in ONNX as models: the description is in the file's metadata. */
#ifndef MODEL_ONNX_MODEL_H
#define MODEL_ONNX_MODEL_H

#include "model/description.h"
#include "weights/onnx_import.h"

/* *logits: the row of the output "logits", one value a class. Free *network with onnx_network_free. */
amend_status onnx_model_open(const char *path, model_description *description, onnx_network **network,
                             size_t *logits) AMEND_MUST_USE;

#endif
