/* Learning rates of parts of a network, as a recipe writes them: "backbone:0,layer4:0.1". */
#ifndef TRAIN_RATES_H
#define TRAIN_RATES_H

#include "nn/params.h"

/* Sets the factors of all parameters whose names begin with an entry's, up to a dot or their end; `backbone` stands for
 * all but the head (arm.*, fc.*). Later entries win; what no entry names keeps its factor. AMEND_BAD_ARGUMENT when an
 * entry names no parameter that can be trained. */
amend_status rates_apply(const char *text, nn_params *params) AMEND_MUST_USE;

#endif
