/* Numbers and ranges between commas. */
#include "ablate/seeds.h"

#include <ctype.h>
#include <stdbool.h>

static const size_t largest = 1000000000000000; /* that of train.seed */

static amend_status refuse(const char *text)
{
    return status_error(AMEND_BAD_ARGUMENT,
                        "seeds are '%.80s', needed is a list such as 1-3 or 1,2,5 (each at most %zu)", text, largest);
}

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at)) at++;
    return at;
}

/* Reads digits at *at and goes behind them. */
static bool take_number(const char **at, size_t *number)
{
    const char *digit = skip_blanks(*at);
    if (!isdigit((unsigned char)*digit)) return false;
    for (*number = 0; isdigit((unsigned char)*digit); digit++) {
        *number = *number * 10 + (size_t)(*digit - '0');
        if (*number > largest) return false;
    }
    *at = skip_blanks(digit);
    return true;
}

static amend_status add(seed_list *list, size_t seed)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->values[i] == seed) return status_error(AMEND_BAD_ARGUMENT, "seed %zu is given twice", seed);
    if (list->count == ABLATE_SEEDS) return status_error(AMEND_BAD_ARGUMENT, "more than %d seeds a row", ABLATE_SEEDS);
    list->values[list->count++] = seed;
    return status_ok();
}

amend_status seeds_parse(const char *text, seed_list *list)
{
    seed_list found = {.count = 0};
    for (const char *at = text;; at++) {
        size_t first, last;
        if (!take_number(&at, &first)) return refuse(text);
        last = first;
        if (*at == '-' && (at++, !take_number(&at, &last))) return refuse(text);
        if (last < first) return refuse(text);
        for (size_t seed = first; seed <= last; seed++) TRY(add(&found, seed));
        if (!*at) break;
        if (*at != ',') return refuse(text);
    }
    *list = found;
    return status_ok();
}
