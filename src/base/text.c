/* Nearest word by edit distance (optimal string alignment). */
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 64 }; /* rows of the table below are on the stack; nobody types longer words */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int letter(const char *word, size_t i)
{
    return tolower((unsigned char)word[i]);
}

/* Both at most LONGEST letters. Row i holds the distances from the first i letters of `a` to each beginning of `b`. */
static size_t distance(const char *a, size_t rows, const char *b, size_t columns)
{
    size_t table[3][LONGEST + 1];
    for (size_t j = 0; j <= columns; j++) table[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t *row = table[i % 3], *above = table[(i + 2) % 3], *two_above = table[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t changed = above[j - 1] + (letter(a, i - 1) != letter(b, j - 1));
            row[j] = least(changed, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a, i - 1) == letter(b, j - 2) && letter(a, i - 2) == letter(b, j - 1))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return table[rows % 3][columns];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word), best = 0;
    const char *nearest = NULL;
    if (length > LONGEST) return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > LONGEST) continue;
        size_t d = distance(word, length, candidates[i], other);
        size_t longer = length > other ? length : other;
        if (3 * d > longer || (nearest && d >= best)) continue;
        nearest = candidates[i];
        best = d;
    }
    return nearest;
}
