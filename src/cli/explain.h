/* What `amend explain` says of a face, apart from its pictures. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <jansson.h>

#include "model/explain_maps.h"

enum { EXPLAIN_ANY = MODEL_MAX_CLASSES }; /* no class was asked for */

typedef struct explain_result {
    const model_description *description;
    const char *file, *model;
    amend_box box;         /* the detector's, the caller's, or the whole image */
    double score;          /* of the detector; 1: the caller named the face */
    size_t index, count;   /* of the face among those found; index from 1 */
    size_t class, against; /* that were asked for, or EXPLAIN_ANY */
    model_evidence evidence;
    double *difference;           /* positions [h][w] of class less against; NULL: not asked for */
    const arm_geometry *geometry; /* NULL: no ARM head */
    model_maps maps;              /* zero: not asked for */
} explain_result;

/* The table: the most probable classes, the one that was asked for, or the two and their difference. */
void explain_print(const explain_result *result);

/* docs/json.md; NULL: out of memory. */
json_t *explain_json(const explain_result *result);

#endif
