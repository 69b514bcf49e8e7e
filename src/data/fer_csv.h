/* The CSV of FER2013: emotion, pixels (48 x 48 gray values in decimal), Usage. Read by the layouts fer2013, ferplus. */
#ifndef DATA_FER_CSV_H
#define DATA_FER_CSV_H

#include "data/csv.h"
#include "data/dataset.h"

enum { FER_SIDE = 48, FER_PIXELS = FER_SIDE * FER_SIDE };

typedef struct fer_csv {
    csv_file csv;
    size_t emotion, pixels, usage; /* columns */
} fer_csv;

amend_status fer_csv_open(const char *path, fer_csv *fer) AMEND_MUST_USE;

/* Training, PublicTest, PrivateTest: train, valid, test. */
amend_status fer_usage(const csv_file *csv, size_t column, data_split *split) AMEND_MUST_USE;

/* All FER_PIXELS values of the current row. */
amend_status fer_pixels(const fer_csv *fer, unsigned char *pixels) AMEND_MUST_USE;

#endif
