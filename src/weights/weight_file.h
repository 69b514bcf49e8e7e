/* A weight file of any format that amend reads, told by its first bytes: for looking at it and for importing it. */
#ifndef WEIGHTS_WEIGHT_FILE_H
#define WEIGHTS_WEIGHT_FILE_H

#include "weights/tensor.h"

typedef struct weight_file weight_file;

amend_status weight_file_open(const char *path, weight_file **file) AMEND_MUST_USE;
void weight_file_free(weight_file *file); /* accepts NULL */

const char *weight_file_path(const weight_file *file);
const char *weight_file_format(const weight_file *file); /* "safetensors", "PyTorch" ... */
size_t weight_file_count(const weight_file *file);
tensor_view weight_file_at(const weight_file *file, size_t index);

/* The next thing that the file says beside its tensors: metadata, or a checkpoint's other entries. Good until the next
 * call; false past the last one, and then from the first again. */
bool weight_file_next_note(weight_file *file, const char **name, const char **value);

#endif
