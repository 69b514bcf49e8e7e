/* A detector network on one square of pixels. */
#ifndef FACE_DETECTOR_H
#define FACE_DETECTOR_H

#include <pthread.h>
#include <stdbool.h>

#include "amend/faces.h"
#include "nn/program.h"
#include "weights/onnx_import.h"

#define FACE_DETECTOR "blazeface-256.onnx" /* the file that is installed beside the models */

enum { FACE_MAX_CANDIDATES = 4096 /* of one photo, before they are merged */, FACE_MAX_FREE = 64 };

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

/* What one thread needs to look at a square. */
typedef struct face_look {
    nn_context *context;
    face_list found;
} face_look;

/* What a kind of network does with pixels and results. */
typedef struct face_kind {
    const char *name;
    double threshold;      /* where the caller has none */
    float mean, deviation; /* input = (byte / 255 - mean) / deviation */
    bool bgr;
    size_t open_size; /* side where the file leaves it open */
    double smallest;  /* face that it sees, as a share of the square */
    bool (*fits)(const onnx_network *network);
    void (*decode)(const face_network *network, face_look *look, const face_square *square, double threshold);
} face_kind;

extern const face_kind face_blazeface, face_yunet;

struct face_network {
    const face_kind *kind;
    onnx_network *onnx;
    nn_program *program;
    size_t size; /* side of its input in pixels */
    pthread_mutex_t lock;
    face_look *free_looks[FACE_MAX_FREE]; /* guarded by lock: made before, now in nobody's hands */
    size_t free_count;
};

amend_status face_network_open(const char *path, face_network **network) AMEND_MUST_USE;
void face_network_free(face_network *network); /* accepts NULL */

/* One that nobody uses, or a new one, until it is given back. */
amend_status face_network_take(face_network *network, face_look **look) AMEND_MUST_USE;
void face_network_give(face_network *network, face_look *look); /* accepts NULL */

/* size x size x 3 bytes, RGB, are filled, then run (which may reorder them): look->found are the faces of that square.
 * Threads may run at the same time, each with a look of its own. */
uint8_t *face_look_pixels(face_look *look);
amend_status face_network_run(face_network *network, face_look *look, const face_square *square,
                              double threshold) AMEND_MUST_USE;

/* Values of the output called `name` (or, NULL, of that whose last two dims are rows x columns); NULL: not there. */
const float *face_network_output(const face_network *network, const face_look *look, const char *name, size_t rows,
                                 size_t columns);

/* Merges what overlaps, weighted by scores (as BlazeFace's authors do); the surest first. */
void face_merge(face_list *list);

/* Pixels of a photo's longer side that are all it looks at. */
size_t face_search_side(const face_network *network);

/* All faces of a photo: the whole of it and, for small ones, parts that overlap. */
amend_status face_search(face_network *network, const amend_image *image, double threshold,
                         face_list *list) AMEND_MUST_USE;

#endif
