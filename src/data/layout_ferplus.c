/* FER+ (Barsoum et al., 2016): ten votes an image, fer2013new.csv, over the images of FER2013. The images are either
 * the rows of fer2013.csv in the same folder or the PNG files of the authors' script in FER2013Train, FER2013Valid and
 * FER2013Test.
 *
 * fer2013new.csv has no key into fer2013.csv: within a split, row k of one is row k of the other. So both must have the
 * same number of rows of a split; a split that one of them lacks altogether is absent.
 *
 * An image without a name is one that FER+ drops. Hard label, plurality: the winner over all ten columns, dropped when
 * that is unknown or NF or when two tie; majority: the winner must also have more than half of all votes. Soft targets:
 * the votes for the 8 emotions, divided by their sum; lone votes count as slips and are left out, as in the authors'
 * training code, unless nothing else is there. */
#include <string.h>

#include "base/mem.h"
#include "data/fer_csv.h"
#include "data/layout.h"

enum { EMOTIONS = 8, VOTES = 10, VOTE_MAX = 1000 };

static const char *const names[VOTES] = {"neutral", "happiness", "surprise", "sadness", "anger",
                                         "disgust", "fear",      "contempt", "unknown", "NF"};

typedef struct vote_row {
    csv_text image; /* in the map of the votes; empty: dropped */
    size_t line;
    unsigned votes[VOTES];
    data_split split;
} vote_row;

typedef struct vote_table {
    csv_file csv;
    size_t usage, image, columns[VOTES];
    vote_row *rows[DATA_SPLITS]; /* in the file's order */
    size_t counts[DATA_SPLITS], capacities[DATA_SPLITS];
} vote_table;

/* "FOLDER/name", where FOLDER is the path itself or, when that is the votes' CSV, where it lies. */
static amend_status beside(const char *path, const char *name, char **joined)
{
    char *folder = NULL;
    amend_status st;
    if (file_is_folder(path)) return file_join(path, name, joined);
    TRY(mem_copy_string(&folder, path));
    char *slash = strrchr(folder, '/');
    if (slash) slash[1] = '\0';
    st = file_join(slash ? folder : ".", name, joined);
    mem_free(folder);
    return st;
}

static amend_status find_votes(const char *path, char **csv)
{
    return file_is_folder(path) ? file_join(path, "fer2013new.csv", csv) : mem_copy_string(csv, path);
}

static bool probe(const char *path)
{
    char *votes = NULL;
    csv_file csv = {0};
    bool fits = false;
    amend_status st = find_votes(path, &votes);
    if (!st.code) st = csv_open(votes, &csv);
    if (!st.code) fits = csv_has(&csv, "Image name") && csv_has(&csv, "NF");
    csv_close(&csv);
    mem_free(votes);
    return fits;
}

static amend_status open_votes(const char *path, vote_table *table)
{
    TRY(csv_open(path, &table->csv));
    TRY(csv_column(&table->csv, "Usage", &table->usage));
    TRY(csv_column(&table->csv, "Image name", &table->image));
    for (size_t i = 0; i < VOTES; i++) TRY(csv_column(&table->csv, names[i], &table->columns[i]));
    return status_ok();
}

static void close_votes(vote_table *table)
{
    for (size_t i = 0; i < DATA_SPLITS; i++) mem_free(table->rows[i]);
    csv_close(&table->csv);
}

static amend_status push_row(vote_table *table, const vote_row *row)
{
    data_split s = row->split;
    if (table->counts[s] == table->capacities[s]) {
        size_t capacity = table->capacities[s] ? 2 * table->capacities[s] : 4096;
        TRY(mem_grow(&table->rows[s], table->counts[s], capacity, sizeof *row, "votes"));
        table->capacities[s] = capacity;
    }
    table->rows[s][table->counts[s]++] = *row;
    return status_ok();
}

