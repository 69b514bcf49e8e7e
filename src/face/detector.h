/* A detector network on one square of pixels, or on larger parts of a photo. */
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

/* But for what cannot be a face: without a size, or with values that are not finite. A full list keeps the surest. */
void face_list_add(face_list *list, const amend_face *face);

/* For qsort: the surest first; equals by place, since threads add them in any order. */
int face_compare(const void *a, const void *b);

/* Where the pixels that a network looks at lie in the photo. */
typedef struct face_window {
    double x, y; /* of the first one */
    double unit; /* side of each */
} face_window;

typedef struct face_network face_network;

/* What a network looks at: the square that it was made for, or larger parts of a large photo, which overlap less. */
typedef enum face_shape { FACE_SQUARE, FACE_WIDE, FACE_TALL, FACE_SHAPES } face_shape;

/* A network on one shape. */
typedef struct face_input {
    size_t height, width; /* 0: this network cannot */
    nn_program *program;  /* guarded by the network's lock until it is made, with the first look */
    struct face_look *free_looks[FACE_MAX_FREE]; /* guarded by the lock: made before, now in nobody's hands */
    size_t free_count;
} face_input;

/* What one thread needs to look. */
typedef struct face_look {
    face_input *input;
    nn_context *context;
    face_list found;
} face_look;

/* What a kind of network does with pixels and results. */
typedef struct face_kind {
    double threshold;      /* where the caller has none */
    float mean, deviation; /* input = (byte / 255 - mean) / deviation */
    bool bgr;
    size_t open_size; /* side where the file leaves it open */
    size_t stride;    /* that sides of its input are multiples of */
    double smallest;  /* face that it sees, as a share of the square */
    bool (*fits)(const onnx_network *network, size_t side);
    void (*decode)(const face_network *network, face_look *look, const face_window *window, double threshold);
} face_kind;

extern const face_kind face_blazeface, face_yunet;

struct face_network {
    const face_kind *kind;
    onnx_network *onnx;
    size_t size; /* side of its square in pixels */
    pthread_mutex_t lock;
    face_input inputs[FACE_SHAPES];
};

amend_status face_network_open(const char *path, face_network **network) AMEND_MUST_USE;
void face_network_free(face_network *network); /* accepts NULL */

/* One that nobody uses, or a new one, until it is given back. The shape is one that the network can. */
amend_status face_network_take(face_network *network, face_shape shape, face_look **look) AMEND_MUST_USE;
void face_network_give(face_network *network, face_look *look); /* accepts NULL */

/* height x width x 3 bytes of the input, RGB, are filled, then run (which may reorder them): look->found are the faces
 * in that window. Threads may run at the same time, each with a look of its own. */
uint8_t *face_look_pixels(face_look *look);
amend_status face_network_run(face_network *network, face_look *look, const face_window *window,
                              double threshold) AMEND_MUST_USE;

/* The output called `name` (NULL: any) whose last two dims are rows x columns on the square; NULL: not there. */
const onnx_output *face_output(const onnx_network *network, const char *name, size_t rows, size_t columns);

/* Its values after a run, for the pixels of the input. */
const float *face_look_output(const face_look *look, const onnx_output *output);

/* Merges what overlaps, weighted by scores (as BlazeFace's authors do); the surest first. */
void face_merge(face_list *list);

/* Pixels of a photo's longer side that are all it looks at. */
size_t face_search_side(const face_network *network);

/* All faces of a photo: the whole of it and, for small ones, parts that overlap. */
amend_status face_search(face_network *network, const amend_image *image, double threshold,
                         face_list *list) AMEND_MUST_USE;

#endif
