/* The names of Python that a checkpoint may use, and what amend does in their place. */
#ifndef WEIGHTS_PICKLE_GLOBALS_H
#define WEIGHTS_PICKLE_GLOBALS_H

#include "weights/pickle.h"

/* Index of MODULE.NAME; -1: not one of them. */
int pickle_global_find(const unsigned char *module, size_t module_length, const unsigned char *name,
                       size_t name_length);

/* The type of the values that a storage's class holds; false: the global is not one. */
bool pickle_global_storage(const pickle_value *global, tensor_type *type);

/* What calling `global` with the tuple `arguments` gives, in *result: a new value, whose items (or NULL) are the
 * caller's, or, when *same is set, the value of that index. `problem` says what is wrong with the call when false comes
 * back. */
typedef struct pickle_call {
    pickle_value result;
    uint32_t same;  /* not 0: this value is the result */
    uint32_t pairs; /* not 0: the result is a dictionary, to be filled from this list of pairs */
    const char *problem;
} pickle_call;
bool pickle_global_call(const pickle *p, const pickle_value *global, uint32_t arguments, pickle_call *call);

/* Is the tuple a persistent id of a storage: ("storage", type, key, place, values) or, before PyTorch 1.6, with a view
 * behind, which must be None? `problem` as above. */
bool pickle_is_storage(const pickle *p, const pickle_value *id, const char **problem);

#endif