static amend_status parse_votes(const vote_table *table, vote_row *row)
{
    for (size_t i = 0; i < VOTES; i++) {
        csv_text text = table->csv.fields[table->columns[i]];
        size_t votes = 0;
        if (!csv_number(text, VOTE_MAX, &votes))
            return csv_error(&table->csv, "%s is '%.*s'; it must be a number of votes", names[i], csv_width(text),
                             text.start);
        row->votes[i] = (unsigned)votes;
    }
    if (memchr(row->image.start, '/', row->image.length))
        return csv_error(&table->csv, "Image name '%.*s' has a '/'; write the file's name alone", csv_width(row->image),
                         row->image.start);
    return status_ok();
}

static amend_status read_votes(data_builder *b, vote_table *table)
{
    for (;;) {
        bool more = false;
        vote_row row = {0};
        amend_status st = csv_next(&table->csv, &more);
        if (!more) return st;
        row.line = table->csv.line;
        row.image = table->csv.fields[table->image];
        if (!st.code) st = fer_usage(&table->csv, table->usage, &row.split);
        if (st.code) {
            TRY(builder_bad(b, st));
            continue;
        }
        st = parse_votes(table, &row);
        if (st.code) {
            TRY(builder_bad(b, st));
            row.image = (csv_text){0}; /* a bad row keeps its place, or the rows below would get other images */
        }
        TRY(push_row(table, &row));
    }
}

/* False: the row has no hard label and is dropped. */
static bool judge(const vote_row *row, data_rule rule, size_t *label)
{
    unsigned sum = 0;
    size_t best = 0, winners = 0;
    for (size_t i = 0; i < VOTES; i++) {
        sum += row->votes[i];
        if (row->votes[i] > row->votes[best]) best = i;
    }
    for (size_t i = 0; i < VOTES; i++) winners += row->votes[i] == row->votes[best];
    *label = best;
    if (!row->image.length || best >= EMOTIONS || winners > 1) return false;
    return rule == DATA_PLURALITY || 2 * row->votes[best] > sum;
}

static bool wanted(data_builder *b, const vote_row *row, size_t *label)
{
    if (!builder_wants(b, row->split)) return false;
    if (judge(row, b->options->rule, label)) return true;
    if (row->image.start) builder_drop(b); /* else it is a bad row */
    return false;
}

/* judge gave a label, so at least one vote is for an emotion. */
static void share_votes(const vote_row *row, float *target)
{
    unsigned least = 1, sum = 0;
    for (size_t i = 0; i < EMOTIONS; i++)
        if (row->votes[i] > 1) least = 2;
    for (size_t i = 0; i < EMOTIONS; i++) sum += row->votes[i] >= least ? row->votes[i] : 0;
    for (size_t i = 0; i < EMOTIONS; i++) target[i] = row->votes[i] >= least ? (float)row->votes[i] / (float)sum : 0.0f;
}

static amend_status add(data_builder *b, const vote_row *row, data_entry *entry)
{
    float target[EMOTIONS];
    if (b->options->soft) {
        share_votes(row, target);
        entry->target = target;
    }
    entry->split = row->split;
    return builder_add(b, entry);
}

static amend_status add_pixels(data_builder *b, const fer_csv *fer, const vote_row *row)
{
    unsigned char pixels[FER_PIXELS];
    amend_image image = {pixels, FER_SIDE, FER_SIDE, 1};
    data_entry entry = {.image = &image, .file = fer->csv.path, .line = fer->csv.line};
    if (!wanted(b, row, &entry.label)) return status_ok();
    TRY(fer_pixels(fer, pixels));
    return add(b, row, &entry);
}

/* The current row of fer2013.csv with its votes; next[] counts the rows of each split. */
static amend_status match_row(data_builder *b, const vote_table *table, const fer_csv *fer, size_t *next)
{
    data_split split = DATA_TRAIN;
    TRY(fer_usage(&fer->csv, fer->usage, &split));
    if (!table->counts[split]) return status_ok();
    size_t k = next[split]++;
    if (k < table->counts[split]) return add_pixels(b, fer, &table->rows[split][k]);
    if (k > table->counts[split]) return status_ok(); /* said once */
    return csv_error(&fer->csv, "row %zu of split '%s', but %s has only %zu; take both files whole and in their order",
                     k + 1, data_split_name(split), table->csv.path, table->counts[split]);
}

