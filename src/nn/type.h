/* Number formats of feature maps, and the shape of one. Feature maps are stored channels-last (NHWC) everywhere. */
#ifndef NN_TYPE_H
#define NN_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum nn_type { NN_F32, NN_BF16, NN_U8, NN_S8 } nn_type;

/* Functions of one value; alpha and beta stand beside. */
typedef enum nn_function {
    NN_NO_FUNCTION,
    NN_RECTIFY,      /* max(x, 0) */
    NN_LEAKY,        /* x > 0 ? x : alpha x */
    NN_SLOPES,       /* the same, alpha a channel (PReLU) */
    NN_CLIP,         /* alpha .. beta */
    NN_SIGMOID,      /* 1 / (1 + exp(-x)) */
    NN_SWISH,        /* x sigmoid(x) */
    NN_HARD_SIGMOID, /* alpha x + beta, clipped to 0 .. 1 */
    NN_HARD_SWISH,   /* x clip(x / 6 + 1 / 2, 0, 1) */
    NN_TANH,
    NN_FUNCTIONS
} nn_function;

typedef struct nn_shape {
    size_t n, h, w, c;
} nn_shape;

static inline size_t nn_type_size(nn_type type)
{
    return type == NN_F32 ? 4 : type == NN_BF16 ? 2 : 1;
}

static inline size_t nn_shape_count(nn_shape s)
{
    return s.n * s.h * s.w * s.c;
}

/* Positions of a map. */
static inline size_t nn_shape_area(nn_shape s)
{
    return s.h * s.w;
}

/* Of one sample. */
static inline bool nn_shape_same(nn_shape a, nn_shape b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

static inline float nn_from_bf16(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/* Round to nearest even; NaN stays NaN. */
static inline uint16_t nn_to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return (bits & 0x7fffffffu) > 0x7f800000u ? (uint16_t)0x7fc0 : (uint16_t)rounded;
}

/* Marks hot plain-C loops: compiled once for each x86-64 level, chosen at load time. Not under AddressSanitizer, whose
 * run-time is not ready yet when that choice is made, nor by Clang, whose version 14 names what it makes otherwise than
 * its callers do. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define NN_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NN_VECTOR
#endif

/* Small functions that hot loops are made of: inlined whatever the compiler thinks, so that what is constant in a
 * caller is constant in them. */
#if defined(__GNUC__)
#define NN_INLINE static inline __attribute__((always_inline))
#else
#define NN_INLINE static inline
#endif

#endif
