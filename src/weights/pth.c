/* From a checkpoint's pickle to the tensors of its state dictionary. */
#include "weights/pth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "weights/pth_tensor.h"
#include "weights/safetensors.h"

enum { NAME_LIMIT = 256, NESTED = 4 };

/* Strides can repeat values (expanded tensors) and thus make much of little: copies may not be much larger than the
 * file. */
enum { COPY_ALLOWANCE = 1 << 24 };

struct pth {
    char *name;
    file_map map;
    const unsigned char *bytes;
    size_t size;
    pth_zip *zip; /* NULL: the old format */
    size_t rest;  /* old format: where the storages begin */
    pickle pickle;
    pth_storages storages;
    const pickle_value *state; /* the state dictionary */
    tensor_view *tensors;
    void **copies; /* of each tensor: what was made contiguous, or NULL */
    char **names;
    size_t count;
};

bool pth_begins(const unsigned char *bytes, size_t size)
{
    static const unsigned char zip[] = {'P', 'K', 3, 4};
    if (safetensors_begins(bytes, size)) return false;
    if (size >= sizeof zip && !memcmp(bytes, zip, sizeof zip)) return true;
    return size >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

/* ---- the state dictionary ---- */

static bool has_tensors(const pickle *p, const pickle_value *dictionary)
{
    for (size_t i = 1; i < dictionary->count; i += 2)
        if (pickle_item(p, dictionary, i)->kind == PICKLE_TENSOR) return true;
    return false;
}

/* The inner dictionaries come first: beside one of them a tensor is a note, as the "best_acc1" of PyTorch's ImageNet
 * example. */
static const pickle_value *search_state(const pickle *p, const pickle_value *at, int levels)
{
    static const char *const keys[] = {"state_dict", "model_state_dict", "model", "net"};
    for (size_t i = 0; levels > 1 && i < sizeof keys / sizeof *keys; i++) {
        const pickle_value *inner = pickle_find(p, at, keys[i]);
        const pickle_value *found = inner && inner->kind == PICKLE_DICT ? search_state(p, inner, levels - 1) : NULL;
        if (found) return found;
    }
    return has_tensors(p, at) ? at : NULL;
}

static amend_status no_state(const pickle *p, const pickle_value *root)
{
    char keys[200] = "", key[60];
    size_t used = 0;
    for (size_t i = 0; root->kind == PICKLE_DICT && i < root->count && used < sizeof keys - 4; i += 2) {
        const pickle_value *k = pickle_item(p, root, i);
        if (k->kind != PICKLE_TEXT) continue;
        pickle_print(k->bytes, k->count, key, sizeof key);
        used += (size_t)snprintf(keys + used, sizeof keys - used, "%s%s", used ? ", " : "", key);
    }
    return status_error(
        AMEND_BAD_DATA,
        "%s: no state dictionary: neither the checkpoint nor its state_dict, model_state_dict, model or "
        "net is a dictionary of tensors%s%s",
        p->name, *keys ? "; it holds " : "", keys);
}

static amend_status find_state(pth *f)
{
    const pickle *p = &f->pickle;
    const pickle_value *root = &p->values[p->root];
    if (root->kind == PICKLE_DICT) f->state = search_state(p, root, NESTED);
    return f->state ? status_ok() : no_state(p, root);
}

/* ---- its tensors ---- */

/* Names are shown and written into other files: no control characters, no end of string inside. */
static amend_status copy_name(const pth *f, const pickle_value *key, char **name)
{
    if (key->kind != PICKLE_TEXT) return status_error(AMEND_BAD_DATA, "%s: a tensor whose name is not text", f->name);
    if (!key->count || key->count >= NAME_LIMIT)
        return status_error(AMEND_BAD_DATA, "%s: a tensor's name of %zu bytes; 1..%d are possible", f->name, key->count,
                            NAME_LIMIT - 1);
    TRY(mem_alloc(name, key->count + 1, 1, f->name));
    pickle_print(key->bytes, key->count, *name, key->count + 1);
    if (memcmp(*name, key->bytes, key->count))
        return status_error(AMEND_BAD_DATA, "%s: tensor \"%s\": a control character in its name", f->name, *name);
    return status_ok();
}

static amend_status load_storage(pth *f, const char *name, pth_storage *storage)
{
    if (storage->data || !storage->bytes) return status_ok();
    if (f->zip) return status_prefix(pth_zip_load(f->zip, storage), "tensor \"%.100s\"", name);
    return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\": its storage is not in the file", f->name, name);
}

