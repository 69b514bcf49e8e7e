/* The three passes: blocks of tiles are transformed, multiplied point by point, and transformed back. */
#include "nn/winograd.h"

#include <math.h>
#include <omp.h>

#include "base/mem.h"
#include "nn/winograd_multiply.h"
#include "nn/winograd_transform.h"

enum {
    POINTS = WINOGRAD_POINTS,
    LANES = WINOGRAD_CHANNELS,
    TILE = WINOGRAD_TILE,
    PATCH = WINOGRAD_PATCH,
    GAP = 16, /* floats between rows and between matrices, so that they do not fall on the same lines of a cache */
};

struct winograd {
    dnn_pass pass;
    nn_shape from, to;        /* map that patches are read from, map that tiles of results belong to */
    size_t pad;               /* zeros above and left of `from` */
    size_t high, wide, tiles; /* tiles a column, a row, in all */
    size_t block, blocks;     /* tiles that are worked on together */
    bool apart;               /* each thread works on blocks of its own */
    size_t threads;
    const winograd_kernel *kernel;
    winograd_finish finish;
    float *zeros; /* a pixel outside */
};

/* ---- choosing ---- */

static bool fits_fusion(const dnn_fusion *f)
{
    bool function = f->function == NN_NO_FUNCTION || f->function == NN_RECTIFY || f->function == NN_CLIP;
    return function && f->out == NN_F32 && !f->scale && (!f->sum || (f->sum_scale == 1 && f->held == NN_F32));
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
    return conv->type == NN_F32 && shape && !bias_gradient && (!fusion || fits_fusion(fusion)) &&
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
    enum { CACHE = 400 * 1024, LEAST = 48, LEAST_SHARED = 96, MOST = 192 };
    size_t block = CACHE / (POINTS * (w->from.c + w->to.c) * sizeof(float));
    block = block < LEAST ? LEAST : block > MOST ? MOST : block;
    w->apart = w->pass != DNN_BACKWARD_WEIGHTS && w->tiles >= 4 * block * w->threads;
    if (!w->apart && block < LEAST_SHARED) block = LEAST_SHARED;
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

amend_status winograd_create(const dnn_conv *conv, dnn_pass pass, const dnn_fusion *fusion, winograd **made)
{
    bool back = pass == DNN_BACKWARD_DATA;
    winograd *w = NULL;
    TRY(mem_alloc(&w, 1, sizeof *w, "convolution"));
    w->pass = pass;
    w->from = back ? conv->out : conv->in;
    w->to = back ? conv->in : conv->out;
    w->pad = back ? 2 - conv->pad[0] : conv->pad[0];
    w->high = (w->to.h + TILE - 1) / TILE;
    w->wide = (w->to.w + TILE - 1) / TILE;
    w->tiles = count_tiles(w->to);
    w->threads = (size_t)omp_get_max_threads();
    w->kernel = winograd_kernel_for(w->to.c);
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

/* ---- sizes, in floats: matrices of one point ---- */

static size_t row_stride(size_t channels)
{
    return channels + GAP;
}

static size_t tiles_stride(const winograd *w, size_t channels)
{
    return w->block * row_stride(channels) + GAP;
}

/* The gradient's rows are rounded up to whole blocks of the kernel. */
static size_t weights_stride(const winograd *w)
{
    size_t rows = w->pass == DNN_BACKWARD_WEIGHTS ? round_up(w->from.c, w->kernel->rows) : w->from.c;
    return rows * w->to.c + GAP;
}

/* Transformed tiles of both sides, of one block. */
static size_t block_floats(const winograd *w)
{
    return POINTS * (tiles_stride(w, w->from.c) + tiles_stride(w, w->to.c));
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
static void read_kernels(const winograd *w, const float *weights, size_t row, size_t column, float g[9][LANES])
{
    for (size_t i = 0; i < LANES; i++)
        for (size_t k = 0; k < 9; k++)
            g[k][i] = w->pass == DNN_BACKWARD_DATA ? weights[(row * w->to.c + column + i) * 9 + 8 - k]
                                                   : weights[((column + i) * w->from.c + row) * 9 + k];
}

/* LANES x LANES kernels, by way of a buffer: 36 runs of memory instead of 36 for each row of kernels. */
static void pack_square(const winograd *w, const float *weights, size_t row, size_t column, float *panel)
{
    float square[POINTS][LANES][LANES];
    for (size_t i = 0; i < LANES; i++) {
        float g[9][LANES];
        read_kernels(w, weights, row + i, column, g);
        winograd_from_kernel(g, square[0][i], LANES * LANES);
    }
    for (size_t point = 0; point < POINTS; point++)
        for (size_t i = 0; i < LANES; i++)
            memcpy(panel + point * weights_stride(w) + i * w->kernel->columns, square[point][i], LANES * sizeof(float));
}

void winograd_pack(const winograd *w, const float *weights, float *packed)
{
    size_t rows = w->from.c, columns = w->kernel->columns;
#pragma omp parallel for schedule(static)
    for (size_t column = 0; column < w->to.c; column += LANES) {
        float *panel = packed + column / columns * columns * rows + column % columns;
        for (size_t row = 0; row < rows; row += LANES) pack_square(w, weights, row, column, panel + row * columns);
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

/* Pointers to side x side pixels of a tile; `outside` stands for those that are not in the map. */
static void find_pixels(const winograd *w, nn_shape s, size_t tile, size_t side, size_t pad, float *map, float *outside,
                        float **pixels)
{
    size_t n = tile / (w->high * w->wide), y0 = tile / w->wide % w->high * TILE, x0 = tile % w->wide * TILE;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++) {
            size_t row = y0 + y - pad, column = x0 + x - pad; /* above and left of the map: huge */
            bool inside = row < s.h && column < s.w;
            pixels[y * side + x] = inside ? map + ((n * s.h + row) * s.w + column) * s.c : outside;
        }
}

/* What a run works on: tiles begin .. begin + count of the maps, transformed in `front` and `back`. */
typedef struct work {
    const winograd *w;
    float *from, *to, *weights;
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
    k.back = scratch + POINTS * tiles_stride(k.w, k.w->from.c);
    return k;
}

static void transform_patch(const work *k, size_t i)
{
    const winograd *w = k->w;
    float *pixels[POINTS];
    find_pixels(w, w->from, k->begin + i, PATCH, w->pad, k->from, w->zeros, pixels);
    winograd_from_patch((const float *const *)pixels, w->from.c, k->front + i * row_stride(w->from.c),
                        tiles_stride(w, w->from.c));
}

static void transform_gradient(const work *k, size_t i)
{
    const winograd *w = k->w;
    float *pixels[TILE * TILE];
    find_pixels(w, w->to, k->begin + i, TILE, 0, k->to, w->zeros, pixels);
    winograd_from_tile((const float *const *)pixels, w->to.c, k->back + i * row_stride(w->to.c),
                       tiles_stride(w, w->to.c));
}

static void write_tile(const work *k, size_t i)
{
    const winograd *w = k->w;
    float *pixels[TILE * TILE];
    winograd_finish finish = w->finish;
    finish.bias = k->bias;
    find_pixels(w, w->to, k->begin + i, TILE, 0, k->to, NULL, pixels);
    winograd_to_tile(k->back + i * row_stride(w->to.c), tiles_stride(w, w->to.c), w->to.c, &finish, pixels);
}

/* back = front weights, of one point. */
static void multiply_tiles(const work *k, size_t point)
{
    const winograd *w = k->w;
    size_t in = w->from.c, out = w->to.c;
    const winograd_product p = {.a = k->front + point * tiles_stride(w, in),
                                .a_row = row_stride(in),
                                .a_step = 1,
                                .b = k->weights + point * weights_stride(w),
                                .b_step = w->kernel->columns,
                                .b_panel = w->kernel->columns * in,
                                .out = k->back + point * tiles_stride(w, out),
                                .out_row = row_stride(out),
                                .rows = k->count,
                                .columns = out,
                                .count = in};
    w->kernel->multiply(&p);
}

/* weights += front' back, of one point: the gradient. */
static void multiply_gradients(const work *k, size_t point)
{
    const winograd *w = k->w;
    size_t in = w->from.c, out = w->to.c;
    const winograd_product p = {.a = k->front + point * tiles_stride(w, in),
                                .a_row = 1,
                                .a_step = row_stride(in),
                                .b = k->back + point * tiles_stride(w, out),
                                .b_step = row_stride(out),
                                .b_panel = w->kernel->columns,
                                .out = k->weights + point * weights_stride(w),
                                .out_row = out,
                                .rows = in,
                                .columns = out,
                                .count = k->count,
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
            for (size_t i = 0; i < k.count; i++) transform_patch(&k, i);
#pragma omp for schedule(static)
            for (size_t i = 0; i < k.count; i++) transform_gradient(&k, i);
#pragma omp for schedule(static)
            for (size_t point = 0; point < POINTS; point++) multiply_gradients(&k, point);
        }
    }
}

void winograd_run(const winograd *w, float *in, float *packed, float *out, const float *bias, float *scratch)
{
    bool back = w->pass == DNN_BACKWARD_DATA;
    const work all = {.w = w, .from = back ? out : in, .to = back ? in : out, .weights = packed, .bias = bias};
    if (w->pass == DNN_BACKWARD_WEIGHTS)
        run_gradients(&all, scratch);
    else if (w->apart)
        run_apart(&all, scratch);
    else
        run_together(&all, scratch);
}
