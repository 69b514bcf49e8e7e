/* Batch normalisation folded into the convolution before it: with running statistics both are one affine map. */
#ifndef NN_FOLD_H
#define NN_FOLD_H

#include "nn/params.h"

/* Writes the rows 0 .. `last` of `table` (convolutions, each with a normalisation directly behind it, sums, relu,
 * pools) without normalisations, convolutions with a bias; *features is where row `last` went. */
amend_status nn_fold_rows(const nn_table *table, size_t last, nn_table *folded, size_t *features) AMEND_MUST_USE;

/* Fills the convolutions of `into` (of the folded table, or of one that goes on behind it) from the parameters of the
 * table. AMEND_BAD_DATA for a running variance below zero or NaN. */
amend_status nn_fold_values(const nn_table *table, size_t last, const nn_params *params,
                            nn_params *into) AMEND_MUST_USE;

#endif
