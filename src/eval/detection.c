/* Reading true boxes, and counting hits. */
#include "eval/detection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

enum { MAX_NAME = 512, MAX_BOXES = 1 << 22 };

typedef struct true_box {
    char file[MAX_NAME];
    amend_box box;
    bool hit;
} true_box;

struct detection_boxes {
    true_box *rows;
    size_t count;
};

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static amend_status add_row(detection_boxes *b, const char *line, const char *path, size_t number)
{
    true_box row = {0};
    int end = 0;
    if (sscanf(line, "%511[^,],%lf,%lf,%lf,%lf%n", row.file, &row.box.x, &row.box.y, &row.box.width, &row.box.height,
               &end) != 5 ||
        strspn(line + end, " \t\r") != strlen(line + end) || !(row.box.width > 0) || !(row.box.height > 0))
        return status_error(AMEND_BAD_DATA, "%s:%zu: '%.60s' is not FILE,X,Y,W,H with sides over 0", path, number,
                            line);
    if (b->count == MAX_BOXES) return status_error(AMEND_BAD_DATA, "%s: more than %d boxes", path, MAX_BOXES);
    if (!(b->count & (b->count - 1))) { /* room grows by doubling */
        size_t room = b->count ? 2 * b->count : 1;
        TRY(mem_grow(&b->rows, b->count, room, sizeof *b->rows, "boxes"));
    }
    b->rows[b->count++] = row;
    return status_ok();
}

static amend_status read_rows(detection_boxes *b, char *text, const char *path)
{
    size_t number = 1;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")); number++) {
        bool header = number == 1 && !strncmp(line, "file,", 5);
        if (!header && line[strspn(line, " \t\r")]) TRY(add_row(b, line, path, number));
    }
    if (b->count) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: no boxes; rows are FILE,X,Y,W,H", path);
}

amend_status detection_boxes_open(const char *path, detection_boxes **made)
{
    unsigned char *text = NULL;
    size_t size;
    detection_boxes *b = NULL;
    *made = NULL;
    TRY(file_read(path, (size_t)1 << 28, &text, &size));
    amend_status status = mem_alloc(&b, 1, sizeof *b, "boxes");
    if (!status.code) status = read_rows(b, (char *)text, path);
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

static double overlap(const amend_box *a, const amend_box *b)
{
    double w = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
    double h = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
    double shared = w > 0 && h > 0 ? w * h : 0;
    return shared / (a->width * a->height + b->width * b->height - shared);
}

static bool is_of(const true_box *row, const char *file)
{
    return !strcmp(row->file, file) || !strcmp(last_name(row->file), last_name(file));
}

void detection_compare(detection_score *s, const char *file, const amend_face *faces, size_t count)
{
    true_box *rows = s->truth->rows;
    for (size_t i = 0; i < s->truth->count; i++)
        if (is_of(&rows[i], file)) {
            rows[i].hit = false;
            s->boxes++;
        }
    s->found += count;
    for (size_t k = 0; k < count; k++) {
        true_box *best = NULL;
        for (size_t i = 0; i < s->truth->count; i++)
            if (is_of(&rows[i], file) && !rows[i].hit &&
                overlap(&rows[i].box, &faces[k].box) >= (best ? overlap(&best->box, &faces[k].box) : DETECTION_OVERLAP))
                best = &rows[i];
        if (best) best->hit = true;
        s->hits += best != NULL;
    }
}

double detection_recall(const detection_score *s)
{
    return s->boxes ? (double)s->hits / (double)s->boxes : 1;
}

double detection_precision(const detection_score *s)
{
    return s->found ? (double)s->hits / (double)s->found : 1;
}
