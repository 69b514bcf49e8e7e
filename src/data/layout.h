/* A layout on disk: how it is recognised and how it is read. One file a layout; a new one is one line in layout.c. */
#ifndef DATA_LAYOUT_H
#define DATA_LAYOUT_H

#include "data/dataset_internal.h"

struct data_layout {
    const char *name;
    const char *looks; /* what must be there, for the message when nothing fits */
    bool (*probe)(const char *path);
    amend_status (*read)(data_builder *b);
};

extern const data_layout layout_affectnet, layout_fer2013, layout_ferplus, layout_folder, layout_rafdb, layout_sfew;

/* By its name, or, when `name` is NULL, the first whose probe accepts `path`. */
amend_status layout_find(const char *name, const char *path, const data_layout **layout) AMEND_MUST_USE;

#endif
