/* A folder a class: DIR/train/CLASS/face.png (the splits' other names are below; in any case), or DIR/CLASS/face.png
 * without splits. Folders beside those of splits are left aside. Classes are the folders' names over all splits, sorted
 * by bytes; so are the files.
 *
 * Without splits an image's own name decides, so that it stays in its split when others come or go: the FNV-1a hash of
 * "CLASS/FILE" modulo 10 is 0 for test, 1 for valid, 2 to 9 for train. */
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "data/layout.h"
#include "data/listing.h"

static const struct split_folder {
    const char *name;
    data_split split;
} split_folders[] = {{"train", DATA_TRAIN},      {"training", DATA_TRAIN}, {"valid", DATA_VALID}, {"val", DATA_VALID},
                     {"validation", DATA_VALID}, {"test", DATA_TEST},      {"testing", DATA_TEST}};
enum { SPLIT_FOLDERS = sizeof split_folders / sizeof *split_folders };

static bool is_split(const char *name, data_split *split)
{
    size_t i = 0;
    while (i < SPLIT_FOLDERS && strcasecmp(name, split_folders[i].name)) i++;
    if (i == SPLIT_FOLDERS) return false;
    *split = split_folders[i].split;
    return true;
}

static bool probe(const char *path)
{
    listing folders = {0};
    amend_status st = file_is_folder(path) ? listing_add_folders(path, &folders) : status_ok();
    bool fits = !st.code && folders.count;
    listing_free(&folders);
    return fits;
}

static data_split split_by_hash(const char *class_name, const char *file)
{
    const char *parts[] = {class_name, "/", file};
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < 3; i++) hash = hash_bytes(hash, parts[i], strlen(parts[i]));
    unsigned tenth = (unsigned)(hash % 10);
    return tenth == 0 ? DATA_TEST : tenth == 1 ? DATA_VALID : DATA_TRAIN;
}

/* `split` NULL: by hash. */
static amend_status read_class(data_builder *b, const char *folder, const data_split *split, size_t label)
{
    listing files = {0};
    amend_status st = listing_add_images(folder, &files);
    for (size_t i = 0; !st.code && i < files.count; i++) {
        data_split place = split ? *split : split_by_hash(b->set->labels[label], files.names[i]);
        const data_entry entry = {.split = place, .label = label};
        if (!builder_wants(b, place)) continue;
        st = builder_add_file(b, folder, files.names[i], &entry);
        if (st.code) st = builder_bad(b, st);
    }
    listing_free(&files);
    return st;
}

static amend_status read_classes(data_builder *b, const char *root, const data_split *split)
{
    for (size_t label = 0; label < b->set->classes; label++) {
        char *folder = NULL;
        amend_status st = status_ok();
        TRY(file_join(root, b->set->labels[label], &folder));
        if (file_is_folder(folder)) st = read_class(b, folder, split, label);
        mem_free(folder);
        if (st.code) return st;
    }
    return status_ok();
}

static amend_status take_classes(data_builder *b, const listing *classes)
{
    const char *path = b->options->path;
    if (!classes->count)
        return status_error(AMEND_BAD_DATA, "%s: no class; make one folder a class with its images in it", path);
    if (classes->count == 1)
        return status_error(AMEND_BAD_DATA, "%s: one class only, '%s'; training needs two or more folders of images",
                            path, classes->names[0]);
    return builder_classes(b, (const char *const *)classes->names, classes->count);
}

/* Calls for every split folder that `found` lists: once to collect classes, once to read. */
static amend_status each_split(data_builder *b, const listing *found, listing *classes)
{
    for (size_t i = 0; i < found->count; i++) {
        char *root = NULL;
        data_split split;
        if (!is_split(found->names[i], &split)) continue;
        TRY(file_join(b->options->path, found->names[i], &root));
        amend_status st = classes ? listing_add_folders(root, classes) : read_classes(b, root, &split);
        mem_free(root);
        if (st.code) return st;
    }
    return status_ok();
}

static bool has_splits(const listing *folders)
{
    data_split split;
    for (size_t i = 0; i < folders->count; i++)
        if (is_split(folders->names[i], &split)) return true;
    return false;
}

static void note_others(data_builder *b, const listing *folders)
{
    data_split split;
    for (size_t i = 0; i < folders->count; i++)
        if (!is_split(folders->names[i], &split)) text_list_add(&b->set->left_aside, folders->names[i]);
}

static amend_status read(data_builder *b)
{
    listing folders = {0}, classes = {0};
    amend_status st = listing_add_folders(b->options->path, &folders);
    if (st.code) goto done;
    bool split = has_splits(&folders);
    if (split) note_others(b, &folders);
    if (split) st = each_split(b, &folders, &classes);
    if (!st.code) st = take_classes(b, split ? &classes : &folders);
    if (st.code) goto done;
    st = split ? each_split(b, &folders, NULL) : read_classes(b, b->options->path, NULL);
done:
    listing_free(&classes);
    listing_free(&folders);
    return st;
}

const data_layout layout_folder = {"folder", "one folder of images a class", probe, read};
