/* Order of an epoch. */
#include "data/order.h"

#include "base/rng.h"

void order_fill(size_t *order, size_t count, bool shuffle, uint64_t seed, size_t epoch)
{
    for (size_t i = 0; i < count; i++) order[i] = i;
    if (!shuffle) return;
    rng r = rng_make(seed, epoch, UINT64_MAX); /* no sample has this index */
    rng_shuffle(&r, order, count);
}
