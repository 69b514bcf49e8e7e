/* Networks with the random weights that training begins with. */
#ifndef TESTS_UNTRAINED_H
#define TESTS_UNTRAINED_H

#include "base/mem.h"
#include "model/description.h"

typedef struct untrained {
    nn_table *table;
    nn_params params;
} untrained;

static inline untrained untrained_make(const model_description *d, uint64_t seed)
{
    untrained u = {0};
    amend_status status = mem_alloc(&u.table, 1, sizeof *u.table, "network");
    if (!status.code) status = description_build(d, u.table);
    if (!status.code) status = nn_params_create(u.table, &u.params);
    if (status.code) fail_msg("%s", status.message);
    nn_params_init(&u.params, seed);
    return u;
}

/* Its values after the change that a test makes; freed. */
static inline void untrained_save(untrained *u, const model_description *d, tensor_type stored, const char *path)
{
    amend_status status = description_save(d, &u->params, stored, path);
    if (status.code) fail_msg("%s", status.message);
    nn_params_free(&u->params);
    mem_free(u->table);
}

#endif
