/* amend predict: what is asked, what was found, and how it is printed. */
#ifndef CLI_PREDICT_H
#define CLI_PREDICT_H

#include <stdbool.h>

#include "amend/model.h"
#include "base/json.h"

enum { PREDICT_MAX_FACES = 512 /* of one photo */ };

typedef struct predict_request {
    const char *model, *box, *annotate, *precision, *json, *detector_file;
    bool csv, no_detect, flip;
    size_t top;               /* expressions in the table */
    double threshold;         /* least probability of a label */
    amend_detector *detector; /* NULL: a box, or the whole image */
    amend_box face;
    amend_precision type;
} predict_request;

typedef struct prediction {
    amend_box box;
    double score; /* of the detector; 1: the caller named the face */
    bool cut;     /* by the photo's edge: there is no label then */
    float probabilities[AMEND_MAX_CLASSES];
    size_t classes, best;
} prediction;

/* All faces of a photo as the table, as rows of CSV, and into the array `images`, as the request says. */
amend_status predict_print(const predict_request *request, const char *file, const prediction *faces, size_t count,
                           const amend_model *model, json_t *images) AMEND_MUST_USE;
void predict_print_csv_header(const amend_model *model);

/* The photo with its faces drawn on it, as NAME.png in the request's folder. One face that has a label: with bars for
 * all expressions. Else a label, or "uncertain", on each. */
amend_status predict_annotate(const predict_request *request, const char *name, const amend_image *photo,
                              const prediction *faces, size_t count, const amend_model *model) AMEND_MUST_USE;

#endif
