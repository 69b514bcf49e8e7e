/* One run of an ablation: a seed of a row, trained in its folder, measured on a split. */
#ifndef ABLATE_RUN_H
#define ABLATE_RUN_H

#include "ablate/results.h"
#include "data/dataset.h"

typedef struct ablate_run {
    const char *folder;              /* of the run */
    const char *data;                /* data set */
    recipe recipe;                   /* with seed, decided */
    uint64_t recipe_hash, data_hash; /* run_hash; run_data_hash of what it trains on */
    data_split split;
} ablate_run;

/* Whether the folder holds, in part or whole, the run of another recipe or data set. *other is what its line of the
 * results says, which stays where the folder does not tell. */
amend_status ablate_run_is_other(const ablate_run *run, bool *other) AMEND_MUST_USE;

/* Removes what such a run would be resumed from, and its model. */
amend_status ablate_run_forget(const ablate_run *run) AMEND_MUST_USE;

/* Trains, or goes on, or finds it done; then measures single images in f32 with the model's own affinity. Fills the
 * figures of *result. AMEND_INTERRUPTED: stopped by the user, its state saved. */
amend_status ablate_run_do(const ablate_run *run, ablate_result *result) AMEND_MUST_USE;

#endif
