/* Words: edit distance (Levenshtein, 1966), one row of the table at a time; lists; UTF-8. */
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

size_t text_control(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (*at == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0) return 2;
    return *at && (*at < ' ' || *at == 127);
}

void text_clean(char *text)
{
    while (*text) {
        size_t control = text_control(text);
        memset(text, '?', control);
        text += control ? control : 1;
    }
}

void text_list_add(text_list *list, const char *name)
{
    size_t room = sizeof list->text - list->used;
    char *added = list->text + list->used;
    list->count++;
    if (strlen(name) + sizeof ", , ..." < room) {
        list->used += (size_t)snprintf(added, room, "%s%s", list->used ? ", " : ": ", name);
        text_clean(added);
    } else if (room) {
        snprintf(list->text + list->used, room, ", ...");
        list->used = sizeof list->text;
    }
}

size_t text_character(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        size_t length;
    } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
                 {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                 {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    if (*at < 0x80) return 1;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (*at < forms[i].first || *at > forms[i].last) continue;
        if (at[1] < forms[i].low || at[1] > forms[i].high) return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((at[k] & 0xC0) != 0x80) return 0;
        return forms[i].length;
    }
    return 0;
}

void text_make_valid(char *text)
{
    while (*text) {
        size_t length = text_character(text);
        if (!length) *text = '?';
        text += length ? length : 1;
    }
}

void text_copy(char *to, size_t size, const char *from)
{
    while (*from) {
        size_t known = text_character(from), length = known ? known : 1;
        if (length >= size) break;
        memcpy(to, known ? from : "?", length);
        to += length;
        size -= length;
        from += length;
    }
    *to = '\0';
}
