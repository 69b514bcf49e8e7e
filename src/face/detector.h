/* A detector network on one square of pixels. */
#ifndef FACE_DETECTOR_H
#define FACE_DETECTOR_H

#include <stdbool.h>

#include "amend/faces.h"
#include "nn/program.h"
#include "weights/onnx_import.h"

#define FACE_DETECTOR "blazeface-256.onnx" /* the file that is installed beside the models */

enum { FACE_MAX_CANDIDATES = 4096, /* of one photo, before they are merged */ FACE_MAX_THREADS = 64 };

/* Candidates in the order they were found. */
typedef struct face_list {
    amend_face faces[FACE_MAX_CANDIDATES];
    size_t count;
} face_list;

void face_list_add(face_list *list, const amend_face *face);

/* Where a square of pixels lies in the photo. */
typedef struct face_square {
    double x, y, side;
} face_square;

typedef struct face_network face_network;

/* What a kind of network does with pixels and results. */
typedef struct face_kind {
    const char *name;
    double threshold;      /* where the caller has none */
    float mean, deviation; /* input = (byte / 255 - mean) / deviation */
    bool bgr;
    size_t open_size; /* side where the file leaves it open */
    double smallest;  /* face that it sees, as a share of the square */
    bool (*fits)(const onnx_network *network);
    void (*decode)(const face_network *network, size_t thread, const face_square *square, double threshold,
                   face_list *list);
} face_kind;

extern const face_kind face_blazeface, face_yunet;

struct face_network {
    const face_kind *kind;
    onnx_network *onnx;
    nn_program *program;
    nn_context **contexts; /* one a thread */
    size_t threads;
    size_t size; /* side of its input in pixels */
};

amend_status face_network_open(const char *path, face_network **network) AMEND_MUST_USE;
void face_network_free(face_network *network); /* accepts NULL */

/* One thread's turn, `thread` below network->threads: size x size x 3 bytes, RGB, are filled, then run (which may
 * reorder them). Threads may take their turns at the same time, each with a list of its own. */
uint8_t *face_network_pixels(face_network *network, size_t thread);
amend_status face_network_run(face_network *network, size_t thread, const face_square *square, double threshold,
                              face_list *list) AMEND_MUST_USE;

/* Values of the output called `name` (or, NULL, of that whose last two dims are rows x columns); NULL: not there. */
const float *face_network_output(const face_network *network, size_t thread, const char *name, size_t rows,
                                 size_t columns);

/* Merges what overlaps, weighted by scores (as BlazeFace's authors do); the surest first. */
void face_merge(face_list *list);

/* Pixels of a photo's longer side that are all it looks at. */
size_t face_search_side(const face_network *network);

/* All faces of a photo: the whole of it and, for small ones, parts that overlap. */
amend_status face_search(face_network *network, const amend_image *image, double threshold,
                         face_list *list) AMEND_MUST_USE;

#endif
