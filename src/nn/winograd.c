/* The three passes: blocks of tiles are transformed, multiplied point by point, and transformed back. */
#include "nn/winograd.h"

#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "nn/convert.h"
#include "nn/winograd_multiply.h"
#include "nn/winograd_transform.h"

enum {
    POINTS = WINOGRAD_POINTS,
    LANES = WINOGRAD_CHANNELS,
    TILE = WINOGRAD_TILE,
    PATCH = WINOGRAD_PATCH,
    DEEPEST = 2, /* factors a word */
    GAP = 16,    /* words between rows and between matrices, so that they do not fall on the same lines of a cache */
};

struct winograd {
    dnn_pass pass;
    nn_type type;             /* of the maps */
    size_t depth;             /* factors a word */
    nn_shape from, to;        /* map that patches are read from, map that tiles of results belong to */
    size_t pad;               /* zeros above and left of `from` */
    size_t high, wide, tiles; /* tiles a column, a row, in all */
    size_t block, blocks;     /* tiles that are worked on together */
    bool apart;               /* each thread works on blocks of its own */
    size_t threads;
    const winograd_kernel *kernel;
    const winograd_transforms *transforms;
    winograd_finish finish;
    float *zeros; /* a pixel outside, of either type */
};

/* ---- choosing ---- */

static bool fits_fusion(const dnn_fusion *f)
{
    bool function = f->function == NN_NO_FUNCTION || f->function == NN_RECTIFY || f->function == NN_CLIP;
    return function && f->out == NN_F32 && !f->scale && (!f->sum || (f->sum_scale == 1 && f->held == NN_F32));
}

/* In bf16 only to train, and only where products of bf16 are vectors'. */
static bool fits_type(const dnn_conv *conv, dnn_pass pass)
{
    size_t columns = pass == DNN_BACKWARD_DATA ? conv->in.c : conv->out.c;
    bool wanted = conv->type == NN_F32 || (conv->type == NN_BF16 && pass != DNN_INFERENCE && !dnn_has_tiles());
    return wanted && winograd_kernel_for(conv->type, columns);
}

static size_t count_tiles(nn_shape s)
{
    return s.n * ((s.h + TILE - 1) / TILE) * ((s.w + TILE - 1) / TILE);
}

bool winograd_fits(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion)
{
    enum { LEAST_TILES = 8 }; /* fewer are not worth reading four times the weights */
    bool window = conv->kernel[0] == 3 && conv->kernel[1] == 3 && conv->stride == 1 && conv->groups <= 1 &&
                  !conv->dilation && conv->pad[0] < 3 && conv->pad[1] == conv->pad[0];
    bool shape = window && conv->in.c % LANES == 0 && conv->out.c % LANES == 0;
    bool bias_gradient = pass == DNN_BACKWARD_WEIGHTS && conv->bias;
    return shape && fits_type(conv, pass) && !bias_gradient && (!fusion || fits_fusion(fusion)) &&
           count_tiles(conv->out) >= LEAST_TILES;
}

static size_t round_up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit * unit;
}

/* A block is as many tiles as fit a core's cache, but enough to use each weight often. Threads take blocks of their own
 * where there are several for each, else they share each block. */
static void choose_blocks(winograd *w)
{
    enum { CACHE = 400 * 1024, LEAST = 48, MOST = 192 };
    const size_t least_shared = 128 * w->depth;
    size_t results = w->pass == DNN_BACKWARD_WEIGHTS ? w->to.c / w->depth : w->to.c; /* words, as of the patches */
    size_t block = CACHE / (POINTS * (w->from.c / w->depth + results) * sizeof(float));
    block = block < LEAST ? LEAST : block > MOST ? MOST : block;
    w->apart = w->pass != DNN_BACKWARD_WEIGHTS && w->tiles >= 4 * block * w->threads;
    if (!w->apart && block < least_shared) block = least_shared;
    if (block > w->tiles) block = w->tiles;
    w->block = round_up(block, w->kernel->rows);
    w->blocks = (w->tiles + w->block - 1) / w->block;
}

static winograd_finish finish_of(const dnn_fusion *fusion)
{
    winograd_finish f = {.low = -INFINITY, .high = INFINITY};
    if (!fusion) return f;
    f.sum = fusion->sum;
    if (fusion->function != NN_NO_FUNCTION) f.low = 0;
    if (fusion->function == NN_CLIP) f.low = fusion->alpha, f.high = fusion->beta;
    return f;
}

