/* Words: edit distance (Levenshtein, 1966), one row of the table at a time; lists. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], length = strlen(b);
    if (length > LONGEST) return SIZE_MAX;
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0]; /* of the row above */
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t above = row[j + 1];
            row[j + 1] = smallest(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2; /* further is another word, not a slip */
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d >= least) continue;
        least = d;
        nearest = candidates[i];
    }
    return nearest;
}

void text_list_add(text_list *list, const char *name)
{
    size_t room = sizeof list->text - list->used;
    list->count++;
    if (strlen(name) + sizeof ", , ..." < room)
        list->used += (size_t)snprintf(list->text + list->used, room, "%s%s", list->used ? ", " : ": ", name);
    else if (room) {
        snprintf(list->text + list->used, room, ", ...");
        list->used = sizeof list->text;
    }
}
