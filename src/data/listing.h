/* Names in a folder, sorted by bytes: the order of a directory itself differs from machine to machine. */
#ifndef DATA_LISTING_H
#define DATA_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "amend/status.h"

typedef struct listing {
    char **names;
    size_t count, capacity;
} listing;

/* Adds folders, or image files (.png, .jpg, .jpeg, .webp, in any case) of `folder` that are not hidden. Sorted, no name
 * twice. */
amend_status listing_add_folders(const char *folder, listing *l) AMEND_MUST_USE;
amend_status listing_add_images(const char *folder, listing *l) AMEND_MUST_USE;
bool listing_find(const listing *l, const char *name, size_t *index);
void listing_free(listing *l); /* accepts a zeroed one */

#endif
