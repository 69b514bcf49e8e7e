/* The maps of the paper's figures, of any model: what arrangement and de-albino do with the feature map. */
#ifndef MODEL_EXPLAIN_MAPS_H
#define MODEL_EXPLAIN_MAPS_H

#include "model/explain.h"

/* NULL where the head has no such thing: all but erosion without an ARM head, windows and coverage without
 * de-albino. */
typedef struct model_maps {
    double *planes;   /* [planes][arranged_height][arranged_width] */
    double *erosion;  /* [height][width] of the feature map (arm/erosion.h) */
    double *windows;  /* [out_height][out_width]: the same after de-albino */
    double *coverage; /* [arranged_height][arranged_width]: how many windows lie over a pixel */
} model_maps;

/* Freed with model_maps_free, after failure too. */
amend_status model_maps_create(const model_explainer *explainer, const model_evidence *evidence,
                               model_maps *maps) AMEND_MUST_USE;
void model_maps_free(model_maps *maps); /* accepts a zeroed one */

#endif