static const winograd_transforms *transforms_for(nn_type type)
{
#if defined(__x86_64__)
    if (type == NN_BF16) return &winograd_transforms_bf16;
#endif
    (void)type;
    return &winograd_transforms_f32;
}

amend_status winograd_create(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion, winograd **made)
{
    bool back = pass == DNN_BACKWARD_DATA;
    winograd *w = NULL;
    TRY(mem_alloc(&w, 1, sizeof *w, "convolution"));
    w->pass = pass;
    w->type = conv->type;
    w->depth = winograd_depth(conv->type);
    w->from = back ? conv->out : conv->in;
    w->to = back ? conv->in : conv->out;
    w->pad = back ? 2 - conv->pad[0] : conv->pad[0];
    w->high = (w->to.h + TILE - 1) / TILE;
    w->wide = (w->to.w + TILE - 1) / TILE;
    w->tiles = count_tiles(w->to);
    w->threads = (size_t)omp_get_max_threads();
    w->kernel = winograd_kernel_for(w->type, w->to.c);
    w->transforms = transforms_for(w->type);
    choose_blocks(w);
    w->finish = finish_of(fusion);
    amend_status status = mem_alloc(&w->zeros, w->from.c > w->to.c ? w->from.c : w->to.c, sizeof *w->zeros, "zeros");
    if (status.code) winograd_free(w);
    *made = status.code ? NULL : w;
    return status;
}

void winograd_free(winograd *w)
{
    if (!w) return;
    mem_free(w->zeros);
    mem_free(w);
}

/* ---- sizes, in words: matrices of one point ---- */

/* The sum of products runs over channels, whose words are a tile's row, or over tiles, and a row is a word deep. */
static bool sums_tiles(const winograd *w)
{
    return w->pass == DNN_BACKWARD_WEIGHTS;
}

static size_t front_row(const winograd *w)
{
    return (sums_tiles(w) ? w->from.c : w->from.c / w->depth) + GAP;
}

static size_t back_row(const winograd *w)
{
    return w->to.c + GAP;
}

static size_t matrix_stride(const winograd *w, size_t row)
{
    return (sums_tiles(w) ? w->block / w->depth : w->block) * row + GAP;
}

/* The gradient's rows are rounded up to whole blocks of the kernel. */
static size_t weights_stride(const winograd *w)
{
    size_t rows = sums_tiles(w) ? round_up(w->from.c, w->kernel->rows) : w->from.c / w->depth;
    return rows * w->to.c + GAP;
}

/* Transformed tiles of both sides, of one block. */
static size_t block_floats(const winograd *w)
{
    return POINTS * (matrix_stride(w, front_row(w)) + matrix_stride(w, back_row(w)));
}

size_t winograd_weight_bytes(const winograd *w)
{
    return POINTS * weights_stride(w) * sizeof(float);
}

size_t winograd_scratch_bytes(const winograd *w)
{
    return (w->apart ? w->threads : 1) * block_floats(w) * sizeof(float);
}

/* ---- weights ---- */

/* The forward pass multiplies input channels by output channels, the backward pass the other way, kernels turned. */
NN_INLINE void read_kernels(const winograd *w, nn_type plain, const void *weights, size_t row, size_t column,
                            float g[9][LANES])
{
    for (size_t i = 0; i < LANES; i++)
        for (size_t k = 0; k < 9; k++)
            g[k][i] = nn_get(plain, weights,
                             w->pass == DNN_BACKWARD_DATA ? (row * w->to.c + column + i) * 9 + 8 - k
                                                          : ((column + i) * w->from.c + row) * 9 + k);
}

/* LANES x LANES kernels, by way of a buffer: 36 runs of memory instead of 36 for each row of kernels. */
static void pack_square(const winograd *w, nn_type plain, const void *weights, size_t row, size_t column, float *panel)
{
    float square[POINTS][LANES][LANES];
    size_t rows = LANES / w->depth; /* of words */
    for (size_t i = 0; i < rows; i++) {
        float g[DEEPEST][9][LANES];
        for (size_t d = 0; d < w->depth; d++) {
            size_t channel = row + i * w->depth + d;
            if (plain == NN_F32)
                read_kernels(w, NN_F32, weights, channel, column, g[d]);
            else
                read_kernels(w, NN_BF16, weights, channel, column, g[d]);
        }
        w->transforms->from_kernels((const float(*)[9][LANES])g, square[0][i], LANES * LANES);
    }
    for (size_t point = 0; point < POINTS; point++)
        for (size_t i = 0; i < rows; i++)
            memcpy(panel + point * weights_stride(w) + i * w->kernel->columns, square[point][i], LANES * sizeof(float));
}