static amend_status add_tensor(pth *f, const pickle_value *value, size_t *copied)
{
    static const unsigned char nothing[1] = {0};
    const char *name = f->names[f->count];
    pth_tensor t;
    memset(&t, 0, sizeof t);
    TRY(pth_tensor_read(&f->pickle, value, name, &f->storages, &t));
    TRY(load_storage(f, name, t.storage));
    tensor_view *view = &f->tensors[f->count];
    *view = (tensor_view){.name = name, .type = t.storage->type, .dims = t.dims, .data = nothing};
    memcpy(view->shape, t.shape, sizeof view->shape);
    size_t bytes = pth_tensor_bytes(&t);
    if (!bytes) return status_ok();
    view->data = t.storage->data + t.offset * (t.storage->bytes / t.storage->values);
    if (pth_tensor_is_contiguous(&t)) return status_ok();
    if (bytes > f->size + COPY_ALLOWANCE - *copied)
        return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\": its strides make more of the file than it holds",
                            f->name, name);
    *copied += bytes;
    TRY(mem_alloc(&f->copies[f->count], bytes, 1, f->name));
    pth_tensor_copy(&t, f->copies[f->count]);
    view->data = f->copies[f->count];
    return status_ok();
}

static amend_status read_tensors(pth *f)
{
    const pickle *p = &f->pickle;
    size_t most = f->state->count / 2, copied = 0;
    TRY(mem_alloc(&f->tensors, most, sizeof *f->tensors, f->name));
    TRY(mem_alloc(&f->copies, most, sizeof *f->copies, f->name));
    TRY(mem_alloc(&f->names, most, sizeof *f->names, f->name));
    for (size_t i = 0; i < f->state->count; i += 2) {
        const pickle_value *value = pickle_item(p, f->state, i + 1);
        if (value->kind != PICKLE_TENSOR) continue;
        TRY(copy_name(f, pickle_item(p, f->state, i), &f->names[f->count]));
        TRY(add_tensor(f, value, &copied));
        f->count++;
    }
    return status_ok();
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* A pickle, unlike a Python dictionary, can name a key twice. The names are sorted for it; views keep their order. */
static amend_status check_names(pth *f)
{
    qsort(f->names, f->count, sizeof *f->names, compare_names);
    for (size_t i = 1; i < f->count; i++)
        if (!strcmp(f->names[i - 1], f->names[i]))
            return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\" is there twice", f->name, f->names[i]);
    return status_ok();
}

/* ---- opening ---- */

static amend_status read_pickle(pth *f)
{
    const unsigned char *bytes;
    size_t size, used;
    if (f->bytes[0] == 0x80) return pth_old_read(f->bytes, f->size, f->name, &f->pickle, &f->rest);
    TRY(pth_zip_open(f->bytes, f->size, f->name, &f->zip));
    pth_zip_pickle(f->zip, &bytes, &size);
    return pickle_read(bytes, size, f->name, &f->pickle, &used);
}

static amend_status load(pth *f)
{
    if (!pth_begins(f->bytes, f->size)) return status_error(AMEND_BAD_DATA, "%s: not a checkpoint of PyTorch", f->name);
    TRY(read_pickle(f));
    TRY(find_state(f));
    TRY(pth_storages_gather(&f->pickle, &f->storages));
    if (!f->zip) TRY(pth_old_load(f->bytes, f->size, f->rest, f->name, &f->storages));
    TRY(read_tensors(f));
    return check_names(f);
}

