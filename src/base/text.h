/* Help with words that a person typed. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* The candidate that `word` was most likely meant to be: the fewest letters inserted, left out, changed or swapped with
 * their neighbour, regardless of case; the first of equals. NULL when more than a third of the letters differ. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
