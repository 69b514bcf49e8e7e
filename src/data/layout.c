/* The table of layouts. */
#include "data/layout.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

/* Probed in this order: a folder with the FER+ votes also holds FER2013's CSV, and any folder could be `folder`. */
static const data_layout *const layouts[] = {&layout_ferplus,   &layout_fer2013, &layout_rafdb,
                                             &layout_affectnet, &layout_sfew,    &layout_folder};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static const char *layout_name(size_t i)
{
    return layouts[i]->name;
}

static const char *layout_looks(size_t i)
{
    return layouts[i]->looks;
}

/* All of them, for a message. */
static const char *join(char *text, size_t size, const char *(*word)(size_t), const char *between)
{
    size_t used = 0;
    for (size_t i = 0; i < LAYOUTS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? between : "", word(i));
    return text;
}

static amend_status find_by_name(const char *name, const data_layout **layout)
{
    char known[AMEND_MESSAGE_SIZE];
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (strcmp(layouts[i]->name, name)) continue;
        *layout = layouts[i];
        return status_ok();
    }
    return status_error(AMEND_BAD_ARGUMENT, "no layout '%s'; there are %s", name,
                        join(known, sizeof known, layout_name, ", "));
}

amend_status layout_find(const char *name, const char *path, const data_layout **layout)
{
    char expected[AMEND_MESSAGE_SIZE];
    if (name) TRY(find_by_name(name, layout));
    if (!file_exists(path)) return status_errno(path, "open");
    if (name) return status_ok();
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (!layouts[i]->probe(path)) continue;
        *layout = layouts[i];
        return status_ok();
    }
    return status_error(AMEND_BAD_DATA, "%s: no layout fits; expected %s", path,
                        join(expected, sizeof expected, layout_looks, ", or "));
}

amend_status dataset_find_layout(const data_options *options, const char **name)
{
    const data_layout *layout;
    TRY(layout_find(options->layout, options->path, &layout));
    *name = layout->name;
    return status_ok();
}
