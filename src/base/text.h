/* Words, and lists of them. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* The candidate that a mistyped `word` most likely meant: fewest inserted, removed and replaced characters. NULL when
 * none is near enough to be suggested. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Bytes of the control character at `text`, which a terminal would obey: 1, or 2 for U+0080 .. U+009F; 0: it is none.
 */
size_t text_control(const char *text);

/* Puts '?' in the place of each byte of them. */
void text_clean(char *text);

/* Names for a message: ": a, b, c, ...", as many as fit; "" when there are none. Zeroed: empty. */
typedef struct text_list {
    char text[160];
    size_t used, count;
} text_list;
void text_list_add(text_list *list, const char *name);

/* Bytes of the UTF-8 character at `text` (RFC 3629: no overlong forms, no surrogates); 0: it is none. */
size_t text_character(const char *text);

/* Puts '?' in the place of every byte that is not of a UTF-8 character, as file names may have them, and texts that
 * were cut. */
void text_make_valid(char *text);

/* What fits of a text into `size` bytes (1 or more) with the end of string: whole characters, '?' for each byte that
 * belongs to none. */
void text_copy(char *to, size_t size, const char *from);

#endif
