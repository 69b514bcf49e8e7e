/* Means of whole blocks of pixels. Rows are summed first, which vectors do well, then the sums of neighbours. */
#include <omp.h>
#include <stdint.h>

#include "base/mem.h"
#include "image/image.h"

/* The largest whose sums of a column fit: 16 x 255 in 16 bits. Rows from this many bytes on are shared by threads. */
enum { MOST = 16, LARGE = 1 << 20 };

/* `sums`: of `factor` rows below each other, `length` bytes each. */
static void add_rows(const unsigned char *rows, size_t length, size_t factor, uint16_t *sums)
{
    for (size_t x = 0; x < length; x++) sums[x] = rows[x];
    for (size_t k = 1; k < factor; k++) {
        rows += length;
        for (size_t x = 0; x < length; x++) sums[x] = (uint16_t)(sums[x] + rows[x]);
    }
}

/* A mean is the sum times 2^24 / factor^2, which fits in 32 bits. */
static void add_columns(const uint16_t *sums, size_t factor, size_t width, size_t channels, unsigned char *to)
{
    const uint32_t half = 1u << 23, scale = (uint32_t)(((1u << 24) + factor * factor / 2) / (factor * factor));
    for (size_t x = 0; x < width; x++)
        for (size_t c = 0; c < channels; c++) {
            const uint16_t *from = sums + x * factor * channels + c;
            uint32_t sum = 0;
            for (size_t k = 0; k < factor; k++) sum += from[k * channels];
            *to++ = (unsigned char)((sum * scale + half) >> 24);
        }
}

amend_status image_shrink(const amend_image *from, size_t factor, amend_image *to)
{
    size_t length = from->width * from->channels;
    uint16_t *sums = NULL; /* a row for each thread */
    *to = (amend_image){0};
    if (!factor || factor > MOST || from->width < factor || from->height < factor)
        return status_error(AMEND_BAD_ARGUMENT, "cannot make %zu x %zu pixels %zu times smaller", from->width,
                            from->height, factor);
    TRY(mem_alloc(&sums, (size_t)omp_get_max_threads() * length, sizeof *sums, "row of sums"));
    amend_status status = image_create(to, from->width / factor, from->height / factor, from->channels);
    if (!status.code) {
#pragma omp parallel for schedule(static) if (length * from->height > LARGE)
        for (size_t y = 0; y < to->height; y++) {
            uint16_t *own = sums + (size_t)omp_get_thread_num() * length;
            add_rows(from->pixels + y * factor * length, length, factor, own);
            add_columns(own, factor, to->width, to->channels, to->pixels + y * to->width * to->channels);
        }
    }
    mem_free(sums);
    return status;
}
