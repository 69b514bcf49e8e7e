/* The list of storages. */
#include "weights/pth_storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "weights/dtype.h"
#include "weights/pickle_globals.h"

amend_status pth_storage_wrong(const char *name, const pickle_value *key, const char *what)
{
    char shown[64];
    pickle_print(key->bytes, key->count, shown, sizeof shown);
    return status_error(AMEND_BAD_DATA, "%s: storage '%s': %s", name, shown, what);
}

static int compare_keys(const pickle_value *a, const pickle_value *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->count);
}

static int compare(const void *left, const void *right)
{
    const pth_storage *a = left, *b = right;
    return compare_keys(a->key, b->key);
}

static amend_status read_storage(const pickle *p, const pickle_value *id, pth_storage *storage)
{
    int64_t values = pickle_item(p, id, 4)->integer;
    storage->key = pickle_item(p, id, 2);
    (void)pickle_global_storage(pickle_item(p, id, 1), &storage->type); /* pickle_is_storage looked */
    if (values < 0) return pth_storage_wrong(p->name, storage->key, "a negative number of values");
    storage->values = (size_t)values;
    if (!mem_multiply(storage->values, dtype_size(storage->type), &storage->bytes))
        return pth_storage_wrong(p->name, storage->key, "more values than memory can hold");
    return status_ok();
}

static amend_status merge_same(const pickle *p, pth_storages *storages)
{
    size_t kept = 0;
    for (size_t i = 0; i < storages->count; i++) {
        const pth_storage *s = &storages->items[i], *last = &storages->items[kept ? kept - 1 : 0];
        if (kept && !compare(last, s)) {
            if (last->type != s->type || last->values != s->values)
                return pth_storage_wrong(p->name, s->key, "named twice, with different types or sizes");
        } else {
            storages->items[kept++] = *s;
        }
    }
    storages->count = kept;
    return status_ok();
}

amend_status pth_storages_gather(const pickle *p, pth_storages *storages)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) count += p->values[i].kind == PICKLE_STORAGE;
    TRY(mem_alloc(&storages->items, count, sizeof *storages->items, p->name));
    for (size_t i = 0; i < p->count; i++)
        if (p->values[i].kind == PICKLE_STORAGE)
            TRY(read_storage(p, &p->values[p->values[i].of], &storages->items[storages->count++]));
    qsort(storages->items, storages->count, sizeof *storages->items, compare);
    return merge_same(p, storages);
}

void pth_storages_free(pth_storages *storages)
{
    for (size_t i = 0; i < storages->count; i++) mem_free(storages->items[i].owned);
    mem_free(storages->items);
}

pth_storage *pth_storages_find(const pth_storages *storages, const pickle_value *key)
{
    const pth_storage wanted = {.key = key};
    return bsearch(&wanted, storages->items, storages->count, sizeof wanted, compare);
}
