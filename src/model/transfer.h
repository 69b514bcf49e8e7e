/* Training that continues: the weights of another model, or of another program, for a network of ours. */
#ifndef MODEL_TRANSFER_H
#define MODEL_TRANSFER_H

#include "base/text.h"
#include "model/description.h"

typedef struct transfer_report {
    size_t taken;         /* tensors of the network that got the file's values */
    text_list kept, left; /* the network's that kept theirs, the file's that are not used */
    bool summed;          /* the first convolution reads colours in the file and gray in the network */
    bool grown;           /* the file's network is a narrower one: the first channels of this one */
} transfer_report;

/* Fills `params` (of the description's table, with first values) from a model of amend, a PyTorch checkpoint, a
 * safetensors or an unfolded ONNX file, by the names of docs/weights.md. The whole backbone must be there, with its
 * shapes; only kernels that read three channels are summed over them for a gray network, and a narrower network becomes
 * the first channels of this one, which do not read the others yet. Of the head, what is not there keeps its values; so
 * does a classifier of other classes or another input. Errors name the tensor and both shapes. */
amend_status model_transfer(const char *path, const model_description *description, nn_params *params,
                            transfer_report *report) AMEND_MUST_USE;

#endif