static amend_status check_rows_left(data_builder *b, const vote_table *table, const char *path, const size_t *next)
{
    for (size_t s = 0; s < DATA_SPLITS; s++) {
        if (!next[s] || next[s] >= table->counts[s]) continue;
        amend_status st = status_error(
            AMEND_BAD_DATA, "%s: %zu rows of split '%s', but %s has %zu; take both files whole and in their order",
            path, next[s], data_split_name((data_split)s), table->csv.path, table->counts[s]);
        TRY(builder_bad(b, st));
    }
    return status_ok();
}

static amend_status read_csv(data_builder *b, const vote_table *table, const char *path)
{
    fer_csv fer = {0};
    size_t next[DATA_SPLITS] = {0};
    bool more = true;
    amend_status st;
    TRY(fer_csv_open(path, &fer));
    for (;;) {
        st = csv_next(&fer.csv, &more);
        if (!more) break;
        if (!st.code) st = match_row(b, table, &fer, next);
        if (st.code) st = builder_bad(b, st);
        if (st.code) break;
    }
    if (!st.code) st = check_rows_left(b, table, path, next);
    csv_close(&fer.csv);
    return st;
}

static amend_status add_file(data_builder *b, const vote_table *table, const vote_row *row, const char *folder)
{
    char name[256], *path = NULL;
    amend_image image = {0};
    data_entry entry = {.image = &image};
    amend_status st;
    if (!wanted(b, row, &entry.label)) return status_ok();
    if (row->image.length >= sizeof name)
        return status_error(AMEND_BAD_DATA, "%s:%zu: Image name is longer than a file's name can be", table->csv.path,
                            row->line);
    memcpy(name, row->image.start, row->image.length);
    name[row->image.length] = '\0';
    TRY(file_join(folder, name, &path));
    st = status_prefix(amend_image_open(path, &image), "%s:%zu", table->csv.path, row->line);
    entry.file = path;
    if (!st.code) st = add(b, row, &entry);
    amend_image_free(&image);
    mem_free(path);
    return st;
}

static amend_status read_folder(data_builder *b, const vote_table *table, data_split split, const char *folder)
{
    for (size_t i = 0; i < table->counts[split]; i++) {
        amend_status st = add_file(b, table, &table->rows[split][i], folder);
        if (st.code) TRY(builder_bad(b, st));
    }
    return status_ok();
}

static amend_status read_folders(data_builder *b, const vote_table *table)
{
    static const char *const folders[DATA_SPLITS] = {"FER2013Train", "FER2013Valid", "FER2013Test"};
    size_t found = 0;
    for (int s = 0; s < DATA_SPLITS; s++) {
        char *folder = NULL;
        amend_status st = status_ok();
        TRY(beside(b->options->path, folders[s], &folder));
        if (file_is_folder(folder)) {
            found++;
            st = read_folder(b, table, (data_split)s, folder);
        }
        mem_free(folder);
        if (st.code) return st;
    }
    if (found) return status_ok();
    return status_error(AMEND_BAD_DATA,
                        "%s: votes without images; put fer2013.csv or the folders FER2013Train, FER2013Valid and "
                        "FER2013Test beside it",
                        table->csv.path);
}

static amend_status read(data_builder *b)
{
    char *votes = NULL, *pixels = NULL;
    vote_table table = {0};
    amend_status st = find_votes(b->options->path, &votes);
    if (!st.code) st = beside(b->options->path, "fer2013.csv", &pixels);
    if (!st.code) st = open_votes(votes, &table);
    if (!st.code) st = builder_classes(b, names, EMOTIONS);
    if (!st.code) st = read_votes(b, &table);
    if (!st.code) st = file_exists(pixels) ? read_csv(b, &table, pixels) : read_folders(b, &table);
    close_votes(&table);
    mem_free(pixels);
    mem_free(votes);
    return st;
}

const data_layout layout_ferplus = {"ferplus", "fer2013new.csv (FER+ votes) beside fer2013.csv", probe, read};
