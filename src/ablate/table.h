/* The table of an ablation: rows over their seeds, each compared with the first. */
#ifndef ABLATE_TABLE_H
#define ABLATE_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "ablate/results.h"
#include "data/dataset.h"
#include "eval/paired.h"

typedef struct table_row {
    const ablate_row *row;
    size_t done, failed, missing; /* runs */
    size_t others;                /* of the missing: results that another recipe made */
    size_t seeds[ABLATE_SEEDS];   /* of the done ones, with their top-1 */
    double top1[ABLATE_SEEDS];
    double mean, deviation;             /* of top1; NaN without enough of them */
    double mean_class, macro_f1, ece;   /* means */
    double seconds, images_per_second;  /* means */
    size_t planned_bytes, parameters;   /* of the last done run */
    paired_comparison difference;       /* with the first row, over common seeds; the first row: no pairs */
    uint64_t data;                      /* hash of what it was trained on, where it is known */
    const ablate_result *first_failure; /* NULL: none */
} table_row;

typedef struct ablate_table {
    table_row rows[ABLATE_ROWS];
    size_t count;
    const char *split;
    size_t images;      /* measured on; 0: nothing is done */
    bool images_differ; /* not all runs were measured on the same ones, */
    bool data_differ;   /* or not all of a row were trained on the same */
    uint64_t measured;  /* hash of the images, where it is known */
} ablate_table;         /* large; borrows from plan and results */

/* Lines of other recipes do not count. */
amend_status table_make(const ablate_plan *plan, const ablate_results *results, data_split split,
                        ablate_table *table) AMEND_MUST_USE;

size_t table_failed(const ablate_table *table); /* runs */

double table_percent(double share); /* to be shown with two digits: 0 instead of "-0.00" */

void table_text(const ablate_table *table, FILE *stream);
void table_csv(const ablate_table *table, FILE *stream);
void table_latex(const ablate_table *table, FILE *stream); /* a tabular that needs no package */
json_t *table_json(const ablate_table *table);             /* NULL: out of memory */
amend_status table_picture(const ablate_table *table, const char *path) AMEND_MUST_USE;

/* table.csv, table.tex and table.png in the folder, each whole or not at all. */
amend_status table_files(const ablate_table *table, const char *folder) AMEND_MUST_USE;

#endif
