/* Tensors of ONNX files as plain doubles. */
#include <string.h>

#include "base/mem.h"
#include "nn/type.h"
#include "weights/dtype.h"
#include "weights/onnx_file.h"

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

enum { MAX_VALUES = 1 << 28 };

static const char *tensor_name(const Onnx__TensorProto *proto)
{
    return proto->name && *proto->name ? proto->name : "(without a name)";
}

static size_t type_size(int type)
{
    switch (type) {
    case TYPE(FLOAT):
    case TYPE(INT32):
    case TYPE(UINT32):
        return 4;
    case TYPE(DOUBLE):
    case TYPE(INT64):
    case TYPE(UINT64):
        return 8;
    case TYPE(FLOAT16):
    case TYPE(BFLOAT16):
    case TYPE(INT16):
    case TYPE(UINT16):
        return 2;
    case TYPE(INT8):
    case TYPE(UINT8):
    case TYPE(BOOL):
        return 1;
    default:
        return 0;
    }
}

#define READ(type)                                                                                                     \
    do {                                                                                                               \
        for (size_t i = 0; i < count; i++) {                                                                           \
            type value;                                                                                                \
            memcpy(&value, bytes + i * sizeof value, sizeof value);                                                    \
            values[i] = (double)value;                                                                                 \
        }                                                                                                              \
    } while (0)

static double read_half(int type, const uint8_t bits[2])
{
    float value;
    return dtype_to_f32(type == TYPE(FLOAT16) ? TENSOR_F16 : TENSOR_BF16, bits, 1, &value) ? (double)value : 0;
}

/* Little-endian bytes, as all machines that this runs on have them. */
static void read_raw(int type, const uint8_t *bytes, size_t count, double *values)
{
    switch (type) {
    case TYPE(FLOAT):
        READ(float);
        break;
    case TYPE(DOUBLE):
        READ(double);
        break;
    case TYPE(INT32):
        READ(int32_t);
        break;
    case TYPE(UINT32):
        READ(uint32_t);
        break;
    case TYPE(INT64):
        READ(int64_t);
        break;
    case TYPE(UINT64):
        READ(uint64_t);
        break;
    case TYPE(INT16):
        READ(int16_t);
        break;
    case TYPE(UINT16):
        READ(uint16_t);
        break;
    case TYPE(INT8):
        READ(int8_t);
        break;
    case TYPE(FLOAT16):
    case TYPE(BFLOAT16):
        for (size_t i = 0; i < count; i++) values[i] = read_half(type, bytes + 2 * i);
        break;
    default:
        READ(uint8_t);
    }
}

/* The typed fields, used instead of raw bytes. */
static size_t count_fields(const Onnx__TensorProto *p)
{
    switch (p->data_type) {
    case TYPE(FLOAT):
        return p->n_float_data;
    case TYPE(DOUBLE):
        return p->n_double_data;
    case TYPE(INT64):
        return p->n_int64_data;
    case TYPE(UINT64):
    case TYPE(UINT32):
        return p->n_uint64_data;
    default:
        return p->n_int32_data;
    }
}

static double read_field(const Onnx__TensorProto *p, size_t i)
{
    switch (p->data_type) {
    case TYPE(FLOAT):
        return (double)p->float_data[i];
    case TYPE(DOUBLE):
        return p->double_data[i];
    case TYPE(INT64):
        return (double)p->int64_data[i];
    case TYPE(UINT64):
    case TYPE(UINT32):
        return (double)p->uint64_data[i];
    case TYPE(FLOAT16):
    case TYPE(BFLOAT16): {
        const uint8_t bits[2] = {(uint8_t)p->int32_data[i], (uint8_t)((uint32_t)p->int32_data[i] >> 8)};
        return read_half(p->data_type, bits);
    }
    default:
        return p->int32_data[i];
    }
}

