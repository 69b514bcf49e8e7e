/* Reading safetensors files. A file may come from a stranger: nothing in it is believed before it is checked. */
#include "weights/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "weights/dtype.h"

enum {
    PREFIX = 8,              /* bytes of the header's length */
    HEADER_LIMIT = 100000000 /* as in the reference implementation */
};

/* Of the header's JSON. A tensor takes 3 lists and objects and at most 11 commas in at least 50 bytes; an empty object
 * takes 2 bytes, and jansson 230 for it. */
enum { LEVELS = 3, BYTES_A_LIST = 16, BYTES_A_COMMA = 4, FREE_PARTS = 64 };

struct safetensors {
    char *path;
    file_map map;
    json_t *header; /* owns the tensors' names and the metadata */
    const unsigned char *data;
    size_t data_size;
    tensor_view *tensors; /* by their place in the file */
    const tensor_view **by_name;
    size_t count;
};

static uint64_t header_length(const unsigned char *bytes)
{
    uint64_t length = 0;
    for (int i = 0; i < PREFIX; i++) length |= (uint64_t)bytes[i] << 8 * i;
    return length;
}

bool safetensors_begins(const unsigned char *bytes, size_t size)
{
    return size > PREFIX && bytes[PREFIX] == '{' && header_length(bytes) <= HEADER_LIMIT;
}

/* Before memory is taken for it. What is no JSON may pass: reading it stops there. */
static amend_status check_header(const safetensors *f, const unsigned char *text, size_t length)
{
    size_t level = 0, lists = 0, commas = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        if (quoted && c == '\\') i++;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        lists += opens;
        commas += c == ',';
        level = level + opens - (closes && level);
        if (level > LEVELS)
            return status_error(AMEND_BAD_DATA, "%s: header, byte %zu: lists and objects more than %d deep", f->path, i,
                                LEVELS);
    }
    if (lists <= length / BYTES_A_LIST + FREE_PARTS && commas <= length / BYTES_A_COMMA + FREE_PARTS)
        return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: %zu lists and %zu commas in a header of %zu bytes, which no tensors need",
                        f->path, lists, commas, length);
}

static amend_status load_header(safetensors *f)
{
    json_error_t error;
    if (f->map.size < PREFIX)
        return status_error(AMEND_BAD_DATA, "%s: %zu bytes are too few for a safetensors file", f->path, f->map.size);
    uint64_t length = header_length(f->map.bytes);
    if (length > HEADER_LIMIT || length > f->map.size - PREFIX)
        return status_error(AMEND_BAD_DATA,
                            "%s: not a safetensors file, or cut short: a header of %llu bytes in a file of %zu",
                            f->path, (unsigned long long)length, f->map.size);
    TRY(check_header(f, f->map.bytes + PREFIX, (size_t)length));
    f->header = json_loadb((const char *)f->map.bytes + PREFIX, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (!f->header) return status_error(AMEND_BAD_DATA, "%s: header, byte %d: %s", f->path, error.position, error.text);
    if (!json_is_object(f->header)) return status_error(AMEND_BAD_DATA, "%s: the header is not a JSON object", f->path);
    f->data = f->map.bytes + PREFIX + length;
    f->data_size = f->map.size - PREFIX - (size_t)length;
    return status_ok();
}

static amend_status check_meta(const safetensors *f, json_t *meta)
{
    const char *key;
    json_t *value;
    if (!json_is_object(meta)) return status_error(AMEND_BAD_DATA, "%s: __metadata__ is not a JSON object", f->path);
    json_object_foreach(meta, key, value)
    {
        if (!json_is_string(value))
            return status_error(AMEND_BAD_DATA, "%s: __metadata__ \"%s\" is not a string", f->path, key);
    }
    return status_ok();
}

static amend_status bad_tensor(const safetensors *f, const char *name, const char *what)
{
    return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\": %s", f->path, name, what);
}

static bool read_size(const json_t *value, size_t *size)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *size = (size_t)json_integer_value(value);
    return true;
}

static amend_status read_shape(const safetensors *f, const json_t *shape, tensor_view *view)
{
    if (!json_is_array(shape)) return bad_tensor(f, view->name, "its shape is not a list");
    if (json_array_size(shape) > TENSOR_MAX_DIMS) return bad_tensor(f, view->name, "more than 8 dimensions");
    view->dims = json_array_size(shape);
    for (size_t i = 0; i < view->dims; i++)
        if (!read_size(json_array_get(shape, i), &view->shape[i]))
            return bad_tensor(f, view->name, "its shape holds something else than whole numbers from 0 on");
    return status_ok();
}

static amend_status read_place(const safetensors *f, const json_t *offsets, tensor_view *view)
{
    size_t begin, end, bytes;
    if (json_array_size(offsets) != 2 || !read_size(json_array_get(offsets, 0), &begin) ||
        !read_size(json_array_get(offsets, 1), &end))
        return bad_tensor(f, view->name, "its data_offsets are not two whole numbers from 0 on");
    if (begin > end || end > f->data_size)
        return bad_tensor(f, view->name, "its data_offsets leave the file (cut short?)");
    if (!dtype_bytes(view->type, view->shape, view->dims, &bytes) || bytes != end - begin)
        return bad_tensor(f, view->name, "its data_offsets do not fit its shape and dtype");
    view->data = f->data + begin;
    return status_ok();
}

