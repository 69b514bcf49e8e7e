/* The table of layouts. */
#include "data/layout.h"

#include <string.h>

#include "base/file.h"

/* Probed in this order: a folder with the FER+ votes also holds FER2013's CSV, and any folder could be `folder`. */
static const data_layout *const layouts[] = {&layout_ferplus, &layout_fer2013, &layout_rafdb, &layout_folder};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static amend_status find_by_name(const char *name, const data_layout **layout)
{
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (strcmp(layouts[i]->name, name)) continue;
        *layout = layouts[i];
        return status_ok();
    }
    return status_error(AMEND_BAD_ARGUMENT, "no layout '%s'; there are ferplus, fer2013, rafdb and folder", name);
}

amend_status layout_find(const char *name, const char *path, const data_layout **layout)
{
    if (!file_exists(path)) return status_errno(path, "open");
    if (name) return find_by_name(name, layout);
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (!layouts[i]->probe(path)) continue;
        *layout = layouts[i];
        return status_ok();
    }
    return status_error(AMEND_BAD_DATA, "%s: no layout fits; expected %s, or %s, or %s, or %s", path,
                        layout_fer2013.looks, layout_ferplus.looks, layout_rafdb.looks, layout_folder.looks);
}
