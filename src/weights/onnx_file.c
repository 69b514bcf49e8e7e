/* Opening ONNX files. protobuf-c parses recursively and without a limit, so the bytes are walked before. */
#include "weights/onnx_file.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { OLDEST_SET = 7, NEWEST_SET = 25, MAX_DEPTH = 40, GROWTH = 12, BASE_BYTES = 1 << 24 };

/* ---- walking ---- */

typedef struct walk {
    const uint8_t *at, *end;
} walk;

static bool read_varint(walk *w, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        uint8_t byte = *w->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

static bool skip(walk *w, uint64_t bytes)
{
    if (bytes > (uint64_t)(w->end - w->at)) return false;
    w->at += bytes;
    return true;
}

/* False: malformed. *depth: of the deepest message below this one, as far as MAX_DEPTH. */
static bool measure_depth(walk w, const ProtobufCMessageDescriptor *type, unsigned level, unsigned *deepest)
{
    if (level > *deepest) *deepest = level;
    while (w.at < w.end && level < MAX_DEPTH) {
        uint64_t key, length;
        if (!read_varint(&w, &key)) return false;
        if ((key & 7) == 0 ? !read_varint(&w, &length) : (key & 7) == 1 ? !skip(&w, 8) : false) return false;
        if ((key & 7) == 5 && !skip(&w, 4)) return false;
        if ((key & 7) == 3 || (key & 7) == 4 || (key & 7) > 5) return false;
        if ((key & 7) != 2) continue;
        if (!read_varint(&w, &length) || length > (uint64_t)(w.end - w.at)) return false;
        const ProtobufCFieldDescriptor *field =
            key >> 3 <= UINT32_MAX ? protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3)) : NULL;
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !measure_depth((walk){w.at, w.at + length}, field->descriptor, level + 1, deepest))
            return false;
        w.at += length;
    }
    return true;
}

/* ---- parsing ---- */

/* protobuf-c's structs are larger than their bytes; a file of empty messages would take forty times its size. */
typedef struct budget {
    size_t left;
    amend_status status; /* why the last block was not given */
} budget;

static void *take(void *data, size_t size)
{
    budget *b = data;
    void *block;
    b->status = size > b->left ? status_error(AMEND_BAD_DATA, "takes much more memory than its bytes; no network does")
                               : mem_alloc(&block, size, 1, "network");
    if (b->status.code) return NULL;
    b->left -= size;
    return block;
}

static void give(void *data, void *block)
{
    (void)data;
    mem_free(block);
}

static amend_status find_opset(onnx_file *file)
{
    const Onnx__ModelProto *m = file->model;
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const char *domain = m->opset_import[i]->domain;
        if (!domain || !*domain || !strcmp(domain, "ai.onnx")) file->opset = m->opset_import[i]->version;
    }
    if (file->opset >= OLDEST_SET && file->opset <= NEWEST_SET) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: operator set %lld; %d to %d are known here: export it again",
                        file->name, (long long)file->opset, OLDEST_SET, NEWEST_SET);
}

amend_status onnx_file_parse(const void *bytes, size_t size, const char *name, onnx_file *file)
{
    unsigned depth = 0;
    memset(file, 0, sizeof *file);
    if (!size ||
        !measure_depth((walk){bytes, (const uint8_t *)bytes + size}, &onnx__model_proto__descriptor, 0, &depth))
        return status_error(AMEND_BAD_DATA, "%s: not an ONNX file, or cut off", name);
    if (depth >= MAX_DEPTH)
        return status_error(AMEND_BAD_DATA, "%s: messages nested deeper than %d; no network is", name, MAX_DEPTH - 1);
    budget b = {.left = size > (SIZE_MAX - BASE_BYTES) / GROWTH ? SIZE_MAX : size * GROWTH + BASE_BYTES};
    ProtobufCAllocator allocator = {take, give, &b};
    TRY(mem_copy_string(&file->name, name));
    file->bytes = size;
    file->model = onnx__model_proto__unpack(&allocator, size, bytes);
    amend_status status = status_prefix(b.status, "%s", name);
    if (!file->model && !status.code)
        status = status_error(AMEND_BAD_DATA, "%s: not an ONNX file, or damaged", name);
    else if (!status.code && !file->model->graph)
        status = status_error(AMEND_BAD_DATA, "%s: an ONNX file without a graph", name);
    if (!status.code) status = find_opset(file);
    if (status.code)
        onnx_file_close(file);
    else
        file->graph = file->model->graph;
    return status;
}

amend_status onnx_file_open(const char *path, onnx_file *file)
{
    file_map map = {0};
    memset(file, 0, sizeof *file);
    TRY(file_map_open(path, &map));
    amend_status status = onnx_file_parse(map.bytes, map.size, path, file);
    file_map_close(&map);
    return status;
}

void onnx_file_close(onnx_file *file)
{
    ProtobufCAllocator allocator = {take, give, NULL};
    if (file->model) onnx__model_proto__free_unpacked(file->model, &allocator);
    mem_free(file->name);
    memset(file, 0, sizeof *file);
}

static const char *find_meta(const void *context, const char *key)
{
    const Onnx__ModelProto *m = ((const onnx_file *)context)->model;
    for (size_t i = 0; i < m->n_metadata_props; i++)
        if (m->metadata_props[i]->key && !strcmp(m->metadata_props[i]->key, key)) return m->metadata_props[i]->value;
    return NULL;
}

meta_source onnx_meta_source(const onnx_file *file)
{
    return (meta_source){file->name, file, find_meta};
}