static amend_status read_tensor(const safetensors *f, const char *name, const json_t *entry, tensor_view *view)
{
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    view->name = name;
    if (!type) return bad_tensor(f, name, "no dtype");
    if (!dtype_find(type, &view->type))
        return status_error(AMEND_UNSUPPORTED, "%s: tensor \"%.200s\": unknown dtype \"%.20s\"", f->path, name, type);
    TRY(read_shape(f, json_object_get(entry, "shape"), view));
    return read_place(f, json_object_get(entry, "data_offsets"), view);
}

static amend_status read_entries(safetensors *f)
{
    const char *name;
    json_t *entry;
    size_t entries = json_object_size(f->header);
    TRY(mem_alloc(&f->tensors, entries, sizeof *f->tensors, f->path));
    TRY(mem_alloc(&f->by_name, entries, sizeof *f->by_name, f->path));
    json_object_foreach(f->header, name, entry)
    {
        if (!strcmp(name, "__metadata__")) {
            TRY(check_meta(f, entry));
            continue;
        }
        TRY(read_tensor(f, name, entry, &f->tensors[f->count]));
        f->count++;
    }
    return status_ok();
}

static int compare_places(const void *left, const void *right)
{
    const tensor_view *a = left, *b = right;
    const unsigned char *p = a->data, *q = b->data;
    if (p != q) return p < q ? -1 : 1;
    size_t m = tensor_bytes(a), n = tensor_bytes(b); /* an empty tensor comes before the one that begins there too */
    if (m != n) return m < n ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Tensors, in order, must fill the data without hole or overlap: else two of them share values, or bytes that no reader
 * sees hide in the file. */
static amend_status check_layout(const safetensors *f)
{
    const unsigned char *expected = f->data;
    for (size_t i = 0; i < f->count; i++) {
        const tensor_view *view = &f->tensors[i];
        if (view->data != expected)
            return bad_tensor(f, view->name,
                              (const unsigned char *)view->data < expected ? "it overlaps another tensor"
                                                                           : "unused bytes before its data");
        expected += tensor_bytes(view);
    }
    if (expected != f->data + f->data_size)
        return status_error(AMEND_BAD_DATA, "%s: %zu bytes after the last tensor", f->path,
                            (size_t)(f->data + f->data_size - expected));
    return status_ok();
}

static int compare_names(const void *left, const void *right)
{
    const tensor_view *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static int compare_key(const void *name, const void *item)
{
    const tensor_view *const *view = item;
    return strcmp(name, (*view)->name);
}

amend_status safetensors_open(const char *path, safetensors **file)
{
    safetensors *f = NULL;
    amend_status status;
    *file = NULL;
    TRY(mem_alloc(&f, 1, sizeof *f, path));
    if ((status = mem_copy_string(&f->path, path)).code) goto fail;
    if ((status = file_map_open(path, &f->map)).code) goto fail;
    if ((status = load_header(f)).code) goto fail;
    if ((status = read_entries(f)).code) goto fail;
    qsort(f->tensors, f->count, sizeof *f->tensors, compare_places);
    if ((status = check_layout(f)).code) goto fail;
    for (size_t i = 0; i < f->count; i++) f->by_name[i] = &f->tensors[i];
    qsort(f->by_name, f->count, sizeof *f->by_name, compare_names);
    *file = f;
    return status;
fail:
    safetensors_free(f);
    return status;
}

void safetensors_free(safetensors *file)
{
    if (!file) return;
    mem_free(file->by_name);
    mem_free(file->tensors);
    json_decref(file->header);
    file_map_close(&file->map);
    mem_free(file->path);
    mem_free(file);
}

size_t safetensors_count(const safetensors *file)
{
    return file->count;
}

tensor_view safetensors_at(const safetensors *file, size_t index)
{
    return file->tensors[index];
}

const tensor_view *safetensors_find(const safetensors *file, const char *name)
{
    const tensor_view **found = bsearch(name, file->by_name, file->count, sizeof *file->by_name, compare_key);
    return found ? *found : NULL;
}

const char *safetensors_meta(const safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

bool safetensors_meta_next(const safetensors *file, const char **key, const char **value)
{
    json_t *meta = json_object_get(file->header, "__metadata__");
    void *at = *key ? json_object_iter_next(meta, json_object_iter_at(meta, *key)) : json_object_iter(meta);
    if (!at) return false;
    *key = json_object_iter_key(at);
    *value = json_string_value(json_object_iter_value(at));
    return true;
}

const char *safetensors_path(const safetensors *file)
{
    return file->path;
}

amend_status safetensors_read_f32(const safetensors *file, const char *name, const size_t *shape, size_t dims,
                                  float *out)
{
    const tensor_view *view = safetensors_find(file, name);
    if (!view) return status_error(AMEND_BAD_DATA, "%s: no tensor \"%.200s\"", file->path, name);
    return tensor_read_f32(file->path, view, shape, dims, out);
}

static const char *find_meta(const void *file, const char *key)
{
    return safetensors_meta(file, key);
}

meta_source safetensors_meta_source(const safetensors *file)
{
    return (meta_source){safetensors_path(file), file, find_meta};
}
