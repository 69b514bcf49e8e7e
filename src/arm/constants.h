/* The constants of the head's running statistics. */
#ifndef ARM_CONSTANTS_H
#define ARM_CONSTANTS_H

#define ARM_EPSILON 1e-5 /* added to the variance by the head's batch normalisation, as PyTorch does */
#define ARM_MOMENTUM 0.1 /* running <- (1 - momentum) running + momentum current: mean, variance and generic */

#endif
