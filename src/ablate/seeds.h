/* Lists of seeds as people write them: "1,2,5" or "1-5" or both. */
#ifndef ABLATE_SEEDS_H
#define ABLATE_SEEDS_H

#include <stddef.h>

#include "base/status.h"

enum { ABLATE_SEEDS = 64 };

typedef struct seed_list {
    size_t values[ABLATE_SEEDS], count;
} seed_list;

/* At least one seed, none twice, each at most 10^15. On failure *list is as it was. */
amend_status seeds_parse(const char *text, seed_list *list) AMEND_MUST_USE;

#endif
