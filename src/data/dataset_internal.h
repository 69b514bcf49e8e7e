/* How layouts fill a data set: sample by sample through a builder, which also decides what a bad row means. */
#ifndef DATA_DATASET_INTERNAL_H
#define DATA_DATASET_INTERNAL_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/fingerprint.h"

typedef struct data_layout data_layout;

typedef struct data_sample {
    size_t origin; /* of its text */
    size_t label;
    data_split split;
    fingerprint print; /* in a survey, which keeps no pixels */
} data_sample;

struct dataset {
    const data_layout *layout;
    char **labels;
    size_t classes;
    data_sample *samples;
    amend_image *images; /* their pixels lie in `blocks` */
    float *targets;      /* count x classes */
    size_t count, capacity;
    unsigned char **blocks; /* of pixels, which never move: a large set is in memory once */
    size_t block_count, blocks_capacity;
    size_t block_used, block_size; /* of the last block */
    char *text;                    /* origins, each with its NUL */
    size_t text_size, text_capacity;
    size_t dropped;
    text_list left_aside;
};

/* Takes bad rows one by one when all are wanted (survey). */
typedef struct data_bad_sink {
    amend_status (*take)(void *context, const char *message);
    void *context;
} data_bad_sink;

typedef struct data_builder {
    dataset *set;
    const data_options *options;
    bool all;                  /* a survey: every split, not options->split alone, and fingerprints for pixels */
    const data_bad_sink *sink; /* NULL: the first bad row ends the reading */
    size_t seen[DATA_SPLITS];  /* rows met, wanted or not */
    size_t bad;                /* rows that the sink took */
} data_builder;

typedef struct data_entry {
    const amend_image *image; /* borrowed */
    const amend_box *box;     /* the face on the image; NULL: all of it */
    data_split split;
    size_t label;
    const float *target; /* classes values, sum 1; NULL: one-hot of label */
    const char *file;
    size_t line; /* 0: the file alone is the origin */
} data_entry;

/* dataset_open, or `all`, a survey: every split, its bad rows given to `sink`; the images have no pixels, since those
 * of a whole set may be more than memory holds. */
amend_status dataset_read(const data_options *options, bool all, const data_bad_sink *sink,
                          dataset **set) AMEND_MUST_USE;
data_split dataset_split(const dataset *set, size_t index);
const fingerprint *dataset_print(const dataset *set, size_t index); /* of a survey */

/* Before the first sample. */
amend_status builder_classes(data_builder *b, const char *const *names, size_t count) AMEND_MUST_USE;

/* Is this split read at all? */
bool builder_reads(const data_builder *b, data_split split);

/* Notes a row of `split`; true when it is to be added. */
bool builder_wants(data_builder *b, data_split split);

/* Notes that a row which was wanted has none of the classes as its label. */
void builder_drop(data_builder *b);

/* Cuts out, converts and resizes as the entry and the options ask, and keeps a copy. */
amend_status builder_add(data_builder *b, const data_entry *entry) AMEND_MUST_USE;

/* The same for FOLDER/NAME; image and file of the entry are not looked at. */
amend_status builder_add_file(data_builder *b, const char *folder, const char *name,
                              const data_entry *entry) AMEND_MUST_USE;

/* What a layout returns for a row it cannot use: `bad` itself, or success when bad rows are only listed.
 * Out of memory stays an error. */
amend_status builder_bad(data_builder *b, amend_status bad) AMEND_MUST_USE;

#endif
