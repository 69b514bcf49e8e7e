/* The page of the paper's maps. */
#include <stdio.h>

#include "image/plot_maps.h"
#include "model/explain_page.h"

enum { TEXT = 160, SHOWN_PLANES = 16 };

typedef struct texts {
    char title[TEXT], arranged[TEXT], laid[TEXT], planes[TEXT], evidence[TEXT];
    char positions[TEXT], pixels[TEXT], windows[TEXT], plane[SHOWN_PLANES][16];
} texts;

typedef struct maps_page {
    const explained *face;
    const arm_geometry *g;
    const model_maps *maps;
    texts t;
    map_panel planes[SHOWN_PLANES], erosion[2], coverage, evidence;
    map_group groups[4];
    size_t count;
} maps_page;

static void add_group(maps_page *p, map_group group)
{
    p->groups[p->count++] = group;
}

/* A map of its own, not over a face. */
static heat_grid filling(const double *values, size_t rows, size_t columns)
{
    return (heat_grid){.values = values, .rows = rows, .columns = columns};
}

static void add_planes(maps_page *p)
{
    size_t size = p->g->arranged_height * p->g->arranged_width, total = p->g->planes;
    size_t shown = total < SHOWN_PLANES ? total : SHOWN_PLANES;
    snprintf(p->t.planes, TEXT,
             shown < total ? "Arranged feature map, the first %zu of %zu planes" : "Arranged feature map", shown,
             total);
    for (size_t i = 0; i < shown; i++) {
        snprintf(p->t.plane[i], sizeof p->t.plane[i], "plane %zu", i + 1);
        p->planes[i] =
            (map_panel){.title = p->t.plane[i],
                        .note = p->t.pixels,
                        .grid = filling(p->maps->planes + i * size, p->g->arranged_height, p->g->arranged_width)};
    }
    add_group(p, (map_group){.heading = p->t.planes,
                             .panels = p->planes,
                             .count = shown,
                             .unit = "activation",
                             .scale = heat_scale_amount(p->maps->planes, shown * size)});
}

static void add_erosion(maps_page *p)
{
    const arm_evidence_shape *s = &p->face->evidence->shape;
    size_t area = s->height * s->width;
    snprintf(p->t.positions, TEXT, "%zu × %zu positions", s->height, s->width);
    p->erosion[0] = (map_panel){
        .title = "in the feature map", .note = p->t.positions, .grid = filling(p->maps->erosion, s->height, s->width)};
    if (p->maps->windows) {
        snprintf(p->t.windows, TEXT, "%zu × %zu windows", p->g->out_height, p->g->out_width);
        p->erosion[1] = (map_panel){.title = "after de-albino",
                                    .note = p->t.windows,
                                    .grid = filling(p->maps->windows, p->g->out_height, p->g->out_width)};
    }
    add_group(p, (map_group){.heading = "Erosion by padding",
                             .panels = p->erosion,
                             .count = p->maps->windows ? 2 : 1,
                             .scale = heat_scale_amount(p->maps->erosion, area),
                             .unit = "share that comes from padding"});
}

static void add_coverage(maps_page *p)
{
    size_t height = p->g->arranged_height, width = p->g->arranged_width;
    p->coverage = (map_panel){
        .title = "windows over a pixel", .note = p->t.pixels, .grid = filling(p->maps->coverage, height, width)};
    add_group(p, (map_group){.heading = "Coverage",
                             .panels = &p->coverage,
                             .count = 1,
                             .scale = heat_scale_amount(p->maps->coverage, height * width),
                             .unit = "windows"});
}

/* A position's r x r pixels see the same part of the face: this map is not to be laid over it. */
static void add_evidence(maps_page *p, size_t class)
{
    size_t height = p->g->arranged_height, width = p->g->arranged_width, size = height * width;
    const double *values = p->face->evidence->pixels + class * size;
    snprintf(p->t.evidence, TEXT, "for %s", p->face->description->labels[class]);
    p->evidence = (map_panel){.title = p->t.evidence, .note = p->t.pixels, .grid = filling(values, height, width)};
    add_group(p, (map_group){.heading = "Evidence",
                             .panels = &p->evidence,
                             .count = 1,
                             .low = "against",
                             .high = "for",
                             .scale = heat_scale_signed(values, size),
                             .unit = "logit"});
}

static void describe(maps_page *p)
{
    const arm_geometry *g = p->g;
    snprintf(p->t.title, TEXT, "The feature map%s", g ? " in the ARM head" : "");
    if (!g) {
        snprintf(p->t.arranged, TEXT, "No arranged pixels: the head is gap, or ARM behind a projection.");
        return;
    }
    snprintf(p->t.pixels, TEXT, "%zu × %zu pixels", g->arranged_height, g->arranged_width);
    snprintf(p->t.arranged, TEXT, "%zu channels of %zu × %zu positions, arranged with r = %zu to %zu plane%s.",
             g->channels, g->height, g->width, g->arrangement, g->planes, g->planes == 1 ? "" : "s");
    if (!g->kernels)
        snprintf(p->t.laid, TEXT, "This head has no de-albino.");
    else
        snprintf(p->t.laid, TEXT, "De-albino: windows of %zu × %zu pixels at a stride of %zu.", g->kernel, g->kernel,
                 g->stride);
}

amend_status explain_page_maps(const explained *face, const arm_geometry *g, const model_maps *maps, size_t class,
                               amend_image *out)
{
    maps_page p = {.face = face, .g = g, .maps = maps};
    describe(&p);
    if (maps->planes) add_planes(&p);
    add_erosion(&p);
    if (maps->coverage) add_coverage(&p);
    if (g) add_evidence(&p, class);
    const map_page page = {p.t.title, {p.t.arranged, p.t.laid[0] ? p.t.laid : NULL}, p.groups, p.count};
    return plot_maps(&page, out);
}
