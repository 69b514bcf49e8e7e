/* Writing safetensors files: header first, then the tensors, widest type first so that each one lies aligned. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "nn/type.h"
#include "weights/dtype.h"
#include "weights/safetensors.h"

enum { ALIGNMENT = 8, CHUNK = 4096 };

static int compare_tensors(const void *left, const void *right)
{
    const tensor_entry *a = left, *b = right;
    size_t m = dtype_size(a->stored), n = dtype_size(b->stored);
    if (m != n) return m > n ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int compare_meta(const void *left, const void *right)
{
    const meta_entry *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* The copy is sorted: the same set of tensors gives the same bytes, in whatever order they came. */
static amend_status sorted_copy(void *copy, const void *items, size_t count, size_t size,
                                int (*compare)(const void *, const void *))
{
    TRY(mem_alloc(copy, count, size, "safetensors header"));
    if (count) memcpy(*(void **)copy, items, count * size);
    qsort(*(void **)copy, count, size, compare);
    return status_ok();
}

/* Takes `value`. jansson refuses text that is not UTF-8 with the same answer as when memory runs out. */
static amend_status add(const char *path, json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return status_error(AMEND_BAD_ARGUMENT, "%s: \"%.200s\" would be written twice", path, key);
    }
    if (json_object_set_new(object, key, value))
        return status_error(AMEND_BAD_ARGUMENT, "%s: cannot write \"%.200s\": not UTF-8, or out of memory", path, key);
    return status_ok();
}

static amend_status add_meta(const char *path, json_t *header, const meta_entry *meta, size_t metas)
{
    json_t *object = json_object();
    TRY(add(path, header, "__metadata__", object));
    for (size_t i = 0; i < metas; i++) TRY(add(path, object, meta[i].key, json_string(meta[i].value)));
    return status_ok();
}

/* NULL when memory runs out, which json_pack passes on. */
static json_t *shape_json(const tensor_entry *tensor)
{
    json_t *shape = json_array();
    for (size_t i = 0; i < tensor->dims; i++) {
        if (!json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]))) continue;
        json_decref(shape);
        return NULL;
    }
    return shape;
}

static amend_status add_tensor(const char *path, json_t *header, const tensor_entry *tensor, size_t *offset)
{
    size_t bytes = 0, end = 0;
    if (tensor->dims > TENSOR_MAX_DIMS || !dtype_bytes(tensor->stored, tensor->shape, tensor->dims, &bytes) ||
        __builtin_add_overflow(*offset, bytes, &end) || end > INT64_MAX)
        return status_error(AMEND_BAD_ARGUMENT, "%s: tensor \"%.200s\" is too large to be written", path, tensor->name);
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype_name(tensor->stored), "shape", shape_json(tensor),
                              "data_offsets", (json_int_t)*offset, (json_int_t)end);
    *offset = end;
    return add(path, header, tensor->name, entry);
}

static amend_status print_header(const char *path, const tensor_entry *tensors, size_t count, const meta_entry *meta,
                                 size_t metas, char **text)
{
    size_t offset = 0;
    json_t *header = json_object();
    amend_status status = status_ok();
    if (metas) status = add_meta(path, header, meta, metas);
    for (size_t i = 0; i < count && !status.code; i++) status = add_tensor(path, header, &tensors[i], &offset);
    if (!status.code) {
        *text = json_dumps(header, JSON_COMPACT);
        if (!*text) status = status_error(AMEND_NO_MEMORY, "%s: out of memory for the header", path);
    }
    json_decref(header);
    return status;
}

/* A short write leaves the stream's error flag set, which file_replace_commit reports. */
static void write_header(FILE *stream, const char *text)
{
    size_t length = strlen(text), padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (int i = 0; i < ALIGNMENT; i++) fputc((int)((uint64_t)padded >> 8 * i & 255), stream);
    fprintf(stream, "%s%*s", text, (int)(padded - length), "");
}

static void write_bf16(FILE *stream, const float *values, size_t count)
{
    uint16_t chunk[CHUNK];
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t n = count - at < CHUNK ? count - at : CHUNK;
        for (size_t i = 0; i < n; i++) chunk[i] = nn_to_bf16(values[at + i]);
        fwrite(chunk, sizeof *chunk, n, stream);
    }
}

static void write_tensor(FILE *stream, const tensor_entry *tensor)
{
    size_t bytes = 0;
    (void)dtype_bytes(tensor->stored, tensor->shape, tensor->dims, &bytes); /* fits: add_tensor looked */
    if (tensor->stored == TENSOR_BF16)
        write_bf16(stream, tensor->data, bytes / sizeof(uint16_t));
    else if (bytes)
        fwrite(tensor->data, 1, bytes, stream);
}

static amend_status write_file(const char *path, const char *header, const tensor_entry *tensors, size_t count)
{
    file_replacement file;
    TRY(file_replace_begin(path, &file));
    write_header(file.stream, header);
    for (size_t i = 0; i < count && !ferror(file.stream); i++) write_tensor(file.stream, &tensors[i]);
    return file_replace_commit(&file);
}

amend_status safetensors_write(const char *path, const tensor_entry *tensors, size_t count, const meta_entry *meta,
                               size_t metas)
{
    tensor_entry *sorted = NULL;
    meta_entry *sorted_meta = NULL;
    char *header = NULL;
    amend_status status = sorted_copy(&sorted, tensors, count, sizeof *sorted, compare_tensors);
    if (status.code) goto done;
    status = sorted_copy(&sorted_meta, meta, metas, sizeof *sorted_meta, compare_meta);
    if (status.code) goto done;
    status = print_header(path, sorted, count, sorted_meta, metas, &header);
    if (status.code) goto done;
    status = write_file(path, header, sorted, count);
done:
    free(header);
    mem_free(sorted_meta);
    mem_free(sorted);
    return status;
}
