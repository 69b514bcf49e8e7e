/* Maps of the paper. */
#include "model/explain_maps.h"

#include "arm/erosion.h"
#include "base/mem.h"

static amend_status make_planes(const model_evidence *evidence, model_maps *maps)
{
    const arm_evidence_shape *s = &evidence->shape;
    TRY(mem_alloc(&maps->planes, s->channels * s->height * s->width, sizeof(double), "arranged planes"));
    arm_evidence_arrange(s, evidence->map, maps->planes);
    return status_ok();
}

static amend_status make_windows(const arm_geometry *g, model_maps *maps)
{
    size_t width = g->arranged_width;
    TRY(mem_alloc(&maps->windows, arm_geometry_outputs(g), sizeof(double), "erosion of windows"));
    TRY(mem_alloc(&maps->coverage, g->arranged_height * width, sizeof(double), "coverage"));
    arm_erosion_windows(g, maps->erosion, maps->windows);
    for (size_t y = 0; y < g->arranged_height; y++)
        for (size_t x = 0; x < width; x++) maps->coverage[y * width + x] = (double)arm_geometry_coverage(g, y, x);
    return status_ok();
}

amend_status model_maps_create(const model_explainer *explainer, const model_evidence *evidence, model_maps *maps)
{
    const arm_geometry *g = model_explainer_geometry(explainer);
    const arm_evidence_shape *s = &evidence->shape;
    *maps = (model_maps){0};
    TRY(mem_alloc(&maps->erosion, s->height * s->width, sizeof(double), "erosion"));
    TRY(model_explainer_erosion(explainer, maps->erosion));
    if (g) TRY(make_planes(evidence, maps));
    if (g && g->kernels) TRY(make_windows(g, maps));
    return status_ok();
}

void model_maps_free(model_maps *maps)
{
    mem_free(maps->planes);
    mem_free(maps->erosion);
    mem_free(maps->windows);
    mem_free(maps->coverage);
    *maps = (model_maps){0};
}
