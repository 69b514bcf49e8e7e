/* RAF-DB (Li et al., 2017), basic emotions: EmoLabel/list_patition_label.txt (the authors' spelling) or
 * list_partition_label.txt with lines "train_00001.jpg 5", images in Image/aligned/train_00001_aligned.jpg. Labels 1 ..
 * 7; a name's prefix is its split. There is no valid split. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/layout.h"

static const char *const names[] = {"surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"};
enum { CLASSES = sizeof names / sizeof *names, NAME_SIZE = 128 };

static const char *const lists[] = {"EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt"};

/* Path of the list in new memory; NULL when the folder has none. */
static amend_status find_list(const char *path, char **list)
{
    *list = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        TRY(file_join(path, lists[i], list));
        if (file_exists(*list)) return status_ok();
        mem_free(*list);
        *list = NULL;
    }
    return status_ok();
}

static bool probe(const char *path)
{
    char *list = NULL;
    amend_status st = find_list(path, &list);
    bool fits = !st.code && list;
    mem_free(list);
    return fits;
}

typedef struct list_row {
    char name[NAME_SIZE]; /* without its extension */
    data_split split;
    size_t label;
} list_row;

/* "NAME.EXT LABEL" */
static amend_status parse_row(const char *line, size_t length, list_row *row)
{
    while (length && strchr(" \t\r", line[length - 1])) length--;
    const char *blank = memchr(line, ' ', length), *dot = memchr(line, '.', length);
    if (!blank || !dot || dot > blank || (size_t)(dot - line) >= NAME_SIZE || memchr(line, '/', length))
        return status_error(AMEND_BAD_DATA, "'%.*s' is not 'NAME.jpg LABEL'; repair or remove the line",
                            length < 60 ? (int)length : 60, line);
    memcpy(row->name, line, (size_t)(dot - line));
    row->name[dot - line] = '\0';
    if (!strncmp(row->name, "train_", 6))
        row->split = DATA_TRAIN;
    else if (!strncmp(row->name, "test_", 5))
        row->split = DATA_TEST;
    else
        return status_error(AMEND_BAD_DATA, "'%s' begins neither with train_ nor with test_; rename it", row->name);
    if (line + length != blank + 2 || blank[1] < '1' || blank[1] > '0' + CLASSES)
        return status_error(AMEND_BAD_DATA, "label '%.*s' of %s; it must be a number from 1 to %d",
                            (int)(line + length - blank - 1 < 24 ? line + length - blank - 1 : 24), blank + 1,
                            row->name, CLASSES);
    row->label = (size_t)(blank[1] - '1');
    return status_ok();
}

static amend_status add_row(data_builder *b, const list_row *row)
{
    char file[NAME_SIZE + 32] = "Image/aligned/";
    const data_entry entry = {.split = row->split, .label = row->label};
    strcat(strcat(file, row->name), "_aligned.jpg");
    return builder_add_file(b, b->options->path, file, &entry);
}

static amend_status read_rows(data_builder *b, const char *list, const file_map *map)
{
    const char *p = (const char *)map->bytes, *end = p ? p + map->size : p;
    for (size_t number = 1; p < end; number++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((stop ? stop : end) - p);
        list_row row;
        if (length > 1) { /* not just CR */
            amend_status st = parse_row(p, length, &row);
            if (!st.code && builder_wants(b, row.split)) st = add_row(b, &row);
            if (st.code) TRY(builder_bad(b, status_prefix(st, "%s:%zu", list, number)));
        }
        p += length + 1;
    }
    return status_ok();
}

static amend_status read(data_builder *b)
{
    char *list = NULL;
    file_map map = {0};
    amend_status st;
    TRY(find_list(b->options->path, &list));
    if (!list)
        return status_error(AMEND_BAD_DATA, "%s: no %s in it; give the folder that holds EmoLabel and Image",
                            b->options->path, lists[0]);
    st = file_map_open(list, &map);
    if (!st.code) st = builder_classes(b, names, CLASSES);
    if (!st.code) st = read_rows(b, list, &map);
    file_map_close(&map);
    mem_free(list);
    return st;
}

const data_layout layout_rafdb = {"rafdb", "EmoLabel/list_patition_label.txt beside Image/aligned", probe, read};
