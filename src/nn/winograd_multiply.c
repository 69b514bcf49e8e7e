/* The kernels: the same C for registers of several widths, by the compiler's vector types. */
#include "nn/winograd_multiply.h"

typedef float vector8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float vector16 __attribute__((vector_size(64), aligned(4), may_alias));

/* Any processor; 2 x 16 sums. */
#define BLOCK_NAME multiply_plain
#define BLOCK_VECTOR vector8
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
#undef BLOCK_ROWS
#undef BLOCK_TARGET

/* AVX-512: 24 of 32 registers. */
#define BLOCK_NAME multiply_avx512
#define BLOCK_VECTOR vector16
#define BLOCK_ROWS 12
#define BLOCK_TARGET __attribute__((target("avx512f")))
#include "nn/winograd_block.h"
#endif

static const winograd_kernel kernels[] = {
#if defined(__x86_64__)
    {12, 32, multiply_avx512},
    {6, 16, multiply_avx2},
#endif
    {3, 16, multiply_plain},
    {0, 0, NULL},
};

const winograd_kernel *winograd_kernels(void)
{
    return kernels;
}

bool winograd_kernel_runs(const winograd_kernel *kernel)
{
#if defined(__x86_64__)
    if (kernel->multiply == multiply_avx512) return __builtin_cpu_supports("avx512f");
    if (kernel->multiply == multiply_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return kernel->multiply == multiply_plain;
}

const winograd_kernel *winograd_kernel_for(size_t columns)
{
    const winograd_kernel *kernel = kernels;
    while (columns % kernel->columns || !winograd_kernel_runs(kernel)) kernel++;
    return kernel;
}
