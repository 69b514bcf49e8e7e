/* One kernel of winograd_multiply.c, which says BLOCK_NAME, BLOCK_VECTOR, BLOCK_ROWS, BLOCK_VECTORS (a row of the
 * block) and BLOCK_TARGET. No guard: read once for each kernel. All of a block's sums stay in registers. */
BLOCK_TARGET static void BLOCK_NAME(const winograd_product *p)
{
    enum { LANES = sizeof(BLOCK_VECTOR) / sizeof(float) };
    BLOCK_VECTOR sums[BLOCK_ROWS][BLOCK_VECTORS];
    const float *a = p->a, *b = p->b;
    const size_t a_row = p->a_row, a_step = p->a_step, b_step = p->b_step;
    for (size_t r = 0; r < BLOCK_ROWS; r++)
        for (size_t v = 0; v < BLOCK_VECTORS; v++)
            sums[r][v] = p->add ? *(const BLOCK_VECTOR *)(p->out + r * p->out_row + v * LANES) : (BLOCK_VECTOR){0};
    for (size_t i = 0; i < p->count; i++, a += a_step, b += b_step) {
        BLOCK_VECTOR factors[BLOCK_VECTORS];
        for (size_t v = 0; v < BLOCK_VECTORS; v++) factors[v] = *(const BLOCK_VECTOR *)(b + v * LANES);
        for (size_t r = 0; r < BLOCK_ROWS; r++)
            for (size_t v = 0; v < BLOCK_VECTORS; v++) sums[r][v] += a[r * a_row] * factors[v];
    }
    for (size_t r = 0; r < BLOCK_ROWS; r++)
        for (size_t v = 0; v < BLOCK_VECTORS; v++) *(BLOCK_VECTOR *)(p->out + r * p->out_row + v * LANES) = sums[r][v];
}
