/* Reading true boxes, finding the photos that they are of, and counting hits. */
#include "eval/detection.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/status.h"

enum { MAX_NAME = 512, MAX_BOXES = 1 << 22 };

typedef struct true_box {
    char file[MAX_NAME];
    const char *photo; /* that it is of, borrowed; NULL: none */
    amend_box box;
    bool hit;
} true_box;

struct detection_boxes {
    const char *path; /* borrowed while it is read */
    true_box *rows;
    size_t count;
    bool more_columns;
};

/* ---- reading ---- */

/* The first field, quoted or not; returns where it ends, NULL: it does not, or is too long. */
static const char *read_name(const char *at, char name[MAX_NAME])
{
    size_t used = 0;
    bool quoted = *at == '"';
    for (at += quoted; *at && used < MAX_NAME - 1; at++) {
        if (quoted ? *at == '"' && at[1] != '"' : *at == ',') break;
        if (quoted && *at == '"') at++;
        name[used++] = *at;
    }
    name[used] = '\0';
    if (quoted && *at++ != '"') return NULL;
    return used && *at == ',' ? at + 1 : NULL;
}

/* Four numbers with commas between, to the end of the line or the next column. */
static bool read_box(const char *at, bool more, amend_box *box)
{
    double *const sides[] = {&box->x, &box->y, &box->width, &box->height};
    for (size_t i = 0; i < 4; i++) {
        char *end;
        *sides[i] = number_read(at, &end);
        if (end == at || !isfinite(*sides[i])) return false;
        at = end + strspn(end, " \t\r");
        if (*at != (i < 3 || more ? ',' : '\0')) return false;
        at++;
    }
    return box->width > 0 && box->height > 0;
}

static amend_status add_row(detection_boxes *b, const char *line, size_t number)
{
    true_box row = {0};
    const char *numbers = read_name(line, row.file);
    if (!numbers || !read_box(numbers, b->more_columns, &row.box))
        return status_error(AMEND_BAD_DATA, "%s:%zu: '%.60s' is not FILE,X,Y,W,H with sides over 0", b->path, number,
                            line);
    if (b->count == MAX_BOXES) return status_error(AMEND_BAD_DATA, "%s: more than %d boxes", b->path, MAX_BOXES);
    if (!(b->count & (b->count - 1))) { /* room grows by doubling */
        size_t room = b->count ? 2 * b->count : 1;
        TRY(mem_grow(&b->rows, b->count, room, sizeof *b->rows, "boxes"));
    }
    b->rows[b->count++] = row;
    return status_ok();
}

static amend_status read_rows(detection_boxes *b, char *text)
{
    static const char columns[] = "file,x,y,w,h";
    size_t number = 1;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")); number++) {
        bool header = number == 1 && !strncmp(line, "file,", 5);
        bool known = !strncmp(line, columns, sizeof columns - 1) && strchr(",\r", line[sizeof columns - 1]);
        if (header && !known)
            return status_error(AMEND_BAD_DATA, "%s:1: columns '%.100s', needed are %s", b->path, line, columns);
        if (header) b->more_columns = line[sizeof columns - 1] == ',';
        if (!header && line[strspn(line, " \t\r")]) TRY(add_row(b, line, number));
    }
    if (b->count) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: no boxes; rows are FILE,X,Y,W,H", b->path);
}

amend_status detection_boxes_open(const char *path, detection_boxes **made)
{
    unsigned char *text = NULL;
    size_t size;
    detection_boxes *b = NULL;
    *made = NULL;
    TRY(file_read(path, (size_t)1 << 28, &text, &size));
    amend_status status = mem_alloc(&b, 1, sizeof *b, "boxes");
    if (!status.code) {
        b->path = path;
        status = read_rows(b, (char *)text);
    }
    mem_free(text);
    if (status.code)
        detection_boxes_free(b);
    else
        *made = b;
    return status;
}

void detection_boxes_free(detection_boxes *b)
{
    if (!b) return;
    mem_free(b->rows);
    mem_free(b);
}

/* ---- which photo ---- */

/* Parts of two paths, from the end, that are the same: 1 for the names alone. */
static size_t common_parts(const char *a, const char *b)
{
    size_t i = strlen(a), j = strlen(b);
    for (size_t parts = 0;; i--, j--) {
        while (i && j && a[i - 1] == b[j - 1] && a[i - 1] != '/') {
            i--;
            j--;
        }
        if ((i && a[i - 1] != '/') || (j && b[j - 1] != '/')) return parts;
        parts++;
        if (!i || !j) return parts;
    }
}

typedef struct given_photo {
    const char *path, *base; /* the end of it, without folders */
    size_t most;             /* parts that the best names have in common with it */
    const char *name;        /* that it has in the CSV */
} given_photo;

