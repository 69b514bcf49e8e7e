/* The floor: oneDNN's own time for a network's convolutions on this machine, now. Everything above it is overhead. */
#ifndef NN_FLOOR_H
#define NN_FLOOR_H

#include "nn/table.h"

typedef struct nn_floor {
    double forward, backward_data, backward_weights; /* seconds a batch; the first layer's backward-data is left out */
    double flops;                                    /* of all three passes of a batch */
} nn_floor;

/* `type` NN_U8: 8-bit integers (inference only). Without `training`, the passes are those of inference, with bias and
 * relu. Every pass runs `repeats` times in the layouts that oneDNN likes best; the medians are summed. */
amend_status nn_floor_measure(const nn_table *table, size_t batch, nn_type type, bool training, size_t repeats,
                              nn_floor *measured) AMEND_MUST_USE;

#endif
