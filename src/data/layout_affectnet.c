/* AffectNet (Mollahosseini et al., 2017) in the two forms in which it was given out.
 *
 * Lists: training.csv and validation.csv, in the folder itself or in Manually_Annotated_file_lists, with the columns
 * subDirectory_filePath, face_x, face_y, face_width, face_height, expression (and others); images in
 * Manually_Annotated_Images, itself in the folder or in Manually_Annotated. The face is cut out by its box.
 * Folders: train_set and val_set with images/N.jpg (faces) and annotations/N_exp.npy; the other annotations (_lnd,
 * _aro, _val) are not read.
 *
 * Labels 0 .. 7 are classes; 8 (none), 9 (uncertain) and 10 (no face) are dropped, with 7 classes contempt too. There
 * is no test split. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/csv.h"
#include "data/layout.h"
#include "data/listing.h"
#include "data/npy.h"

static const char *const names[] = {"neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt"};
enum { LABEL_MAX = 10, PATH_SIZE = 512, SIDE_MAX = 1000000 };

static const char *const lists[DATA_SPLITS] = {"training.csv", "validation.csv", NULL};
static const char *const sets[DATA_SPLITS] = {"train_set", "val_set", NULL};

/* The first of PATH/PREFIX that is there, or NULL; in new memory. */
static amend_status find(const char *path, const char *const *prefixes, const char *name, char **found)
{
    for (; *prefixes; prefixes++) {
        char joined[PATH_SIZE];
        snprintf(joined, sizeof joined, "%s%s", *prefixes, name);
        TRY(file_join(path, joined, found));
        if (file_exists(*found)) return status_ok();
        mem_free(*found);
        *found = NULL;
    }
    return status_ok();
}

static amend_status find_list(const char *path, data_split split, char **list)
{
    static const char *const prefixes[] = {"", "Manually_Annotated_file_lists/", NULL};
    return find(path, prefixes, lists[split], list);
}

static amend_status find_images(const char *path, char **folder)
{
    static const char *const prefixes[] = {"", "Manually_Annotated/", NULL};
    TRY(find(path, prefixes, "Manually_Annotated_Images", folder));
    if (*folder) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: lists, but no folder Manually_Annotated_Images; unpack the images here",
                        path);
}

static amend_status set_folder(const char *path, data_split split, const char *name, char **folder)
{
    char inner[64];
    snprintf(inner, sizeof inner, "%s/%s", sets[split], name);
    return file_join(path, inner, folder);
}

/* In which form, or forms, is the set there? */
static amend_status look(const char *path, bool *folders, bool *listed)
{
    for (int s = 0; s < DATA_TEST; s++) {
        char *folder = NULL, *list = NULL;
        TRY(set_folder(path, (data_split)s, "annotations", &folder));
        *folders |= file_is_folder(folder);
        mem_free(folder);
        TRY(find_list(path, (data_split)s, &list));
        *listed |= list != NULL;
        mem_free(list);
    }
    return status_ok();
}

/* Other sets may have lists of these names too. */
static bool is_list(const char *path, data_split split)
{
    csv_file csv = {0};
    char *list = NULL;
    amend_status st = find_list(path, split, &list);
    bool fits = !st.code && list && !csv_open(list, &csv).code && csv_has(&csv, "subDirectory_filePath");
    csv_close(&csv);
    mem_free(list);
    return fits;
}

static bool probe(const char *path)
{
    bool folders = false, listed = false;
    if (!file_is_folder(path) || look(path, &folders, &listed).code) return false;
    return folders || (listed && (is_list(path, DATA_TRAIN) || is_list(path, DATA_VALID)));
}

/* Counts what is dropped. */
static bool keeps(data_builder *b, size_t label)
{
    if (label < b->set->classes) return true;
    builder_drop(b);
    return false;
}

/* ---- lists ---- */

typedef struct face_list {
    csv_file csv;
    size_t path, box[4], expression; /* columns */
} face_list;

