/* The floor: oneDNN's own time for a network's convolutions on this machine, now. Everything above it is overhead. */
#ifndef NN_FLOOR_H
#define NN_FLOOR_H

#include "nn/params.h"

typedef struct nn_floor {
    double forward, backward_data, backward_weights; /* seconds a batch; passes that training leaves out are not in it:
                                                        backward-data of the first layer, all of frozen ones */
    double flops;                                    /* of all three passes of a batch */
} nn_floor;

/* `type` NN_U8: 8-bit integers (inference only). `trained` are the table's parameters, for a training step; NULL: the
 * passes are those of inference, with bias and relu. Every pass runs `repeats` times in the layouts that oneDNN likes
 * best; the medians are summed. */
amend_status nn_floor_measure(const nn_table *table, size_t batch, nn_type type, const nn_params *trained,
                              size_t repeats, nn_floor *measured) AMEND_MUST_USE;

#endif
