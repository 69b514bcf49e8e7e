/* readdir, filtered and sorted. */
#include "data/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static amend_status push(listing *l, const char *name)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        TRY(mem_grow(&l->names, l->count, capacity, sizeof *l->names, "file names"));
        l->capacity = capacity;
    }
    TRY(mem_copy_string(&l->names[l->count], name));
    l->count++;
    return status_ok();
}

static void sort_unique(listing *l)
{
    size_t kept = 0;
    if (!l->count) return;
    qsort(l->names, l->count, sizeof *l->names, compare);
    for (size_t i = 0; i < l->count; i++) {
        if (kept && !strcmp(l->names[kept - 1], l->names[i]))
            mem_free(l->names[i]);
        else
            l->names[kept++] = l->names[i];
    }
    l->count = kept;
}

static bool is_image(const char *name)
{
    static const char *const extensions[] = {".png", ".jpg", ".jpeg", ".webp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
        if (!strcasecmp(dot, extensions[i])) return true;
    return false;
}

static amend_status push_if(listing *l, const char *folder, const char *name, bool folders)
{
    char *path = NULL;
    amend_status st = status_ok();
    if (name[0] == '.' || (!folders && !is_image(name))) return st;
    TRY(file_join(folder, name, &path));
    if (file_is_folder(path) == folders) st = push(l, name);
    mem_free(path);
    return st;
}

static amend_status scan(const char *folder, bool folders, listing *l)
{
    amend_status st = status_ok();
    DIR *stream = opendir(folder);
    if (!stream) return status_errno(folder, "list the folder");
    while (!st.code) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry && errno) st = status_errno(folder, "list the folder");
        if (!entry) break;
        st = push_if(l, folder, entry->d_name, folders);
    }
    closedir(stream);
    sort_unique(l);
    return st;
}

amend_status listing_add_folders(const char *folder, listing *l)
{
    return scan(folder, true, l);
}

amend_status listing_add_images(const char *folder, listing *l)
{
    return scan(folder, false, l);
}

bool listing_find(const listing *l, const char *name, size_t *index)
{
    char **found = l->count ? bsearch(&name, l->names, l->count, sizeof *l->names, compare) : NULL;
    if (found) *index = (size_t)(found - l->names);
    return found;
}

void listing_free(listing *l)
{
    for (size_t i = 0; i < l->count; i++) mem_free(l->names[i]);
    mem_free(l->names);
    memset(l, 0, sizeof *l);
}
