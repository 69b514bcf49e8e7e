/* Sharing affinity: which mean of the unique features f_generic is, and the constants of the head's running statistics.
 */
#ifndef ARM_AFFINITY_H
#define ARM_AFFINITY_H

typedef enum arm_affinity {
    ARM_AFFINITY_NONE,  /* f_expression = f_unique */
    ARM_AFFINITY_BATCH, /* mean over the current batch, in evaluation too: a prediction depends on its neighbours */
    ARM_AFFINITY_EMA    /* the batch's mean in training, its running mean in evaluation */
} arm_affinity;

#define ARM_EPSILON 1e-5 /* added to the variance by the head's batch normalisation, as PyTorch does */
#define ARM_MOMENTUM 0.1 /* running <- (1 - momentum) running + momentum current: mean, variance and generic */

#endif
