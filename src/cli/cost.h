/* What a network is and costs before it is trained. */
#ifndef CLI_COST_H
#define CLI_COST_H

#include "model/description.h"

typedef struct network_cost {
    nn_shape map;      /* the backbone's last feature map */
    size_t parameters; /* of the backbone; statistics not counted */
    size_t products;   /* multiply-adds of an image: the backbone, and the folded head */
    size_t head;       /* of these, the folded head */
} network_cost;

amend_status network_cost_of(const model_description *description, network_cost *cost) AMEND_MUST_USE;

/* The table of `amend info --backbones`, on standard output. */
amend_status network_costs_print(void) AMEND_MUST_USE;

#endif
