/* One table for all types, and the conversions. Files are little-endian, as are the processors amend runs on. */
#include "weights/dtype.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "nn/type.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [TENSOR_F32] = {"F32", 4}, [TENSOR_BF16] = {"BF16", 2}, [TENSOR_F16] = {"F16", 2}, [TENSOR_I64] = {"I64", 8},
    [TENSOR_I32] = {"I32", 4}, [TENSOR_I8] = {"I8", 1},     [TENSOR_U8] = {"U8", 1},   [TENSOR_F64] = {"F64", 8},
    [TENSOR_I16] = {"I16", 2}, [TENSOR_BOOL] = {"BOOL", 1}, [TENSOR_U16] = {"U16", 2}, [TENSOR_U32] = {"U32", 4},
    [TENSOR_U64] = {"U64", 8},
};

const char *dtype_name(tensor_type type)
{
    return types[type].name;
}

size_t dtype_size(tensor_type type)
{
    return types[type].size;
}

bool dtype_find(const char *name, tensor_type *type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(name, types[i].name)) continue;
        *type = (tensor_type)i;
        return true;
    }
    return false;
}

bool dtype_bytes(tensor_type type, const size_t *shape, size_t dims, size_t *bytes)
{
    *bytes = dtype_size(type);
    for (size_t i = 0; i < dims; i++)
        if (!mem_multiply(*bytes, shape[i], bytes)) return false;
    return true;
}

/* IEEE 754 binary16. */
static float from_f16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023, bits;
    float value;
    if (!exponent) { /* zero and subnormals: fraction * 2^-24, exact in f32 */
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    bits = sign | (exponent == 31 ? 255 : exponent + 127 - 15) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void f16_to_f32(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + 2 * i, sizeof half);
        out[i] = from_f16(half);
    }
}

static void bf16_to_f32(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + 2 * i, sizeof half);
        out[i] = nn_from_bf16(half);
    }
}

static void f64_to_f32(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, from + 8 * i, sizeof value);
        out[i] = (float)value;
    }
}

bool dtype_to_f32(tensor_type type, const void *data, size_t count, float *out)
{
    switch (type) {
    case TENSOR_F32:
        if (count) memcpy(out, data, count * sizeof *out);
        return true;
    case TENSOR_F16:
        f16_to_f32(data, count, out);
        return true;
    case TENSOR_BF16:
        bf16_to_f32(data, count, out);
        return true;
    case TENSOR_F64:
        f64_to_f32(data, count, out);
        return true;
    default:
        return false;
    }
}