static amend_status open_list(const char *path, face_list *list)
{
    static const char *const boxes[] = {"face_x", "face_y", "face_width", "face_height"};
    TRY(csv_open(path, &list->csv));
    TRY(csv_column(&list->csv, "subDirectory_filePath", &list->path));
    TRY(csv_column(&list->csv, "expression", &list->expression));
    for (size_t i = 0; i < 4; i++) TRY(csv_column(&list->csv, boxes[i], &list->box[i]));
    return status_ok();
}

static amend_status parse_box(const face_list *list, amend_box *box)
{
    double *const values[] = {&box->x, &box->y, &box->width, &box->height};
    for (size_t i = 0; i < 4; i++) {
        csv_text text = list->csv.fields[list->box[i]], digits = text;
        size_t number = 0;
        bool negative = text.length && text.start[0] == '-';
        if (negative) digits = (csv_text){text.start + 1, text.length - 1};
        if (!csv_number(digits, SIDE_MAX, &number))
            return csv_error(&list->csv, "%.*s is '%.*s'; it must be a number of pixels",
                             csv_width(list->csv.names[list->box[i]]), list->csv.names[list->box[i]].start,
                             csv_width(text), text.start);
        *values[i] = negative ? -(double)number : (double)number;
    }
    return status_ok();
}

/* The part of the box that lies on the image. */
static amend_status clip_box(const face_list *list, const amend_image *image, amend_box *box)
{
    double left = box->x > 0 ? box->x : 0, top = box->y > 0 ? box->y : 0;
    double right = box->x + box->width, bottom = box->y + box->height;
    if (right > (double)image->width) right = (double)image->width;
    if (bottom > (double)image->height) bottom = (double)image->height;
    if (left >= right || top >= bottom)
        return csv_error(&list->csv,
                         "face box %g,%g of %g x %g pixels does not lie on the image of %zu x %zu; repair or remove "
                         "the row",
                         box->x, box->y, box->width, box->height, image->width, image->height);
    *box = (amend_box){left, top, right - left, bottom - top};
    return status_ok();
}

/* Below the folder of images, never above it. */
static amend_status parse_path(const face_list *list, char path[PATH_SIZE])
{
    csv_text text = list->csv.fields[list->path];
    if (!text.length || text.length >= PATH_SIZE)
        return csv_error(&list->csv, "subDirectory_filePath of %zu characters; it must be FOLDER/IMAGE", text.length);
    memcpy(path, text.start, text.length);
    path[text.length] = '\0';
    if (path[0] == '/' || strstr(path, ".."))
        return csv_error(&list->csv, "subDirectory_filePath '%.60s' leaves the folder of images; write FOLDER/IMAGE",
                         path);
    return status_ok();
}

static amend_status add_face(data_builder *b, const face_list *list, const char *folder, data_entry *entry)
{
    char name[PATH_SIZE], *path = NULL;
    amend_image image = {0};
    amend_box box = {0};
    TRY(parse_path(list, name));
    TRY(parse_box(list, &box));
    TRY(file_join(folder, name, &path));
    amend_status st = status_prefix(amend_image_open(path, &image), "%s:%zu", list->csv.path, list->csv.line);
    if (!st.code) st = clip_box(list, &image, &box);
    entry->image = &image;
    entry->box = &box;
    entry->file = path;
    if (!st.code) st = builder_add(b, entry);
    amend_image_free(&image);
    mem_free(path);
    return st;
}

static amend_status read_row(data_builder *b, const face_list *list, data_split split, const char *folder)
{
    csv_text text = list->csv.fields[list->expression];
    data_entry entry = {.split = split};
    if (!builder_wants(b, split)) return status_ok();
    if (!csv_number(text, LABEL_MAX, &entry.label))
        return csv_error(&list->csv, "expression '%.*s'; it must be a number from 0 to %d", csv_width(text), text.start,
                         LABEL_MAX);
    return keeps(b, entry.label) ? add_face(b, list, folder, &entry) : status_ok();
}

