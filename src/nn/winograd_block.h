/* One kernel of winograd_multiply.c, which says BLOCK_NAME, BLOCK_VECTOR and BLOCK_MEMORY, BLOCK_ROWS, BLOCK_VECTORS (a
 * row of the block), BLOCK_TARGET and BLOCK_ADD. No guard: read once for each kernel. All of a block's sums stay in
 * registers. */
BLOCK_TARGET static void BLOCK_NAME(const winograd_product *p)
{
    enum { LANES = sizeof(BLOCK_VECTOR) / sizeof(float), ROWS = BLOCK_ROWS, VECTORS = BLOCK_VECTORS };
    const size_t a_row = p->a_row, a_step = p->a_step, b_step = p->b_step, out_row = p->out_row, count = p->count;
    const bool add = p->add;
    for (size_t column = 0; column < p->columns; column += VECTORS * LANES)
        for (size_t row = 0; row < p->rows; row += ROWS) {
            BLOCK_VECTOR sums[ROWS][VECTORS] = {0};
            const float *a = p->a + row * a_row, *b = p->b + column / (VECTORS * LANES) * p->b_panel;
            float *out = p->out + row * out_row + column;
            for (size_t i = 0; i < count; i++, a += a_step, b += b_step) {
                BLOCK_VECTOR factors[VECTORS];
                for (size_t v = 0; v < VECTORS; v++) factors[v] = *(const BLOCK_MEMORY *)(b + v * LANES);
                for (size_t r = 0; r < ROWS; r++)
                    for (size_t v = 0; v < VECTORS; v++) sums[r][v] = BLOCK_ADD(sums[r][v], a + r * a_row, factors[v]);
            }
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++) {
                    BLOCK_MEMORY *to = (BLOCK_MEMORY *)(out + r * out_row + v * LANES);
                    if (add) sums[r][v] += *to;
                    *to = sums[r][v];
                }
        }
}
