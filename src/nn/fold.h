/* Batch normalisation folded into the convolution before it: with running statistics both are one affine map. One that
 * stands elsewhere becomes a convolution of its own. */
#ifndef NN_FOLD_H
#define NN_FOLD_H

#include "nn/params.h"

/* Writes the rows 0 .. `last` of `table` without normalisations, convolutions with a bias; went_to[i] is where row i
 * went. */
amend_status nn_fold_rows(const nn_table *table, size_t last, nn_table *folded,
                          size_t went_to[NN_MAX_ROWS]) AMEND_MUST_USE;

/* Fills the rows of `into` (of the folded table, or of one that goes on behind it) from the parameters of the table.
 * AMEND_BAD_DATA for a running variance below zero or NaN. */
amend_status nn_fold_values(const nn_table *table, size_t last, const nn_params *params,
                            nn_params *into) AMEND_MUST_USE;

#endif
