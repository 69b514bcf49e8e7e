/* One table of formats. */
#include "weights/weight_file.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "weights/dtype.h"
#include "weights/onnx_file.h"
#include "weights/pth.h"
#include "weights/safetensors.h"

typedef struct format {
    bool (*begins)(const unsigned char *bytes, size_t size);
    amend_status (*open)(const char *path, void **handle);
    void (*free)(void *handle);
    const char *(*name)(const void *handle);
    size_t (*count)(const void *handle);
    tensor_view (*at)(const void *handle, size_t index);
    bool (*next_note)(weight_file *file, const char **name, const char **value);
} format;

struct weight_file {
    char *path;
    const format *format;
    void *handle;
    pth_note note; /* PyTorch: the last note, and where the next one may be */
    size_t cursor;
    const char *last_key; /* safetensors: the last note's */
};

/* ---- PyTorch ---- */

static amend_status open_pth(const char *path, void **handle)
{
    pth *file;
    amend_status status = pth_open(path, &file);
    *handle = file;
    return status;
}

static void free_pth(void *handle)
{
    pth_free(handle);
}

static const char *name_pth(const void *handle)
{
    return pth_format(handle);
}

static size_t count_pth(const void *handle)
{
    return pth_count(handle);
}

static tensor_view at_pth(const void *handle, size_t index)
{
    return pth_at(handle, index);
}

static bool next_note_pth(weight_file *file, const char **name, const char **value)
{
    *name = file->note.name;
    *value = file->note.value;
    return pth_note_next(file->handle, &file->cursor, &file->note);
}

/* ---- ONNX ---- */

/* Field 1, the version of the format; and no safetensors file whose length looks like it. */
static bool begins_onnx(const unsigned char *bytes, size_t size)
{
    return size > 8 && bytes[0] == 0x08 && bytes[1] < 64 && !safetensors_begins(bytes, size);
}

static void free_onnx(void *handle)
{
    onnx_file_close(handle);
    mem_free(handle);
}

static amend_status check_sizes(const char *path, const onnx_file *file)
{
    for (size_t i = 0; i < file->graph->n_initializer; i++) {
        size_t bytes;
        const tensor_view view = onnx_tensor_view(file->graph->initializer[i]);
        if (!dtype_bytes(view.type, view.shape, view.dims, &bytes))
            return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\" is larger than any memory", path, view.name);
    }
    return status_ok();
}

static amend_status open_onnx(const char *path, void **handle)
{
    onnx_file *file;
    TRY(mem_alloc(&file, 1, sizeof *file, path));
    amend_status status = onnx_file_open(path, file);
    if (status.code) {
        mem_free(file);
        return status;
    }
    status = check_sizes(path, file);
    if (status.code)
        free_onnx(file);
    else
        *handle = file;
    return status;
}

static const char *name_onnx(const void *handle)
{
    (void)handle;
    return "ONNX";
}

static size_t count_onnx(const void *handle)
{
    return ((const onnx_file *)handle)->graph->n_initializer;
}

static tensor_view at_onnx(const void *handle, size_t index)
{
    return onnx_tensor_view(((const onnx_file *)handle)->graph->initializer[index]);
}

static bool next_note_onnx(weight_file *file, const char **name, const char **value)
{
    const Onnx__ModelProto *m = ((const onnx_file *)file->handle)->model;
    if (file->cursor >= m->n_metadata_props) return false;
    const Onnx__StringStringEntryProto *entry = m->metadata_props[file->cursor++];
    *name = entry->key ? entry->key : "";
    *value = entry->value ? entry->value : "";
    return true;
}

/* ---- safetensors, which everything else is taken for: its reader says what is wrong ---- */

static bool begins_safetensors(const unsigned char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return true;
}

static amend_status open_safetensors(const char *path, void **handle)
{
    safetensors *file;
    amend_status status = safetensors_open(path, &file);
    *handle = file;
    return status;
}

static void free_safetensors(void *handle)
{
    safetensors_free(handle);
}

static const char *name_safetensors(const void *handle)
{
    (void)handle;
    return "safetensors";
}

static size_t count_safetensors(const void *handle)
{
    return safetensors_count(handle);
}

static tensor_view at_safetensors(const void *handle, size_t index)
{
    return safetensors_at(handle, index);
}

static bool next_note_safetensors(weight_file *file, const char **name, const char **value)
{
    bool found = safetensors_meta_next(file->handle, &file->last_key, value);
    *name = file->last_key;
    return found;
}

static const format formats[] = {
    {pth_begins, open_pth, free_pth, name_pth, count_pth, at_pth, next_note_pth},
    {begins_onnx, open_onnx, free_onnx, name_onnx, count_onnx, at_onnx, next_note_onnx},
    {begins_safetensors, open_safetensors, free_safetensors, name_safetensors, count_safetensors, at_safetensors,
     next_note_safetensors},
};

static amend_status find_format(const char *path, const format **found)
{
    file_map map;
    TRY(file_map_open(path, &map));
    *found = formats;
    while (!(*found)->begins(map.bytes, map.size)) ++*found;
    file_map_close(&map);
    return status_ok();
}

amend_status weight_file_open(const char *path, weight_file **file)
{
    weight_file *f = NULL;
    *file = NULL;
    TRY(mem_alloc(&f, 1, sizeof *f, path));
    amend_status status = mem_copy_string(&f->path, path);
    if (!status.code) status = find_format(path, &f->format);
    if (!status.code) status = f->format->open(path, &f->handle);
    if (status.code) {
        weight_file_free(f);
        return status;
    }
    *file = f;
    return status;
}

void weight_file_free(weight_file *file)
{
    if (!file) return;
    if (file->handle) file->format->free(file->handle);
    mem_free(file->path);
    mem_free(file);
}

const char *weight_file_path(const weight_file *file)
{
    return file->path;
}

const char *weight_file_format(const weight_file *file)
{
    return file->format->name(file->handle);
}

size_t weight_file_count(const weight_file *file)
{
    return file->format->count(file->handle);
}

tensor_view weight_file_at(const weight_file *file, size_t index)
{
    return file->format->at(file->handle, index);
}

bool weight_file_next_note(weight_file *file, const char **name, const char **value)
{
    if (file->format->next_note(file, name, value)) return true;
    file->cursor = 0;
    file->last_key = NULL;
    return false;
}
