/* A run folder of `amend train` as one HTML page that needs no other file. */
#ifndef REPORT_RUN_PAGE_H
#define REPORT_RUN_PAGE_H

#include "base/status.h"
#include "data/dataset.h"

typedef struct run_page_request {
    const char *folder; /* of the run, ended or not */
    const char *data;   /* data set to measure the trained model on, read as the recipe says; NULL: not measured */
    data_split split;
    const char *out; /* the page's file */
} run_page_request;

/* Written whole or not at all. */
amend_status run_page_write(const run_page_request *request) AMEND_MUST_USE;

#endif