static amend_status read_dims(const Onnx__TensorProto *p, onnx_tensor *t)
{
    if (p->n_dims > ONNX_MAX_RANK)
        return status_error(AMEND_UNSUPPORTED, "tensor '%s' has %zu dimensions; %d are possible", tensor_name(p),
                            p->n_dims, ONNX_MAX_RANK);
    t->rank = p->n_dims;
    t->count = 1;
    for (size_t i = 0; i < t->rank; i++) {
        if (p->dims[i] < 0 || p->dims[i] > MAX_VALUES || !mem_multiply(t->count, (size_t)p->dims[i], &t->count) ||
            t->count > MAX_VALUES)
            return status_error(AMEND_BAD_DATA, "tensor '%s': side %lld is negative or too large", tensor_name(p),
                                (long long)p->dims[i]);
        t->dims[i] = (size_t)p->dims[i];
    }
    return status_ok();
}

amend_status onnx_tensor_read(const Onnx__TensorProto *p, onnx_tensor *t)
{
    memset(t, 0, sizeof *t);
    size_t each = type_size(p->data_type);
    if (p->n_external_data || p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return status_error(AMEND_UNSUPPORTED, "tensor '%s' lies in another file; save the network as one file",
                            tensor_name(p));
    if (!each)
        return status_error(AMEND_UNSUPPORTED, "tensor '%s' has type %d, which holds no numbers of use here",
                            tensor_name(p), p->data_type);
    TRY(read_dims(p, t));
    t->is_whole = p->data_type != TYPE(FLOAT) && p->data_type != TYPE(DOUBLE) && p->data_type != TYPE(FLOAT16) &&
                  p->data_type != TYPE(BFLOAT16);
    bool raw = p->has_raw_data && p->raw_data.len;
    if (raw && p->raw_data.len != t->count * each)
        return status_error(AMEND_BAD_DATA, "tensor '%s': %zu bytes for %zu values", tensor_name(p), p->raw_data.len,
                            t->count);
    if (!raw && count_fields(p) != t->count)
        return status_error(AMEND_BAD_DATA, "tensor '%s': %zu values for its %zu places", tensor_name(p),
                            count_fields(p), t->count);
    TRY(mem_alloc(&t->values, t->count, sizeof *t->values, tensor_name(p)));
    if (raw) read_raw(p->data_type, p->raw_data.data, t->count, t->values);
    for (size_t i = 0; !raw && i < t->count; i++) t->values[i] = read_field(p, i);
    return status_ok();
}

/* Where a tensor's values lie as a view has them; NULL: in another form, in another file, or not all of them. */
static const void *plain_values(const Onnx__TensorProto *p, const tensor_view *view)
{
    size_t bytes;
    if (p->n_dims > TENSOR_MAX_DIMS || !dtype_bytes(view->type, view->shape, view->dims, &bytes)) return NULL;
    if (p->has_raw_data && p->raw_data.len == bytes) return p->raw_data.data;
    bool floats = view->type == TENSOR_F32 && p->n_float_data == bytes / sizeof(float);
    return floats ? p->float_data : NULL;
}

tensor_view onnx_tensor_view(const Onnx__TensorProto *p)
{
    static const struct {
        int from;
        tensor_type type;
    } types[] = {{TYPE(FLOAT), TENSOR_F32},     {TYPE(DOUBLE), TENSOR_F64}, {TYPE(FLOAT16), TENSOR_F16},
                 {TYPE(BFLOAT16), TENSOR_BF16}, {TYPE(INT64), TENSOR_I64},  {TYPE(INT32), TENSOR_I32},
                 {TYPE(INT16), TENSOR_I16},     {TYPE(INT8), TENSOR_I8},    {TYPE(BOOL), TENSOR_BOOL},
                 {TYPE(UINT16), TENSOR_U16},    {TYPE(UINT32), TENSOR_U32}, {TYPE(UINT64), TENSOR_U64}};
    tensor_view view = {.name = p->name ? p->name : "", .type = TENSOR_U8};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].from == p->data_type) view.type = types[i].type;
    view.dims = p->n_dims < TENSOR_MAX_DIMS ? p->n_dims : TENSOR_MAX_DIMS;
    for (size_t i = 0; i < view.dims; i++) view.shape[i] = p->dims[i] > 0 ? (size_t)p->dims[i] : 0;
    view.data = plain_values(p, &view);
    return view;
}
