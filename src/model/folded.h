/* A model as inference sees it: convolutions with bias, and the whole head, with its projection, as one linear map
 * (arm/fold.h). */
#ifndef MODEL_FOLDED_H
#define MODEL_FOLDED_H

#include "model/description.h"
#include "nn/program.h"

typedef struct model_folded {
    nn_table table; /* its last row, "fc", is the folded head: classes x (h w C) of the feature map */
    nn_params params;
    nn_steps steps; /* int8: what a code of each row's result is worth; else zero */
} model_folded;

/* The folded network of a description, its parameters zero. */
amend_status model_folded_create(const model_description *description, model_folded **folded) AMEND_MUST_USE;

/* `params` are the model's as description_load_params read them. A `batch` head is folded as for a batch of one image,
 * whose own mean then is the generic part. Freed with model_folded_free; *folded is NULL after an error. */
amend_status model_fold(const model_description *description, const nn_params *params,
                        model_folded **folded) AMEND_MUST_USE;
void model_folded_free(model_folded *folded); /* accepts NULL */

#endif
