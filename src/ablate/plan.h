/* What an ablation compares: rows, each a name, seeds and a few changes to one recipe. The first is the baseline.
 *
 * In a file they are the section [ablate] of an ordinary recipe, a line a row:
 *
 *     [ablate]
 *     seeds = 1-3                        ; of rows that do not say their own
 *     gap @ 1-5 = model.head=gap
 *     one kernel a plane = model.de_albino=planes
 *     as it is =                         ; a row may change nothing
 */
#ifndef ABLATE_PLAN_H
#define ABLATE_PLAN_H

#include "ablate/seeds.h"
#include "train/recipe.h"

enum { ABLATE_ROWS = 64, ABLATE_NAME = 49, ABLATE_CHANGES = 200 };

typedef struct ablate_row {
    char name[ABLATE_NAME];
    char folder[ABLATE_NAME];     /* the name, safe for any file system; no other row's */
    char changes[ABLATE_CHANGES]; /* "model.head=gap train.batch=32" */
    seed_list seeds;              /* none before plan_finish: the plan's */
    recipe recipe;                /* after plan_finish, but for the seed */
} ablate_row;

typedef struct ablate_plan {
    recipe base;
    seed_list seeds;
    ablate_row rows[ABLATE_ROWS];
    size_t count;
} ablate_plan; /* large; no pointers inside */

/* Defaults of recipes, seeds 1 to 3, no rows. */
void plan_start(ablate_plan *plan);

/* The recipe at `path` and its rows, if it has any. Errors name file and line. */
amend_status plan_load(const char *path, ablate_plan *plan) AMEND_MUST_USE;

/* Adds a row; `name` may end with "@ SEEDS". */
amend_status plan_add(ablate_plan *plan, const char *name, const char *changes) AMEND_MUST_USE;

/* Adds a row for each head with each backbone. Lists are names between commas; NULL: the recipe's one. */
amend_status plan_cross(ablate_plan *plan, const char *heads, const char *backbones) AMEND_MUST_USE;

/* Applies each row's changes to the base and checks the result. `seeds` are for every row; NULL: its own. */
amend_status plan_finish(ablate_plan *plan, const seed_list *seeds) AMEND_MUST_USE;

/* The recipe of one run, decided for this machine. */
recipe plan_recipe(const ablate_row *row, size_t seed);

size_t plan_runs(const ablate_plan *plan);

#endif
