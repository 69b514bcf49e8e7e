/* FER2013 as published: fer2013.csv with the columns emotion, pixels, Usage. */
#include "base/mem.h"
#include "data/fer_csv.h"
#include "data/layout.h"

static const char *const names[] = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"};
enum { CLASSES = sizeof names / sizeof *names };

static amend_status find_csv(const char *path, char **csv)
{
    return file_is_folder(path) ? file_join(path, "fer2013.csv", csv) : mem_copy_string(csv, path);
}

static bool probe(const char *path)
{
    char *csv_path = NULL;
    csv_file csv = {0};
    bool fits = false;
    amend_status st = find_csv(path, &csv_path);
    if (!st.code) st = csv_open(csv_path, &csv);
    if (!st.code) fits = csv_has(&csv, "pixels");
    csv_close(&csv);
    mem_free(csv_path);
    return fits;
}

static amend_status read_row(data_builder *b, const fer_csv *fer)
{
    unsigned char pixels[FER_PIXELS];
    amend_image image = {pixels, FER_SIDE, FER_SIDE, 1};
    data_entry entry = {.image = &image, .file = fer->csv.path, .line = fer->csv.line};
    csv_text emotion = fer->csv.fields[fer->emotion];
    TRY(fer_usage(&fer->csv, fer->usage, &entry.split));
    if (!builder_wants(b, entry.split)) return status_ok();
    if (!csv_number(emotion, CLASSES - 1, &entry.label))
        return csv_error(&fer->csv, "emotion '%.*s'; it must be a number from 0 to %d", csv_width(emotion),
                         emotion.start, CLASSES - 1);
    TRY(fer_pixels(fer, pixels));
    return builder_add(b, &entry);
}

static amend_status read_rows(data_builder *b, fer_csv *fer)
{
    for (;;) {
        bool more = false;
        amend_status st = csv_next(&fer->csv, &more);
        if (!more) return st;
        if (!st.code) st = read_row(b, fer);
        if (st.code) TRY(builder_bad(b, st));
    }
}

static amend_status read(data_builder *b)
{
    char *path = NULL;
    fer_csv fer = {0};
    amend_status st = find_csv(b->options->path, &path);
    if (!st.code) st = fer_csv_open(path, &fer);
    if (!st.code) st = builder_classes(b, names, CLASSES);
    if (!st.code) st = read_rows(b, &fer);
    csv_close(&fer.csv);
    mem_free(path);
    return st;
}

const data_layout layout_fer2013 = {"fer2013", "fer2013.csv (columns emotion, pixels, Usage)", probe, read};
