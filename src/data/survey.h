/* What is in a data set: all splits counted, every bad row listed, images that are there twice. */
#ifndef DATA_SURVEY_H
#define DATA_SURVEY_H

#include "data/dataset.h"

enum { SURVEY_BAD_SHOWN = 20 };

/* Zero-initialise; free with survey_free. */
typedef struct survey {
    char layout[16];
    char **labels;
    size_t classes;
    size_t *counts; /* [split * classes + label] */
    size_t totals[DATA_SPLITS];
    size_t width_low, width_high, height_low, height_high; /* 0 without images */
    size_t copies;                                         /* images whose pixels are those of one before */
    size_t copies_other_label;                             /* of these: the label differs from the first one's */
    size_t copies_other_split;        /* of these: the split differs: what is tested was trained on */
    size_t dropped;                   /* rows whose label is none of the classes */
    text_list left_aside;             /* folders that are not read */
    size_t bad;                       /* rows that could not be read */
    char *bad_rows[SURVEY_BAD_SHOWN]; /* the first of them: "FILE:LINE: what" */
} survey;

/* path, layout and rule of the options count; the images are taken as they are. */
amend_status survey_make(const data_options *options, survey *s) AMEND_MUST_USE;
void survey_free(survey *s);

#endif
