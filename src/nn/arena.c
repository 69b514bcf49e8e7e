/* Best fit over a sorted list of holes. */
#include "nn/arena.h"

#include <string.h>

static size_t rounded(size_t bytes)
{
    return bytes ? (bytes + 63) / 64 * 64 : 64;
}

static void remove_hole(arena *a, size_t i)
{
    memmove(a->holes + i, a->holes + i + 1, (a->count - i - 1) * sizeof *a->holes);
    a->count--;
}

amend_status arena_take(arena *a, size_t bytes, size_t *at)
{
    size_t need = rounded(bytes), best = a->count;
    if (need < bytes || a->end + need < a->end)
        return status_error(AMEND_NO_MEMORY, "memory plan: %zu bytes do not fit", bytes);
    for (size_t i = 0; i < a->count; i++)
        if (a->holes[i].size >= need && (best == a->count || a->holes[i].size < a->holes[best].size)) best = i;
    if (best < a->count) {
        *at = a->holes[best].at;
        a->holes[best].at += need;
        a->holes[best].size -= need;
        if (!a->holes[best].size) remove_hole(a, best);
        return status_ok();
    }
    *at = a->end;
    a->end += need;
    if (a->end > a->peak) a->peak = a->end;
    return status_ok();
}

amend_status arena_give(arena *a, size_t at, size_t bytes)
{
    size_t size = rounded(bytes), i = 0;
    while (i < a->count && a->holes[i].at < at) i++;
    if (i && a->holes[i - 1].at + a->holes[i - 1].size == at) {
        a->holes[--i].size += size;
    } else {
        if (a->count == ARENA_MAX_HOLES) return status_error(AMEND_INTERNAL, "memory plan: too many free ranges");
        memmove(a->holes + i + 1, a->holes + i, (a->count - i) * sizeof *a->holes);
        a->holes[i] = (arena_hole){at, size};
        a->count++;
    }
    if (i + 1 < a->count && a->holes[i].at + a->holes[i].size == a->holes[i + 1].at) {
        a->holes[i].size += a->holes[i + 1].size;
        remove_hole(a, i + 1);
    }
    if (a->holes[i].at + a->holes[i].size == a->end) {
        a->end = a->holes[i].at;
        remove_hole(a, i);
    }
    return status_ok();
}
