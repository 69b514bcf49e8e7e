/* BlazeFace (Bazarevsky et al., 2019; https://arxiv.org/abs/1907.05047): on its square 16 x 16 cells of two anchors and
 * 8 x 8 cells of six. An anchor is its cell's middle; boxes and points are offsets in pixels of the input. */
#include <math.h>

#include "face/detector.h"

enum { VALUES = 16 /* x, y, w, h, then x and y of six points */ };

static const struct grid {
    size_t cells, anchors;
} grids[] = {{16, 2}, {8, 6}};

static bool fits(const onnx_network *network, size_t side)
{
    (void)side; /* the same cells on any */
    bool all = network->output_count == 4;
    for (size_t i = 0; i < 2; i++) {
        size_t rows = grids[i].cells * grids[i].cells * grids[i].anchors;
        all = all && face_output(network, NULL, rows, 1) && face_output(network, NULL, rows, VALUES);
    }
    return all;
}

/* x, y: the anchor, in pixels of the input. */
static amend_face face_at(const float *v, double x, double y, const face_window *w)
{
    amend_face face = {0};
    face.box.width = (double)v[2] * w->unit;
    face.box.height = (double)v[3] * w->unit;
    face.box.x = w->x + (x + (double)v[0]) * w->unit - face.box.width / 2;
    face.box.y = w->y + (y + (double)v[1]) * w->unit - face.box.height / 2;
    for (size_t k = 0; k < AMEND_POINTS; k++) {
        face.points[k].x = w->x + (x + (double)v[4 + 2 * k]) * w->unit;
        face.points[k].y = w->y + (y + (double)v[5 + 2 * k]) * w->unit;
    }
    return face;
}

static void decode_grid(const face_network *network, face_look *look, const struct grid *grid,
                        const face_window *window, double threshold)
{
    double limit = log(threshold / (1 - threshold)); /* of the score before its sigmoid */
    size_t anchors = grid->anchors, rows = grid->cells * grid->cells * anchors, stride = network->size / grid->cells;
    size_t columns = look->input->width / stride, count = look->input->height / stride * columns * anchors;
    const float *scores = face_look_output(look, face_output(network->onnx, NULL, rows, 1));
    const float *boxes = face_look_output(look, face_output(network->onnx, NULL, rows, VALUES));
    for (size_t i = 0; i < count; i++) {
        if (!((double)scores[i] >= limit)) continue;
        size_t cell = i / anchors;
        double x = ((double)(cell % columns) + 0.5) * (double)stride,
               y = ((double)(cell / columns) + 0.5) * (double)stride;
        amend_face face = face_at(boxes + i * VALUES, x, y, window);
        face.score = 1 / (1 + exp(-(double)scores[i]));
        face_list_add(&look->found, &face);
    }
}

static void decode(const face_network *network, face_look *look, const face_window *window, double threshold)
{
    for (size_t g = 0; g < 2; g++) decode_grid(network, look, &grids[g], window, threshold);
}

const face_kind face_blazeface = {
    .threshold = 0.7, .mean = 0.5f, .deviation = 0.5f, .stride = 16, .smallest = 0.09, .fits = fits, .decode = decode};
