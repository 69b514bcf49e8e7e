/* Values of a step's result, in whatever type it is kept. */
#include "nn/convert.h"
#include "nn/program_internal.h"

NN_VECTOR static void from_u8(const uint8_t *codes, float step, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] = step * (float)codes[i];
}

NN_VECTOR static void from_s8(const int8_t *codes, float step, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] = step * (float)codes[i];
}

/* NaN becomes the lowest code. */
static inline int code_of(float value, float low, float high)
{
    float held = value > low ? value : low;
    held = held < high ? held : high;
    return (int)(held + (held < 0 ? -0.5f : 0.5f));
}

NN_VECTOR static void to_u8(const float *values, float per_step, uint8_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) codes[i] = (uint8_t)code_of(per_step * values[i], 0, 255);
}

NN_VECTOR static void to_s8(const float *values, float per_step, int8_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) codes[i] = (int8_t)code_of(per_step * values[i], -128, 127);
}

const float *program_load(const program_step *s, const void *map, size_t at, size_t count, float *buffer)
{
    if (!program_is_coded(s)) return nn_load(s->type, map, at, count, buffer);
    if (s->type == NN_U8)
        from_u8((const uint8_t *)map + at, s->step, buffer, count);
    else
        from_s8((const int8_t *)map + at, s->step, buffer, count);
    return buffer;
}

void program_store(const program_step *s, void *map, size_t at, size_t count, const float *values)
{
    if (s->type == NN_U8)
        to_u8(values, 1 / s->step, (uint8_t *)map + at, count);
    else if (s->type == NN_S8)
        to_s8(values, 1 / s->step, (int8_t *)map + at, count);
    else
        nn_store(s->type, map, at, count, values);
}
