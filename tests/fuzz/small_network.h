/* Networks of strangers that are worth running: small enough to take no time. */
#ifndef TESTS_FUZZ_SMALL_NETWORK_H
#define TESTS_FUZZ_SMALL_NETWORK_H

#include <stdbool.h>

#include "weights/onnx_import.h"

/* At most so many values in weights and maps together, and so many rows. */
static inline bool is_small(const onnx_network *n, size_t most, size_t rows)
{
    size_t values = n->params.values;
    for (size_t i = 0; i < n->table.count && values <= most; i++) values += nn_shape_count(n->table.shapes[i]);
    return values <= most && n->table.count <= rows;
}

#endif