typedef struct photo_list {
    given_photo *items; /* by base */
    size_t count;
} photo_list;

static int by_base(const void *a, const void *b)
{
    const given_photo *first = a, *second = b;
    int order = strcmp(first->base, second->base);
    return order ? order : strcmp(first->path, second->path);
}

/* Those whose path ends as the name of a row does, *count of them. */
static given_photo *of_base(const photo_list *photos, const char *file, size_t *count)
{
    const char *base = file_base_name(file);
    size_t first = 0, end = photos->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(photos->items[middle].base, base) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    while (end < photos->count && !strcmp(photos->items[end].base, base)) end++;
    *count = end - first;
    return photos->items + first;
}

/* Rows of one file mostly follow each other. */
static bool is_new_name(const detection_boxes *b, size_t row)
{
    return !row || strcmp(b->rows[row].file, b->rows[row - 1].file);
}

static void find_most(const detection_boxes *b, const photo_list *photos)
{
    for (size_t i = 0; i < b->count; i++) {
        size_t count = 0;
        given_photo *near = is_new_name(b, i) ? of_base(photos, b->rows[i].file, &count) : NULL;
        for (size_t j = 0; j < count; j++) {
            size_t parts = common_parts(b->rows[i].file, near[j].path);
            if (parts > near[j].most) near[j].most = parts;
        }
    }
}

static amend_status find_photo(true_box *row, const photo_list *photos)
{
    size_t most = 0, count;
    given_photo *near = of_base(photos, row->file, &count), *best = NULL, *other = NULL;
    for (size_t j = 0; j < count; j++) {
        size_t parts = common_parts(row->file, near[j].path);
        if (parts < near[j].most || parts < most) continue;
        if (parts == most && file_is_same(near[j].path, best->path)) continue;
        other = parts == most ? &near[j] : NULL;
        if (!other) best = &near[j];
        most = parts;
    }
    if (!best) return status_ok();
    if (other)
        return status_error(AMEND_BAD_DATA, "'%s' may be %s or %s; write more of its path", row->file, best->path,
                            other->path);
    if (best->name && strcmp(best->name, row->file))
        return status_error(AMEND_BAD_DATA, "both '%s' and '%s' may be %s; give more of its path", best->name,
                            row->file, best->path);
    best->name = row->file;
    row->photo = best->path;
    return status_ok();
}

static amend_status find_photos(detection_score *s, const photo_list *photos)
{
    detection_boxes *b = s->truth;
    find_most(b, photos);
    for (size_t i = 0; i < b->count; i++) {
        true_box *row = &b->rows[i];
        if (is_new_name(b, i)) {
            TRY(find_photo(row, photos));
            if (!row->photo) text_list_add(&s->left_files, row->file);
        } else
            row->photo = row[-1].photo;
        *(row->photo ? &s->boxes : &s->left_out) += 1;
    }
    return status_ok();
}

amend_status detection_begin(detection_boxes *truth, const char *const *paths, size_t count, detection_score *s)
{
    photo_list photos = {.count = count};
    *s = (detection_score){.truth = truth};
    TRY(mem_alloc(&photos.items, count, sizeof *photos.items, "photos"));
    for (size_t i = 0; i < count; i++)
        photos.items[i] = (given_photo){.path = paths[i], .base = file_base_name(paths[i])};
    qsort(photos.items, count, sizeof *photos.items, by_base);
    amend_status status = find_photos(s, &photos);
    mem_free(photos.items);
    return status;
}

/* ---- counting ---- */

static double overlap(const amend_box *a, const amend_box *b)
{
    double w = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
    double h = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
    double shared = w > 0 && h > 0 ? w * h : 0;
    return shared / (a->width * a->height + b->width * b->height - shared);
}

void detection_compare(detection_score *s, const char *photo, const amend_face *faces, size_t count)
{
    true_box *rows = s->truth->rows;
    s->found += count;
    for (size_t k = 0; k < count; k++) {
        true_box *best = NULL;
        for (size_t i = 0; i < s->truth->count; i++)
            if (rows[i].photo && !strcmp(rows[i].photo, photo) && !rows[i].hit &&
                overlap(&rows[i].box, &faces[k].box) >= (best ? overlap(&best->box, &faces[k].box) : DETECTION_OVERLAP))
                best = &rows[i];
        if (best) best->hit = true;
        s->hits += best != NULL;
    }
}

double detection_recall(const detection_score *s)
{
    return s->boxes ? (double)s->hits / (double)s->boxes : NAN;
}

double detection_precision(const detection_score *s)
{
    return s->found ? (double)s->hits / (double)s->found : NAN;
}
