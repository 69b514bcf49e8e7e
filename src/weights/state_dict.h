/* The tensors of another program's weight file under the names that amend gives them (docs/weights.md). */
#ifndef WEIGHTS_STATE_DICT_H
#define WEIGHTS_STATE_DICT_H

#include "weights/weight_file.h"

typedef struct state_dict {
    weight_file *file;
    tensor_view *tensors; /* by name */
    char **names;
    size_t count;
} state_dict;

/* Opens the file and renames: torchvision's names stay, wrappers' prefixes go, and so do the counters that PyTorch's
 * normalisations keep. Two tensors of one name are refused. Zero `dict` before. */
amend_status state_dict_open(const char *path, state_dict *dict) AMEND_MUST_USE;
void state_dict_close(state_dict *dict); /* accepts a zeroed one */

const tensor_view *state_dict_find(const state_dict *dict, const char *name); /* NULL: not there */

#endif