/* `path` NULL: from memory. */
static amend_status open_from(const char *path, const void *bytes, size_t size, const char *name, pth **file)
{
    pth *f = NULL;
    *file = NULL;
    TRY(mem_alloc(&f, 1, sizeof *f, name));
    f->bytes = bytes;
    f->size = size;
    amend_status status = mem_copy_string(&f->name, name);
    if (!status.code && path) {
        status = file_map_open(path, &f->map);
        f->bytes = f->map.bytes;
        f->size = f->map.size;
    }
    if (!status.code) status = load(f);
    if (status.code) {
        pth_free(f);
        return status;
    }
    *file = f;
    return status;
}

amend_status pth_open(const char *path, pth **file)
{
    return open_from(path, NULL, 0, path, file);
}

amend_status pth_open_memory(const void *bytes, size_t size, const char *name, pth **file)
{
    return open_from(NULL, bytes, size, name, file);
}

void pth_free(pth *f)
{
    if (!f) return;
    size_t most = f->state ? f->state->count / 2 : 0;
    for (size_t i = 0; i < most && f->copies; i++) mem_free(f->copies[i]);
    for (size_t i = 0; i < most && f->names; i++) mem_free(f->names[i]);
    mem_free(f->copies);
    mem_free(f->names);
    mem_free(f->tensors);
    pth_storages_free(&f->storages);
    pickle_free(&f->pickle);
    pth_zip_close(f->zip);
    file_map_close(&f->map);
    mem_free(f->name);
    mem_free(f);
}

/* ---- looking at it ---- */

const char *pth_format(const pth *f)
{
    return f->zip ? "PyTorch" : "PyTorch before 1.6";
}

size_t pth_count(const pth *f)
{
    return f->count;
}

tensor_view pth_at(const pth *f, size_t index)
{
    return f->tensors[index];
}

static void print_value(const pickle_value *v, char text[PTH_NOTE_SIZE])
{
    switch (v->kind) {
    case PICKLE_BOOL:
        snprintf(text, PTH_NOTE_SIZE, "%s", v->integer ? "true" : "false");
        break;
    case PICKLE_INT:
        snprintf(text, PTH_NOTE_SIZE, "%lld", (long long)v->integer);
        break;
    case PICKLE_REAL:
        snprintf(text, PTH_NOTE_SIZE, "%g", v->real);
        break;
    case PICKLE_TEXT:
        pickle_print(v->bytes, v->count, text, PTH_NOTE_SIZE);
        break;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
        snprintf(text, PTH_NOTE_SIZE, "list of %zu", v->count);
        break;
    case PICKLE_DICT:
        snprintf(text, PTH_NOTE_SIZE, "dictionary of %zu", v->count / 2);
        break;
    default:
        snprintf(text, PTH_NOTE_SIZE, "%s",
                 v->kind == PICKLE_NONE     ? "none"
                 : v->kind == PICKLE_BYTES  ? "bytes"
                 : v->kind == PICKLE_TENSOR ? "tensor"
                                            : "other");
    }
}

bool pth_note_next(const pth *f, size_t *cursor, pth_note *note)
{
    const pickle *p = &f->pickle;
    const pickle_value *root = &p->values[p->root];
    while (*cursor < root->count) {
        const pickle_value *key = pickle_item(p, root, *cursor), *value = pickle_item(p, root, *cursor + 1);
        *cursor += 2;
        if (value == f->state || (root == f->state && value->kind == PICKLE_TENSOR) || key->kind != PICKLE_TEXT)
            continue;
        pickle_print(key->bytes, key->count, note->name, sizeof note->name);
        print_value(value, note->value);
        return true;
    }
    return false;
}
