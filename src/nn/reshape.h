/* A table for images of another size: the same rows, whose windows then slide over larger or smaller maps. */
#ifndef NN_RESHAPE_H
#define NN_RESHAPE_H

#include "nn/table.h"

typedef struct nn_reshaped {
    nn_table table;
    uint32_t *sources[NN_MAX_ROWS]; /* of its gathering rows; NULL: of others */
} nn_reshaped;

/* Rows keep their places. AMEND_UNSUPPORTED where a row is bound to a size: linear layers, global means, and values
 * moved otherwise than the same channels (or what is filled in) at each pixel, or at each pixel of a map that whole
 * factors enlarge. Sides that do not divide as the table's do may be refused too. Free with nn_reshape_free. */
amend_status nn_reshape(const nn_table *table, size_t height, size_t width, nn_reshaped **reshaped) AMEND_MUST_USE;
void nn_reshape_free(nn_reshaped *reshaped); /* accepts NULL */

#endif
