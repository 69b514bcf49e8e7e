/* The kernels: the same C for registers of several widths, by the compiler's vector types. */
#include "nn/winograd_multiply.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Registers, and the same in memory. */
typedef float vector8 __attribute__((vector_size(32)));
typedef float vector16 __attribute__((vector_size(64)));
typedef float memory8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float memory16 __attribute__((vector_size(64), aligned(4), may_alias));

#define BLOCK_ADD(sum, a, b) ((sum) + *(a) * (b))

/* Any processor; 2 x 16 sums. */
#define BLOCK_NAME multiply_plain
#define BLOCK_VECTOR vector8
#define BLOCK_MEMORY memory8
#define BLOCK_ROWS 3
#define BLOCK_VECTORS 2
#define BLOCK_TARGET
#include "nn/winograd_block.h"
#undef BLOCK_NAME
#undef BLOCK_ROWS
#undef BLOCK_TARGET

#if defined(__x86_64__)
/* AVX2 with FMA: 12 of 16 registers hold sums. */
#define BLOCK_NAME multiply_avx2
#define BLOCK_ROWS 6
#define BLOCK_TARGET __attribute__((target("avx2,fma")))
#include "nn/winograd_block.h"
#undef BLOCK_NAME
#undef BLOCK_VECTOR
#undef BLOCK_MEMORY
#undef BLOCK_ROWS
#undef BLOCK_TARGET

/* AVX-512: 24 of 32 registers. */
#define BLOCK_NAME multiply_avx512
#define BLOCK_VECTOR vector16
#define BLOCK_MEMORY memory16
#define BLOCK_ROWS 12
#define BLOCK_TARGET __attribute__((target("avx512f")))
#include "nn/winograd_block.h"
#undef BLOCK_NAME
#undef BLOCK_TARGET
#undef BLOCK_ADD

/* AVX-512 that multiplies bf16: two products a lane. */
#define BLOCK_NAME multiply_avx512_bf16
#define BLOCK_TARGET __attribute__((target("avx512f,avx512bf16")))
#define BLOCK_ADD(sum, a, b) ((vector16)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_ps(*(a)), (__m512bh)(b)))
#include "nn/winograd_block.h"
#endif

static const winograd_kernel kernels[] = {
#if defined(__x86_64__)
    {NN_BF16, 12, 32, multiply_avx512_bf16}, {NN_F32, 12, 32, multiply_avx512},
    {NN_F32, 6, 16, multiply_avx2},
#endif
    {NN_F32, 3, 16, multiply_plain},         {NN_F32, 0, 0, NULL},
};

const winograd_kernel *winograd_kernels(void)
{
    return kernels;
}

bool winograd_kernel_runs(const winograd_kernel *kernel)
{
#if defined(__x86_64__)
    if (kernel->multiply == multiply_avx512_bf16) return __builtin_cpu_supports("avx512bf16");
    if (kernel->multiply == multiply_avx512) return __builtin_cpu_supports("avx512f");
    if (kernel->multiply == multiply_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return kernel->multiply == multiply_plain;
}

const winograd_kernel *winograd_kernel_for(nn_type type, size_t columns)
{
    for (const winograd_kernel *kernel = kernels; kernel->rows; kernel++)
        if (kernel->type == type && columns % kernel->columns == 0 && winograd_kernel_runs(kernel)) return kernel;
    return NULL;
}
