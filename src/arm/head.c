/* Heads as rows. */
#include "arm/head.h"

#include <string.h>

const char *const arm_head_names[] = {"gap", "none", "batch", "ema", NULL};

static nn_affinity affinity_of(arm_head head)
{
    return head == ARM_HEAD_EMA ? NN_AFFINITY_EMA : head == ARM_HEAD_BATCH ? NN_AFFINITY_BATCH : NN_AFFINITY_NONE;
}

/* A linear map of the channels to as many as the arrangement wants: no bias and no normalisation, so that it folds. */
static amend_status add_projection(nn_table *table, const arm_variant *variant, size_t *at)
{
    if (!variant || !variant->project) return status_ok();
    const nn_row row = {
        .kind = NN_CONV, .name = "arm.project", .in = {*at}, .channels = variant->project, .kernel = 1, .stride = 1};
    return nn_table_add(table, row, at);
}

/* De-albino, or without it the planes as channels; *at: the last row. */
static amend_status add_de_albino(nn_table *table, const arm_geometry *g, size_t *at)
{
    nn_row row = {.kind = NN_PLANES, .name = "arm.planes", .in = {*at}, .channels = g->planes};
    if (g->kernels)
        row = (nn_row){.kind = NN_SHARED_CONV,
                       .name = "arm.de_albino",
                       .in = {*at},
                       .channels = g->planes,
                       .groups = g->kernels,
                       .kernel = g->kernel,
                       .stride = g->stride};
    return nn_table_add(table, row, at);
}

static amend_status add_arm(nn_table *table, arm_head head, size_t arrangement, const arm_variant *variant, size_t *at)
{
    nn_shape map = table->shapes[*at];
    nn_generic generic = variant ? variant->generic : NN_GENERIC_GRADIENT;
    arm_geometry g;
    TRY(arm_geometry_make(map.c, map.h, map.w, arrangement, variant, &g));
    if (generic == NN_GENERIC_RUNNING && head == ARM_HEAD_BATCH)
        return status_error(AMEND_BAD_ARGUMENT, "a head with affinity 'batch' has no running mean to train with");
    TRY(add_projection(table, variant, at));
    TRY(nn_table_add(table, (nn_row){.kind = NN_ARRANGE, .name = "arm.arrange", .in = {*at}, .factor = arrangement},
                     at));
    TRY(add_de_albino(table, &g, at));
    TRY(nn_table_add(table, (nn_row){.kind = NN_BATCH_NORM, .name = "arm.bn", .in = {*at}}, at));
    return nn_table_add(
        table,
        (nn_row){.kind = NN_AFFINITY, .name = "arm", .in = {*at}, .affinity = affinity_of(head), .generic = generic},
        at);
}

amend_status arm_head_build(nn_table *table, arm_head head, size_t features, size_t arrangement,
                            const arm_variant *variant, size_t classes)
{
    size_t at = features;
    if (head == ARM_HEAD_GAP)
        TRY(nn_table_add(table, (nn_row){.kind = NN_GLOBAL_POOL, .name = "avgpool", .in = {at}}, &at));
    else
        TRY(add_arm(table, head, arrangement, variant, &at));
    return nn_table_add(table, (nn_row){.kind = NN_LINEAR, .name = "fc", .in = {at}, .channels = classes}, &at);
}

bool arm_head_owns(const char *tensor)
{
    return !strncmp(tensor, "arm.", 4) || !strncmp(tensor, "fc.", 3);
}
