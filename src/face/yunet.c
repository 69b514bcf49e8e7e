/* YuNet (Wu, Peng, Yu, 2023; https://doi.org/10.1007/s11633-023-1423-y): three grids of strides 8, 16 and 32, without
 * anchors; the score is the geometric mean of class and object; sides are exponentials. */
#include <math.h>
#include <stdio.h>

#include "face/detector.h"

enum { GRIDS = 3 };
static const size_t strides[GRIDS] = {8, 16, 32};

/* What a cell of each grid has. */
typedef enum part { CLASS, OBJECT, BOX, POINTS, PARTS } part;

static const onnx_output *output(const onnx_network *network, part p, size_t side, size_t stride)
{
    static const char *const names[PARTS] = {"cls", "obj", "bbox", "kps"};
    static const size_t columns[PARTS] = {1, 1, 4, 10};
    char name[32];
    size_t cells = side / stride;
    snprintf(name, sizeof name, "%s_%zu", names[p], stride);
    return face_output(network, name, cells * cells, columns[p]);
}

static bool fits(const onnx_network *network, size_t side)
{
    bool all = network->output_count == PARTS * GRIDS;
    for (size_t g = 0; g < GRIDS; g++)
        for (part p = 0; p < PARTS; p++) all = all && output(network, p, side, strides[g]);
    return all;
}

/* Points of the file: right eye, left eye (of the person), nose, both corners of the mouth. */
static amend_face face_at(const float *box, const float *points, double column, double row, double unit,
                          const face_window *w)
{
    amend_face face = {0};
    amend_point p[5];
    for (size_t k = 0; k < 5; k++)
        p[k] = (amend_point){w->x + (column + (double)points[2 * k]) * unit,
                             w->y + (row + (double)points[2 * k + 1]) * unit};
    face.box.width = exp(fmin((double)box[2], 20)) * unit;
    face.box.height = exp(fmin((double)box[3], 20)) * unit;
    face.box.x = w->x + (column + (double)box[0]) * unit - face.box.width / 2;
    face.box.y = w->y + (row + (double)box[1]) * unit - face.box.height / 2;
    face.points[AMEND_LEFT_EYE] = p[0];
    face.points[AMEND_RIGHT_EYE] = p[1];
    face.points[AMEND_NOSE] = p[2];
    face.points[AMEND_MOUTH] = (amend_point){(p[3].x + p[4].x) / 2, (p[3].y + p[4].y) / 2};
    return face;
}

static void decode_grid(const face_network *n, face_look *look, size_t stride, const face_window *window,
                        double threshold)
{
    size_t columns = look->input->width / stride, count = look->input->height / stride * columns;
    const float *values[PARTS];
    double unit = window->unit * (double)stride;
    for (part p = 0; p < PARTS; p++) values[p] = face_look_output(look, output(n->onnx, p, n->size, stride));
    for (size_t i = 0; i < count; i++) {
        double score = sqrt(fmin(fmax((double)values[CLASS][i], 0), 1) * fmin(fmax((double)values[OBJECT][i], 0), 1));
        if (!(score >= threshold)) continue;
        amend_face face = face_at(values[BOX] + 4 * i, values[POINTS] + 10 * i, (double)(i % columns),
                                  (double)(i / columns), unit, window);
        face.score = score;
        face_list_add(&look->found, &face);
    }
}

static void decode(const face_network *n, face_look *look, const face_window *window, double threshold)
{
    for (size_t g = 0; g < GRIDS; g++) decode_grid(n, look, strides[g], window, threshold);
}

const face_kind face_yunet = {.threshold = 0.6,
                              .mean = 0,
                              .deviation = 1.0f / 255,
                              .bgr = true,
                              .open_size = 640,
                              .stride = 32,
                              .smallest = 0.04,
                              .fits = fits,
                              .decode = decode};
