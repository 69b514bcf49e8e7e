/* Runs of values between their stored type and f32. */
#ifndef NN_CONVERT_H
#define NN_CONVERT_H

#include "nn/type.h"

/* One value. With a type known to the compiler, loops of these become vectors. */
NN_INLINE float nn_get(nn_type type, const void *data, size_t at)
{
    return type == NN_F32 ? ((const float *)data)[at] : nn_from_bf16(((const uint16_t *)data)[at]);
}

NN_INLINE void nn_put(nn_type type, void *data, size_t at, float value)
{
    if (type == NN_F32)
        ((float *)data)[at] = value;
    else
        ((uint16_t *)data)[at] = nn_to_bf16(value);
}

/* Loops over longer runs hold this many values as f32 at a time. */
enum { NN_PART = 256 };

/* Those of the part that begins at `at`. */
static inline size_t nn_part_at(size_t count, size_t at)
{
    return count - at < NN_PART ? count - at : NN_PART;
}

/* `count` values of `type` from index `at` on, as f32: the stored values themselves, or converted into `buffer`. */
static inline const float *nn_load(nn_type type, const void *data, size_t at, size_t count, float *buffer)
{
    if (type == NN_F32) return (const float *)data + at;
    const uint16_t *from = (const uint16_t *)data + at;
    for (size_t i = 0; i < count; i++) buffer[i] = nn_from_bf16(from[i]);
    return buffer;
}

static inline void nn_store(nn_type type, void *data, size_t at, size_t count, const float *values)
{
    if (type == NN_F32) {
        memcpy((float *)data + at, values, count * sizeof(float));
        return;
    }
    uint16_t *to = (uint16_t *)data + at;
    for (size_t i = 0; i < count; i++) to[i] = nn_to_bf16(values[i]);
}

/* The same of a whole run, compiled for each processor. */
void nn_convert(nn_type type, const float *values, size_t count, void *to);

#endif
