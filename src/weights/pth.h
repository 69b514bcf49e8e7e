/* PyTorch checkpoints (torch.save): the zip format, and the one before PyTorch 1.6. No Python is needed and nothing of
 * the file is run (weights/pickle.h). What is read is the state dictionary: the tensors of the file's dictionary, or of
 * its "state_dict", "model_state_dict", "model" or "net". */
#ifndef WEIGHTS_PTH_H
#define WEIGHTS_PTH_H

#include "weights/tensor.h"

typedef struct pth pth;

/* Could these be the first bytes of a checkpoint? */
bool pth_begins(const unsigned char *bytes, size_t size);

/* Reads and checks the pickle, every tensor of the state dictionary and its storage. */
amend_status pth_open(const char *path, pth **file) AMEND_MUST_USE;

/* The same from `size` bytes in memory, which must outlive it; `name` stands in messages. */
amend_status pth_open_memory(const void *bytes, size_t size, const char *name, pth **file) AMEND_MUST_USE;
void pth_free(pth *file); /* accepts NULL */

const char *pth_format(const pth *file); /* "PyTorch" or "PyTorch before 1.6" */
size_t pth_count(const pth *file);
tensor_view pth_at(const pth *file, size_t index); /* in the dictionary's order, contiguous, their names the file's */

/* What is beside the state dictionary, for people: an epoch, an optimizer. *cursor is 0 before the first call; false
 * past the last one. */
enum { PTH_NOTE_SIZE = 128 };
typedef struct pth_note {
    char name[PTH_NOTE_SIZE], value[PTH_NOTE_SIZE];
} pth_note;
bool pth_note_next(const pth *file, size_t *cursor, pth_note *note);

#endif
