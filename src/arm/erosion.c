/* One map a row, from the input (nothing eroded) on. */
#include "arm/erosion.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/* Mean over the window whose upper left tap is (top, left); a tap outside counts as eroded, or not at all. */
static double mean_of_window(const nn_row *row, nn_shape in, const double *from, ptrdiff_t top, ptrdiff_t left,
                             bool count_padding)
{
    ptrdiff_t step = row->dilation ? (ptrdiff_t)row->dilation + 1 : 1;
    double sum = 0;
    size_t inside = 0, width = nn_row_kernel(row, 1), taps = nn_row_kernel(row, 0) * width;
    for (size_t tap = 0; tap < taps; tap++) {
        ptrdiff_t y = top + (ptrdiff_t)(tap / width) * step, x = left + (ptrdiff_t)(tap % width) * step;
        if (y < 0 || x < 0 || y >= (ptrdiff_t)in.h || x >= (ptrdiff_t)in.w) continue;
        sum += from[(size_t)y * in.w + (size_t)x];
        inside++;
    }
    if (!count_padding) return inside ? sum / (double)inside : 1;
    return (sum + (double)(taps - inside)) / (double)taps;
}

static void slide(const nn_table *table, size_t at, const double *from, double *to)
{
    const nn_row *row = &table->rows[at];
    nn_shape in = table->shapes[row->in[0]], out = table->shapes[at];
    ptrdiff_t stride = (ptrdiff_t)row->stride, above = (ptrdiff_t)nn_row_pad(row, 0),
              left = (ptrdiff_t)nn_row_pad(row, 1);
    for (size_t y = 0; y < out.h; y++)
        for (size_t x = 0; x < out.w; x++)
            to[y * out.w + x] =
                mean_of_window(row, in, from, (ptrdiff_t)y * stride - above, (ptrdiff_t)x * stride - left,
                               row->kind == NN_CONV || row->count_padding);
}

static double mean_of_map(const double *map, size_t area)
{
    double sum = 0;
    for (size_t i = 0; i < area; i++) sum += map[i];
    return sum / (double)area;
}

/* Of two maps, by how many channels each has where they go side by side; else alike. */
static void mix(const nn_table *table, const nn_row *row, const double *first, const double *second, double *to,
                size_t area)
{
    bool side_by_side = row->kind == NN_GATHER;
    double a = side_by_side ? (double)table->shapes[row->in[0]].c : 1;
    double b = nn_row_inputs(row) < 2 ? 0 : side_by_side ? (double)table->shapes[row->in[1]].c : 1;
    for (size_t i = 0; i < area; i++) to[i] = b > 0 ? (a * first[i] + b * second[i]) / (a + b) : first[i];
}

/* All inputs have the row's positions. */
static bool is_in_place(const nn_table *table, size_t at)
{
    const nn_row *row = &table->rows[at];
    bool same = true;
    for (size_t k = 0; k < nn_row_inputs(row); k++)
        same = same && nn_shape_area(table->shapes[row->in[k]]) == nn_shape_area(table->shapes[at]);
    return same;
}

static amend_status walk_row(const nn_table *table, size_t at, double *const *maps)
{
    const nn_row *row = &table->rows[at];
    const double *first = maps[row->in[0]], *second = maps[row->in[1]];
    size_t area = nn_shape_area(table->shapes[at]);
    nn_kind kind = nn_row_is_gate(table, row) ? NN_ACTIVATION : row->kind;
    if ((kind == NN_COMBINE || kind == NN_GATHER) && is_in_place(table, at)) kind = NN_ADD;
    switch (kind) {
    case NN_INPUT:
        break; /* zeros */
    case NN_CONV:
    case NN_MAX_POOL:
    case NN_AVERAGE_POOL:
        slide(table, at, first, maps[at]);
        break;
    case NN_BATCH_NORM:
    case NN_RELU:
    case NN_ACTIVATION:
        memcpy(maps[at], first, area * sizeof *first);
        break;
    case NN_ADD: /* or another operation of two maps, or channels moved */
        mix(table, row, first, second, maps[at], area);
        break;
    case NN_GLOBAL_POOL:
        maps[at][0] = mean_of_map(first, nn_shape_area(table->shapes[row->in[0]]));
        break;
    default:
        return status_error(AMEND_UNSUPPORTED, "row '%s': erosion through %s is not defined", row->name,
                            nn_kind_name(row->kind));
    }
    return status_ok();
}

amend_status arm_erosion(const nn_table *table, size_t row, double *erosion)
{
    double **maps = NULL;
    TRY(mem_alloc(&maps, row + 1, sizeof *maps, "erosion maps"));
    amend_status status = status_ok();
    for (size_t i = 0; !status.code && i <= row; i++) {
        status = mem_alloc(&maps[i], nn_shape_area(table->shapes[i]), sizeof **maps, "erosion map");
        if (!status.code) status = walk_row(table, i, maps);
    }
    if (!status.code) memcpy(erosion, maps[row], nn_shape_area(table->shapes[row]) * sizeof *erosion);
    for (size_t i = 0; i <= row; i++) mem_free(maps[i]);
    mem_free(maps);
    return status;
}

/* Mean over the window at (top, left) of the arranged planes. */
static double window_mean(const arm_geometry *g, const double *erosion, size_t top, size_t left)
{
    size_t r = g->arrangement;
    double sum = 0;
    for (size_t u = 0; u < g->kernel; u++)
        for (size_t v = 0; v < g->kernel; v++) sum += erosion[(top + u) / r * g->width + (left + v) / r];
    return sum / (double)(g->kernel * g->kernel);
}

void arm_erosion_windows(const arm_geometry *g, const double *erosion, double *windows)
{
    for (size_t y = 0; y < g->out_height; y++)
        for (size_t x = 0; x < g->out_width; x++)
            windows[y * g->out_width + x] = window_mean(g, erosion, y * g->stride, x * g->stride);
}