void winograd_pack(const winograd *w, nn_type plain, const void *weights, float *packed)
{
    size_t rows = w->from.c / w->depth, columns = w->kernel->columns;
#pragma omp parallel for schedule(static)
    for (size_t column = 0; column < w->to.c; column += LANES) {
        float *panel = packed + column / columns * columns * rows + column % columns;
        for (size_t row = 0; row < w->from.c; row += LANES)
            pack_square(w, plain, weights, row, column, panel + row / w->depth * columns);
    }
}

void winograd_unpack(const winograd *w, const float *packed, float *gradient)
{
    size_t rows = w->from.c, columns = w->to.c;
#pragma omp parallel for schedule(static)
    for (size_t column = 0; column < columns; column += LANES)
        for (size_t row = 0; row < rows; row++) {
            float g[9][LANES];
            winograd_to_kernel(packed + row * columns + column, weights_stride(w), g);
            for (size_t i = 0; i < LANES; i++)
                for (size_t k = 0; k < 9; k++) gradient[((column + i) * rows + row) * 9 + k] = g[k][i];
        }
}

/* ---- tiles ---- */

/* Pointers to side x side pixels of a tile; `outside` stands for those that are not in the map: all of a tile behind
 * the last. */
static void find_pixels(const winograd *w, nn_shape s, size_t tile, size_t side, size_t pad, void *map, void *outside,
                        void **pixels)
{
    size_t bytes = s.c * nn_type_size(w->type);
    size_t n = tile / (w->high * w->wide), y0 = tile / w->wide % w->high * TILE, x0 = tile % w->wide * TILE;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++) {
            size_t row = y0 + y - pad, column = x0 + x - pad; /* above and left of the map: huge */
            bool inside = n < s.n && row < s.h && column < s.w;
            pixels[y * side + x] = inside ? (char *)map + ((n * s.h + row) * s.w + column) * bytes : outside;
        }
}

/* What a run works on: tiles begin .. begin + count of the maps, transformed in `front` and `back`. */
typedef struct work {
    const winograd *w;
    void *from, *to;
    float *weights;
    const float *bias;
    float *front, *back;
    size_t begin, count;
} work;

static work work_on(const work *all, size_t block, float *scratch)
{
    work k = *all;
    k.begin = block * k.w->block;
    k.count = k.w->tiles - k.begin < k.w->block ? k.w->tiles - k.begin : k.w->block;
    k.front = scratch;
    k.back = scratch + POINTS * matrix_stride(k.w, front_row(k.w));
    return k;
}

static void transform_patch(const work *k, size_t i)
{
    const winograd *w = k->w;
    void *pixels[POINTS];
    find_pixels(w, w->from, k->begin + i, PATCH, w->pad, k->from, w->zeros, pixels);
    w->transforms->from_patch((const void *const *)pixels, w->from.c, k->front + i * front_row(w),
                              matrix_stride(w, front_row(w)));
}

/* Row i of both sides of a sum over tiles: those of a word. */
static void transform_patches(const work *k, size_t i)
{
    const winograd *w = k->w;
    void *pixels[DEEPEST * POINTS];
    for (size_t d = 0; d < w->depth; d++)
        find_pixels(w, w->from, k->begin + i * w->depth + d, PATCH, w->pad, k->from, w->zeros, pixels + d * POINTS);
    w->transforms->from_patches((const void *const *)pixels, w->from.c, k->front + i * front_row(w),
                                matrix_stride(w, front_row(w)));
}

static void transform_gradients(const work *k, size_t i)
{
    const winograd *w = k->w;
    void *pixels[DEEPEST * TILE * TILE];
    for (size_t d = 0; d < w->depth; d++)
        find_pixels(w, w->to, k->begin + i * w->depth + d, TILE, 0, k->to, w->zeros, pixels + d * TILE * TILE);
    w->transforms->from_tiles((const void *const *)pixels, w->to.c, k->back + i * back_row(w),
                              matrix_stride(w, back_row(w)));
}

