/* The format before PyTorch 1.6: pickles of a magic number, a protocol version, the writing machine, the checkpoint and
 * the list of storages' keys; then of each storage in that order the number of values in 8 bytes, and the values. */
#include <string.h>

#include "weights/pth_storage.h"

enum { VERSION = 1001 };

static amend_status next_pickle(const unsigned char *bytes, size_t size, const char *name, pickle *p, size_t *at)
{
    size_t used = 0;
    TRY(pickle_read(bytes + *at, size - *at, name, p, &used));
    *at += used;
    return status_ok();
}

static amend_status check_magic(const pickle *p)
{
    static const unsigned char magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    const pickle_value *v = &p->values[p->root];
    if (v->kind == PICKLE_BIG_INT && v->count == sizeof magic && !memcmp(v->bytes, magic, sizeof magic))
        return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: a pickle, but not of torch.save", p->name);
}

static amend_status check_version(const pickle *p)
{
    const pickle_value *v = &p->values[p->root];
    if (v->kind == PICKLE_INT && v->integer == VERSION) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: a version of PyTorch's format that is not %d", p->name, VERSION);
}

static amend_status check_machine(const pickle *p)
{
    const pickle_value *v = &p->values[p->root];
    const pickle_value *little = v->kind == PICKLE_DICT ? pickle_find(p, v, "little_endian") : NULL;
    if (little && little->kind == PICKLE_BOOL && little->integer) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: only files in little-endian order are read", p->name);
}

amend_status pth_old_read(const unsigned char *bytes, size_t size, const char *name, pickle *p, size_t *rest)
{
    static amend_status (*const checks[])(const pickle *) = {check_magic, check_version, check_machine};
    *rest = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        pickle head = {0};
        amend_status status = next_pickle(bytes, size, name, &head, rest);
        if (!status.code) status = checks[i](&head);
        pickle_free(&head);
        if (status.code) return status;
    }
    return next_pickle(bytes, size, name, p, rest);
}

static amend_status load_next(const unsigned char *bytes, size_t size, size_t *at, const char *name,
                              const pickle_value *key, const pth_storages *storages)
{
    uint64_t values = 0;
    if (key->kind != PICKLE_TEXT) return status_error(AMEND_BAD_DATA, "%s: a storage's key is not text", name);
    pth_storage *storage = pth_storages_find(storages, key);
    if (!storage) return pth_storage_wrong(name, key, "no tensor uses it, so its type is not known");
    if (storage->data) return pth_storage_wrong(name, key, "twice in the file");
    if (size - *at < sizeof values) return pth_storage_wrong(name, key, "cut short");
    for (size_t i = 0; i < sizeof values; i++) values |= (uint64_t)bytes[*at + i] << 8 * i;
    *at += sizeof values;
    if (values != storage->values)
        return pth_storage_wrong(name, key, "another number of values in the file than the pickle says");
    if (storage->bytes > size - *at) return pth_storage_wrong(name, key, "cut short");
    storage->data = bytes + *at;
    *at += storage->bytes;
    return status_ok();
}

amend_status pth_old_load(const unsigned char *bytes, size_t size, size_t rest, const char *name,
                          pth_storages *storages)
{
    pickle keys = {0};
    amend_status status = next_pickle(bytes, size, name, &keys, &rest);
    const pickle_value *list = status.code ? NULL : &keys.values[keys.root];
    if (list && list->kind != PICKLE_LIST)
        status = status_error(AMEND_BAD_DATA, "%s: no list of storages behind the checkpoint", name);
    for (size_t i = 0; !status.code && i < list->count; i++)
        status = load_next(bytes, size, &rest, name, pickle_item(&keys, list, i), storages);
    pickle_free(&keys);
    return status;
}