static amend_status read_rows(data_builder *b, face_list *list, data_split split, const char *folder)
{
    for (;;) {
        bool more = false;
        amend_status st = csv_next(&list->csv, &more);
        if (!more) return st;
        if (!st.code) st = read_row(b, list, split, folder);
        if (st.code) TRY(builder_bad(b, st));
    }
}

static amend_status read_list(data_builder *b, data_split split, const char *folder)
{
    face_list list = {0};
    char *path = NULL;
    TRY(find_list(b->options->path, split, &path));
    if (!path) {
        if (!builder_reads(b, split)) return status_ok();
        return builder_bad(b,
                           status_error(AMEND_BAD_DATA,
                                        "%s: no %s, neither there nor in Manually_Annotated_file_lists; put it there",
                                        b->options->path, lists[split]));
    }
    amend_status st = open_list(path, &list);
    if (!st.code) st = read_rows(b, &list, split, folder);
    csv_close(&list.csv);
    mem_free(path);
    return st;
}

static amend_status read_lists(data_builder *b)
{
    char *folder = NULL;
    amend_status st = find_images(b->options->path, &folder);
    for (int s = 0; !st.code && s < DATA_TEST; s++) st = read_list(b, (data_split)s, folder);
    mem_free(folder);
    return st;
}

/* ---- folders ---- */

/* The label of images/N.jpg: annotations/N_exp.npy. */
static amend_status read_label(const char *annotations, const char *image, size_t *label)
{
    char name[PATH_SIZE], *path = NULL;
    const char *dot = strrchr(image, '.'); /* a listed image has one */
    double value = 0;
    if (snprintf(name, sizeof name, "%.*s_exp.npy", (int)(dot - image), image) >= (int)sizeof name)
        return status_error(AMEND_BAD_DATA, "%.60s...: the name is too long", image);
    TRY(file_join(annotations, name, &path));
    amend_status st = npy_scalar(path, &value);
    if (!st.code && (!(value >= 0 && value <= LABEL_MAX) || value != (double)(size_t)value))
        st = status_error(AMEND_BAD_DATA, "%s: label %g; it must be a number from 0 to %d", path, value, LABEL_MAX);
    if (!st.code) *label = (size_t)value;
    mem_free(path);
    return st;
}

static amend_status read_images(data_builder *b, data_split split, const char *images, const char *annotations)
{
    listing files = {0};
    amend_status st = listing_add_images(images, &files);
    for (size_t i = 0; !st.code && i < files.count; i++) {
        data_entry entry = {.split = split};
        if (!builder_wants(b, split)) continue;
        st = status_prefix(read_label(annotations, files.names[i], &entry.label), "label of %s", files.names[i]);
        if (!st.code && keeps(b, entry.label)) st = builder_add_file(b, images, files.names[i], &entry);
        if (st.code) st = builder_bad(b, st);
    }
    listing_free(&files);
    return st;
}

static amend_status read_set(data_builder *b, data_split split)
{
    char *images = NULL, *annotations = NULL;
    amend_status st = set_folder(b->options->path, split, "images", &images);
    if (!st.code) st = set_folder(b->options->path, split, "annotations", &annotations);
    if (!st.code && file_is_folder(images))
        st = read_images(b, split, images, annotations);
    else if (!st.code && builder_reads(b, split))
        st = builder_bad(b, status_error(AMEND_BAD_DATA, "%s: no such folder; unpack it there", images));
    mem_free(annotations);
    mem_free(images);
    return st;
}

static amend_status read(data_builder *b)
{
    const char *path = b->options->path;
    bool folders = false, listed = false;
    TRY(look(path, &folders, &listed));
    if (!folders && !listed)
        return status_error(AMEND_BAD_DATA,
                            "%s: neither training.csv nor train_set/annotations in it; give AffectNet's folder", path);
    TRY(builder_classes(b, names, b->options->classes));
    if (!folders) return read_lists(b);
    TRY(read_set(b, DATA_TRAIN));
    return read_set(b, DATA_VALID);
}

const data_layout layout_affectnet = {"affectnet", "training.csv and Manually_Annotated_Images (or train_set, val_set)",
                                      probe, read};
