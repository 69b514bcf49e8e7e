/* What `amend explain` draws: pages of maps (image/plot_maps.h). The pictures are freed by the caller. */
#ifndef MODEL_EXPLAIN_PAGE_H
#define MODEL_EXPLAIN_PAGE_H

#include "image/heat.h"
#include "model/explain.h"
#include "model/explain_maps.h"

/* A face that was explained. */
typedef struct explained {
    const model_description *description;
    const amend_image *photo;
    const model_evidence *evidence;
} explained;

/* Values of positions [h][w], to be drawn over the square: a cell is the middle of what its position sees. */
heat_grid explain_grid(const model_evidence *evidence, const double *positions);

/* The face, and over it the evidence of the classes list[0 .. count), at most MODEL_MAX_CLASSES. */
amend_status explain_page_classes(const explained *face, const size_t *list, size_t count,
                                  amend_image *out) AMEND_MUST_USE;

/* What speaks for `class` and not for `against`. */
amend_status explain_page_difference(const explained *face, size_t class, size_t against,
                                     amend_image *out) AMEND_MUST_USE;

/* The paper's maps, and the evidence of the arranged pixels of `class`. `geometry` NULL: no ARM head. */
amend_status explain_page_maps(const explained *face, const arm_geometry *geometry, const model_maps *maps,
                               size_t class, amend_image *out) AMEND_MUST_USE;

#endif
