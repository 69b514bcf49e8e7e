/* Heads as rows. */
#include "arm/head.h"

#include "arm/geometry.h"

const char *arm_head_name(arm_head head)
{
    static const char *const names[] = {"gap", "none", "batch", "ema"};
    return names[head];
}

static nn_affinity affinity_of(arm_head head)
{
    return head == ARM_HEAD_EMA ? NN_AFFINITY_EMA : head == ARM_HEAD_BATCH ? NN_AFFINITY_BATCH : NN_AFFINITY_NONE;
}

amend_status arm_head_build(nn_table *table, arm_head head, size_t features, size_t arrangement, size_t classes)
{
    nn_shape map = table->shapes[features];
    size_t at = features;
    if (head == ARM_HEAD_GAP) {
        TRY(nn_table_add(table, (nn_row){.kind = NN_GLOBAL_POOL, .name = "avgpool", .in = {at}}, &at));
    } else {
        arm_geometry g;
        TRY(arm_geometry_make(map.c, map.h, map.w, arrangement, &g));
        TRY(nn_table_add(table, (nn_row){.kind = NN_ARRANGE, .name = "arm.arrange", .in = {at}, .factor = arrangement},
                         &at));
        TRY(nn_table_add(table,
                         (nn_row){.kind = NN_SHARED_CONV,
                                  .name = "arm.de_albino",
                                  .in = {at},
                                  .channels = g.planes,
                                  .kernel = g.kernel,
                                  .stride = g.stride},
                         &at));
        TRY(nn_table_add(table, (nn_row){.kind = NN_BATCH_NORM, .name = "arm.bn", .in = {at}}, &at));
        TRY(nn_table_add(table, (nn_row){.kind = NN_AFFINITY, .name = "arm", .in = {at}, .affinity = affinity_of(head)},
                         &at));
    }
    return nn_table_add(table, (nn_row){.kind = NN_LINEAR, .name = "fc", .in = {at}, .channels = classes}, &at);
}
