/* The products of Winograd's convolution: many small matrices, by a kernel that fits the processor. */
#ifndef NN_WINOGRAD_MULTIPLY_H
#define NN_WINOGRAD_MULTIPLY_H

#include <stdbool.h>
#include <stddef.h>

/* out[r][k] (+)= sum over i < count of a[r * a_row + i * a_step] * b[i * b_step + k], for one block of rows x columns.
 */
typedef struct winograd_product {
    const float *a;
    size_t a_row, a_step;
    const float *b;
    size_t b_step;
    float *out;
    size_t out_row;
    size_t count;
    bool add; /* to what out holds */
} winograd_product;

typedef struct winograd_kernel {
    size_t rows, columns; /* of the block */
    void (*multiply)(const winograd_product *p);
} winograd_kernel;

enum { WINOGRAD_MAX_ROWS = 12 };

/* The best on this processor for so many columns (a multiple of 16). */
const winograd_kernel *winograd_kernel_for(size_t columns);

/* All of them, ended by one without rows, and whether this processor can run one: for tests. */
const winograd_kernel *winograd_kernels(void);
bool winograd_kernel_runs(const winograd_kernel *kernel);

#endif
