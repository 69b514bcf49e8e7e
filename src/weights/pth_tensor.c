/* Strided views, as torch._utils._rebuild_tensor_v2 takes them: storage, offset, sizes, strides. */
#include "weights/pth_tensor.h"

#include <string.h>

#include "base/mem.h"
#include "weights/dtype.h"

static amend_status wrong(const pickle *p, const char *name, const char *what)
{
    return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\": %s", p->name, name, what);
}

static bool read_sizes(const pickle *p, const pickle_value *list, size_t *sizes)
{
    for (size_t i = 0; i < list->count; i++) {
        const pickle_value *v = pickle_item(p, list, i);
        if (v->kind != PICKLE_INT || v->integer < 0) return false;
        sizes[i] = (size_t)v->integer;
    }
    return true;
}

static amend_status read_shape(const pickle *p, const char *name, const pickle_value *shape,
                               const pickle_value *strides, pth_tensor *t)
{
    if (shape->kind != PICKLE_TUPLE || strides->kind != PICKLE_TUPLE || shape->count != strides->count)
        return wrong(p, name, "sizes and strides are not two tuples of one length");
    if (shape->count > TENSOR_MAX_DIMS) return wrong(p, name, "more than 8 dimensions");
    t->dims = shape->count;
    if (!read_sizes(p, shape, t->shape)) return wrong(p, name, "its sizes are not whole numbers from 0 on");
    if (!read_sizes(p, strides, t->strides)) return wrong(p, name, "its strides are not whole numbers from 0 on");
    return status_ok();
}

/* Does every index lead into the storage? The largest does, then all do. */
static bool fits(const pth_tensor *t)
{
    size_t last = t->offset, way;
    for (size_t i = 0; i < t->dims; i++)
        if (!t->shape[i]) return t->offset <= t->storage->values;
    for (size_t i = 0; i < t->dims; i++)
        if (!mem_multiply(t->shape[i] - 1, t->strides[i], &way) || __builtin_add_overflow(last, way, &last))
            return false;
    return last < t->storage->values;
}

amend_status pth_tensor_read(const pickle *p, const pickle_value *value, const char *name, const pth_storages *storages,
                             pth_tensor *t)
{
    const pickle_value *arguments = &p->values[value->of];
    const pickle_value *storage = pickle_item(p, arguments, 0), *offset = pickle_item(p, arguments, 1);
    size_t bytes;
    if (storage->kind != PICKLE_STORAGE) return wrong(p, name, "no storage");
    t->storage = pth_storages_find(storages, pickle_item(p, &p->values[storage->of], 2));
    if (offset->kind != PICKLE_INT || offset->integer < 0)
        return wrong(p, name, "its offset is not a whole number from 0 on");
    t->offset = (size_t)offset->integer;
    TRY(read_shape(p, name, pickle_item(p, arguments, 2), pickle_item(p, arguments, 3), t));
    if (!dtype_bytes(t->storage->type, t->shape, t->dims, &bytes))
        return wrong(p, name, "more values than memory can hold");
    return fits(t) ? status_ok() : wrong(p, name, "its sizes and strides lead out of its storage");
}

bool pth_tensor_is_contiguous(const pth_tensor *t)
{
    size_t expected = 1;
    for (size_t i = t->dims; i-- > 0;) {
        if (t->shape[i] != 1 && t->strides[i] != expected) return false;
        expected *= t->shape[i];
    }
    return true;
}

size_t pth_tensor_bytes(const pth_tensor *t)
{
    size_t bytes = 0;
    (void)dtype_bytes(t->storage->type, t->shape, t->dims, &bytes); /* fits: pth_tensor_read looked */
    return bytes;
}

void pth_tensor_copy(const pth_tensor *t, unsigned char *out)
{
    size_t width = dtype_size(t->storage->type), count = pth_tensor_bytes(t) / width;
    size_t index[TENSOR_MAX_DIMS] = {0}, at = t->offset;
    for (size_t n = 0; n < count; n++) {
        memcpy(out + n * width, t->storage->data + at * width, width);
        for (size_t i = t->dims; i-- > 0;) { /* the next index, last dimension fastest */
            at += t->strides[i];
            if (++index[i] < t->shape[i]) break;
            at -= t->shape[i] * t->strides[i];
            index[i] = 0;
        }
    }
}
