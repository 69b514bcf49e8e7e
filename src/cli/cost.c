/* Costs from the table's rows. */
#include "cli/cost.h"

#include <stdio.h>

#include "base/mem.h"

static amend_status measure(const model_description *d, nn_table *table, network_cost *cost)
{
    size_t features;
    nn_params params;
    TRY(description_backbone(d, table, &features));
    TRY(nn_params_create(table, &params));
    *cost = (network_cost){.map = table->shapes[features]};
    for (size_t i = 0; i < params.count; i++) cost->parameters += params.items[i].trainable ? params.items[i].count : 0;
    for (size_t i = 1; i <= features; i++) cost->products += nn_row_products(table, i);
    cost->head = d->classes * nn_shape_count(cost->map);
    cost->products += cost->head;
    nn_params_free(&params);
    return status_ok();
}

amend_status network_cost_of(const model_description *d, network_cost *cost)
{
    nn_table *table = NULL;
    TRY(mem_alloc(&table, 1, sizeof *table, "network"));
    amend_status status = measure(d, table, cost);
    mem_free(table);
    return status;
}

amend_status network_costs_print(void)
{
    printf("%-18s %13s %11s %14s  %s\n", "backbone", "map at 224", "parameters", "multiply-adds", "r that fit");
    for (int kind = 0; kind < BACKBONES; kind++) {
        const model_description d = {
            .backbone = (backbone_kind)kind, .width = 1, .size = 224, .channels = 3, .classes = 8};
        network_cost cost;
        char map[32], factors[160];
        TRY(network_cost_of(&d, &cost));
        snprintf(map, sizeof map, "%zu x %zu x %zu", cost.map.c, cost.map.h, cost.map.w);
        arm_geometry_factors(cost.map.c, factors, sizeof factors);
        printf("%-18s %13s %9.2f M %12.0f M  %s\n", backbone_names[kind], map, (double)cost.parameters / 1e6,
               (double)(cost.products - cost.head) / 1e6, factors);
    }
    return status_ok();
}
