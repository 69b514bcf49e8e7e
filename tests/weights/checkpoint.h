/* PyTorch checkpoints built byte by byte: opcodes of pickles, zip archives, the old format. */
#ifndef TESTS_WEIGHTS_CHECKPOINT_H
#define TESTS_WEIGHTS_CHECKPOINT_H

#include "support.h"

#include <stdbool.h>

typedef struct buffer {
    unsigned char bytes[1 << 16];
    size_t size;
} buffer;

static inline void put(buffer *b, const void *bytes, size_t size)
{
    assert_true(b->size + size <= sizeof b->bytes);
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

static inline void put_number(buffer *b, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++) put(b, (unsigned char[]){(unsigned char)(number >> 8 * i)}, 1);
}

/* ---- opcodes ---- */

static inline void op(buffer *b, unsigned char opcode)
{
    put(b, &opcode, 1);
}

static inline void op_text(buffer *b, const char *text)
{
    op(b, 'X');
    put_number(b, strlen(text), 4);
    put(b, text, strlen(text));
}

static inline void op_int(buffer *b, int64_t value)
{
    op(b, 0x8a); /* LONG1 */
    op(b, 8);
    put_number(b, (uint64_t)value, 8);
}

/* "module\nname\n" */
static inline void op_global(buffer *b, const char *name)
{
    op(b, 'c');
    put(b, name, strlen(name));
}

static inline void op_tuple(buffer *b, const int64_t *values, size_t count)
{
    op(b, '(');
    for (size_t i = 0; i < count; i++) op_int(b, values[i]);
    op(b, 't');
}

typedef struct made_tensor {
    const char *name, *type, *key; /* type: "torch\nFloatStorage\n" */
    int64_t values, offset;        /* of the storage */
    size_t dims;
    int64_t shape[9], strides[9];
} made_tensor;

/* The storage as a persistent id; the old format has one item more. */
static inline void op_storage(buffer *b, const made_tensor *t, bool old)
{
    op(b, '(');
    op_text(b, "storage");
    op_global(b, t->type);
    op_text(b, t->key);
    op_text(b, "cpu");
    op_int(b, t->values);
    if (old) op(b, 'N');
    op(b, 't');
    op(b, 'Q');
}

/* Name and tensor, for a dictionary that SETITEMS will fill. */
static inline void op_tensor(buffer *b, const made_tensor *t, bool old)
{
    op_text(b, t->name);
    op_global(b, "torch._utils\n_rebuild_tensor_v2\n");
    op(b, '(');
    op_storage(b, t, old);
    op_int(b, t->offset);
    op_tuple(b, t->shape, t->dims);
    op_tuple(b, t->strides, t->dims);
    op(b, 0x89);
    op_global(b, "collections\nOrderedDict\n");
    op(b, ')');
    op(b, 'R');
    op(b, 't');
    op(b, 'R');
}

static inline void op_begin(buffer *b)
{
    b->size = 0;
    put(b, "\x80\x02", 2);
}

/* A state dictionary of these tensors. */
static inline void make_pickle(buffer *b, const made_tensor *tensors, size_t count, bool old)
{
    op_begin(b);
    put(b, "}(", 2);
    for (size_t i = 0; i < count; i++) op_tensor(b, &tensors[i], old);
    put(b, "u.", 2);
}

/* ---- zip archives: stored entries, one after the other, then the directory ---- */

typedef struct zip_entry {
    const char *name;
    const void *bytes;
    size_t size;
    unsigned method;       /* 0: stored */
    bool shares_the_first; /* its directory entry points to the first one's bytes */
} zip_entry;

static inline uint32_t crc_of(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* From "version needed" to "extra length", the same in both kinds of header. */
static inline void put_zip_fields(buffer *b, const zip_entry *e)
{
    put_number(b, 20, 2);
    put_number(b, 0, 2);
    put_number(b, e->method, 2);
    put_number(b, 0x00210000, 4); /* 1980-01-01 */
    put_number(b, crc_of(e->bytes, e->size), 4);
    put_number(b, e->size, 4);
    put_number(b, e->size, 4);
    put_number(b, strlen(e->name), 2);
    put_number(b, 0, 2);
}

static inline void make_zip(buffer *b, const zip_entry *entries, size_t count)
{
    size_t places[16], directory;
    assert_true(count <= 16);
    b->size = 0;
    for (size_t i = 0; i < count; i++) {
        places[i] = entries[i].shares_the_first ? 0 : b->size;
        if (entries[i].shares_the_first) continue;
        put(b, "PK\3\4", 4);
        put_zip_fields(b, &entries[i]);
        put(b, entries[i].name, strlen(entries[i].name));
        put(b, entries[i].bytes, entries[i].size);
    }
    directory = b->size;
    for (size_t i = 0; i < count; i++) {
        put(b, "PK\1\2", 4);
        put_number(b, 20, 2);
        put_zip_fields(b, &entries[i]);
        put(b, "\0\0\0\0\0\0\0\0\0\0", 10); /* comment, disk, attributes */
        put_number(b, places[i], 4);
        put(b, entries[i].name, strlen(entries[i].name));
    }
    size_t length = b->size - directory;
    put(b, "PK\5\6", 4);
    put_number(b, 0, 4);
    put_number(b, count, 2);
    put_number(b, count, 2);
    put_number(b, length, 4);
    put_number(b, directory, 4);
    put_number(b, 0, 2);
}

/* ---- the format before PyTorch 1.6 ---- */

/* The checkpoint's pickle between its companions, then the one storage "0" of `values` values in `size` bytes. */
static inline void make_old(buffer *b, const buffer *pickle, size_t values, const void *data, size_t size)
{
    op_begin(b);
    put(b, "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13);
    put(b, "\x80\x02M\xe9\x03.", 6);
    put(b, "\x80\x02}", 3);
    op_text(b, "little_endian");
    put(b, "\x88s.", 3);
    put(b, pickle->bytes, pickle->size);
    put(b, "\x80\x02]", 3);
    op_text(b, "0");
    put(b, "a.", 2);
    put_number(b, values, 8);
    put(b, data, size);
}

#endif
