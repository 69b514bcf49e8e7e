/* The products of Winograd's convolution: many small matrices, by a kernel that fits the processor. */
#ifndef NN_WINOGRAD_MULTIPLY_H
#define NN_WINOGRAD_MULTIPLY_H

#include "nn/type.h"

/* out[r * out_row + k] (+)= sum over i < count of a[r * a_row + i * a_step] * b[i * b_step + k], for k in the first
 * panel of columns; the next panel of b begins b_panel further on. Factors are words of 32 bits: a float, or two bf16,
 * neighbours in the sum, each of which is multiplied with its own. */
typedef struct winograd_product {
    const float *a;
    size_t a_row, a_step;
    const float *b;
    size_t b_step, b_panel;
    float *out;
    size_t out_row;
    size_t rows; /* what is missing to a multiple of the kernel's rows is read and written too */
    size_t columns, count;
    bool add; /* to what out holds */
} winograd_product;

typedef struct winograd_kernel {
    nn_type type;         /* of the factors */
    size_t rows, columns; /* that it makes at once: columns of a panel */
    void (*multiply)(const winograd_product *p);
} winograd_kernel;

/* The best on this processor for so many columns; NULL: none. In f32 there is one for each multiple of 16. */
const winograd_kernel *winograd_kernel_for(nn_type type, size_t columns);

/* Factors a word. */
static inline size_t winograd_depth(nn_type type)
{
    return sizeof(float) / nn_type_size(type);
}

/* All of them, ended by one without rows, and whether this processor can run one: for tests. */
const winograd_kernel *winograd_kernels(void);
bool winograd_kernel_runs(const winograd_kernel *kernel);

#endif
