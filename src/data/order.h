/* In which order an epoch goes through the samples. */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 .. count - 1 into order[count]; shuffled by (seed, epoch) alone, or as listed. */
void order_fill(size_t *order, size_t count, bool shuffle, uint64_t seed, size_t epoch);

#endif
