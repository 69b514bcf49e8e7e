/* SFEW 2.0 (Dhall et al., 2011, 2015): a folder a class, Angry .. Surprise, in Train and Val (whole frames of films)
 * or in Train_Aligned_Faces and Val_Aligned_Faces (faces), which lie beside or inside of them. Where there are aligned
 * faces, these alone are read. The test split has no labels and is left out. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/layout.h"
#include "data/listing.h"

static const char *const folders[] = {"Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"};
static const char *const names[] = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};
enum { CLASSES = sizeof names / sizeof *names };

static const struct place {
    const char *folder;
    data_split split;
    bool aligned;
} places[] = {{"Train_Aligned_Faces", DATA_TRAIN, true},
              {"Train/Train_Aligned_Faces", DATA_TRAIN, true},
              {"Val_Aligned_Faces", DATA_VALID, true},
              {"Val_Aligned_Faces_new", DATA_VALID, true}, /* as its archive is called */
              {"Val/Val_Aligned_Faces", DATA_VALID, true},
              {"Train", DATA_TRAIN, false},
              {"Val", DATA_VALID, false}};
enum { PLACES = sizeof places / sizeof *places };

static bool has_folder(const char *path, const char *name)
{
    char *joined = NULL;
    amend_status st = file_join(path, name, &joined);
    bool there = !st.code && file_is_folder(joined);
    mem_free(joined);
    return there;
}

/* Is this place there, and are its folders SFEW's? */
static bool is_sfew(const char *path, const struct place *place)
{
    char *root = NULL;
    amend_status st = file_join(path, place->folder, &root);
    bool fits = !st.code && has_folder(root, "Angry") && has_folder(root, "Surprise");
    mem_free(root);
    return fits;
}

static bool probe(const char *path)
{
    for (size_t i = 0; i < PLACES; i++)
        if (is_sfew(path, &places[i])) return true;
    return false;
}

static amend_status read_class(data_builder *b, const char *root, data_split split, size_t label)
{
    listing files = {0};
    char *folder = NULL;
    TRY(file_join(root, folders[label], &folder));
    amend_status st = listing_add_images(folder, &files);
    for (size_t i = 0; !st.code && i < files.count; i++) {
        const data_entry entry = {.split = split, .label = label};
        if (builder_wants(b, split)) st = builder_add_file(b, folder, files.names[i], &entry);
        if (st.code) st = builder_bad(b, st);
    }
    listing_free(&files);
    mem_free(folder);
    return st;
}

/* Every class must be there and no other: a missing one means an incomplete copy, another one a label that nobody
 * knows. */
static amend_status check_classes(data_builder *b, const char *root)
{
    listing found = {0};
    size_t at = 0;
    amend_status st = listing_add_folders(root, &found);
    for (size_t i = 0; !st.code && i < CLASSES; i++)
        if (!listing_find(&found, folders[i], &at))
            st = builder_bad(
                b, status_error(AMEND_BAD_DATA, "%s: no folder '%s'; unpack the archive again", root, folders[i]));
    for (size_t i = 0; !st.code && i < found.count; i++) {
        size_t k = 0;
        while (k < CLASSES && strcmp(folders[k], found.names[i])) k++;
        if (k == CLASSES)
            st = builder_bad(
                b, status_error(
                       AMEND_BAD_DATA,
                       "%s/%s: no class of SFEW has this name; move it away, or give --layout folder if these are "
                       "folders of your own",
                       root, found.names[i]));
    }
    listing_free(&found);
    return st;
}

static amend_status read_place(data_builder *b, const struct place *place)
{
    char *root = NULL;
    TRY(file_join(b->options->path, place->folder, &root));
    amend_status st = check_classes(b, root);
    for (size_t label = 0; !st.code && label < CLASSES; label++)
        if (has_folder(root, folders[label])) st = read_class(b, root, place->split, label);
    mem_free(root);
    return st;
}

static amend_status read(data_builder *b)
{
    bool aligned = false, seen[DATA_SPLITS] = {false};
    size_t found = 0;
    for (size_t i = 0; i < PLACES; i++) aligned |= places[i].aligned && has_folder(b->options->path, places[i].folder);
    TRY(builder_classes(b, names, CLASSES));
    for (size_t i = 0; i < PLACES; i++) {
        const struct place *p = &places[i];
        if (p->aligned != aligned || seen[p->split] || !has_folder(b->options->path, p->folder)) continue;
        seen[p->split] = true;
        found++;
        TRY(read_place(b, p));
    }
    if (found) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: neither Train nor Train_Aligned_Faces in it; give the folder of SFEW 2.0",
                        b->options->path);
}

const data_layout layout_sfew = {"sfew", "Train_Aligned_Faces/Angry (or Train/Angry)", probe, read};
