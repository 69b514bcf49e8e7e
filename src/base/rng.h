/* Random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. The state is a plain value:
 * copy it, save it, compare it. The same seed and stream give the same numbers on every machine. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct rng {
    uint64_t state[4];
} rng;

/* Independent generators for every (seed, stream, index): seed of the run, stream = epoch, index = sample. */
rng rng_make(uint64_t seed, uint64_t stream, uint64_t index);

uint64_t rng_next(rng *r);
double rng_uniform(rng *r);                            /* [0, 1) */
double rng_between(rng *r, double low, double high);   /* [low, high) */
size_t rng_below(rng *r, size_t bound);                /* 0 .. bound - 1, unbiased; bound > 0 */
double rng_normal(rng *r);                             /* mean 0, variance 1 (Box-Muller, one of the pair) */
void rng_shuffle(rng *r, size_t *items, size_t count); /* Fisher-Yates */

#endif