static void write_tile(const work *k, size_t i)
{
    const winograd *w = k->w;
    void *pixels[TILE * TILE];
    winograd_finish finish = w->finish;
    finish.bias = k->bias;
    find_pixels(w, w->to, k->begin + i, TILE, 0, k->to, NULL, pixels);
    w->transforms->to_tile(k->back + i * back_row(w), matrix_stride(w, back_row(w)), w->to.c, &finish, pixels);
}

/* back = front weights, of one point. */
static void multiply_tiles(const work *k, size_t point)
{
    const winograd *w = k->w;
    size_t in = w->from.c / w->depth, out = w->to.c;
    const winograd_product p = {.a = k->front + point * matrix_stride(w, front_row(w)),
                                .a_row = front_row(w),
                                .a_step = 1,
                                .b = k->weights + point * weights_stride(w),
                                .b_step = w->kernel->columns,
                                .b_panel = w->kernel->columns * in,
                                .out = k->back + point * matrix_stride(w, back_row(w)),
                                .out_row = back_row(w),
                                .rows = k->count,
                                .columns = out,
                                .count = in};
    w->kernel->multiply(&p);
}

/* Rows of words in a sum over tiles; what the last lacks is zeros. */
static size_t words(const work *k)
{
    return (k->count + k->w->depth - 1) / k->w->depth;
}

/* weights += front' back, of one point: the gradient. */
static void multiply_gradients(const work *k, size_t point)
{
    const winograd *w = k->w;
    size_t in = w->from.c, out = w->to.c;
    const winograd_product p = {.a = k->front + point * matrix_stride(w, front_row(w)),
                                .a_row = 1,
                                .a_step = front_row(w),
                                .b = k->back + point * matrix_stride(w, back_row(w)),
                                .b_step = back_row(w),
                                .b_panel = w->kernel->columns,
                                .out = k->weights + point * weights_stride(w),
                                .out_row = out,
                                .rows = in,
                                .columns = out,
                                .count = words(k),
                                .add = k->begin > 0};
    w->kernel->multiply(&p);
}

/* ---- running ---- */

static void run_apart(const work *all, float *scratch)
{
    const winograd *w = all->w;
    int most = omp_get_max_threads(), threads = (size_t)most < w->threads ? most : (int)w->threads; /* have scratch */
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t block = 0; block < w->blocks; block++) {
        work k = work_on(all, block, scratch + (size_t)omp_get_thread_num() * block_floats(w));
        for (size_t i = 0; i < k.count; i++) transform_patch(&k, i);
        for (size_t point = 0; point < POINTS; point++) multiply_tiles(&k, point);
        for (size_t i = 0; i < k.count; i++) write_tile(&k, i);
    }
}

/* All threads share each block. */
static void run_together(const work *all, float *scratch)
{
    const winograd *w = all->w;
    for (size_t block = 0; block < w->blocks; block++) {
        work k = work_on(all, block, scratch);
#pragma omp parallel
        {
#pragma omp for schedule(static)
            for (size_t i = 0; i < k.count; i++) transform_patch(&k, i);
#pragma omp for schedule(static)
            for (size_t point = 0; point < POINTS; point++) multiply_tiles(&k, point);
#pragma omp for schedule(static)
            for (size_t i = 0; i < k.count; i++) write_tile(&k, i);
        }
    }
}

/* Each point's gradient belongs to one thread, so that sums have one order. */
static void run_gradients(const work *all, float *scratch)
{
    const winograd *w = all->w;
    for (size_t block = 0; block < w->blocks; block++) {
        work k = work_on(all, block, scratch);
#pragma omp parallel
        {
#pragma omp for schedule(static) nowait
            for (size_t i = 0; i < words(&k); i++) transform_patches(&k, i);
#pragma omp for schedule(static)
            for (size_t i = 0; i < words(&k); i++) transform_gradients(&k, i);
#pragma omp for schedule(static)
            for (size_t point = 0; point < POINTS; point++) multiply_gradients(&k, point);
        }
    }
}

void winograd_run(const winograd *w, void *in, float *packed, void *out, const float *bias, float *scratch)
{
    bool back = w->pass == DNN_BACKWARD_DATA;
    const work all = {.w = w, .from = back ? out : in, .to = back ? in : out, .weights = packed, .bias = bias};
    if (sums_tiles(w))
        run_gradients(&all, scratch);
    else if (w->apart)
        run_apart(&all, scratch);
    else
        run_together(&all, scratch);
}
