/* Opening and running a detector network. */
#include <math.h>

#include "base/mem.h"
#include "face/detector.h"
#include "nn/reshape.h"

enum { LONG = 9, SHORT = 7, PARTS = 4 }; /* sides of the larger shapes, in quarters of the square */

static amend_status import(const char *path, onnx_network **network)
{
    onnx_file file;
    const onnx_import_options options = {.height = face_yunet.open_size, .width = face_yunet.open_size, .fold = true};
    TRY(onnx_file_open(path, &file));
    amend_status status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    return status;
}

static amend_status compile(const face_network *n, const nn_table *table, nn_program **program)
{
    size_t outputs[NN_MAX_OUTPUTS];
    nn_program_options options = {
        .batch = 1, .type = NN_F32, .outputs = outputs, .output_count = n->onnx->output_count};
    for (size_t c = 0; c < 3; c++) {
        options.mean[c] = n->kind->mean;
        options.deviation[c] = n->kind->deviation;
    }
    for (size_t i = 0; i < n->onnx->output_count; i++) outputs[i] = n->onnx->outputs[i].row;
    return nn_program_create(table, &n->onnx->params, &options, program);
}

static amend_status make_program(const face_network *n, face_input *input)
{
    nn_reshaped *reshaped;
    if (input == n->inputs) return compile(n, &n->onnx->table, &input->program);
    TRY(nn_reshape(&n->onnx->table, input->height, input->width, &reshaped));
    amend_status status = compile(n, &reshaped->table, &input->program);
    nn_reshape_free(reshaped);
    return status;
}

/* Whether every output has as many values more as the input has pixels more. */
static bool outputs_grow(const face_network *n, const nn_table *larger)
{
    const nn_table *square = &n->onnx->table;
    bool all = true;
    for (size_t i = 0; i < n->onnx->output_count; i++) {
        size_t row = n->onnx->outputs[i].row;
        all = all && nn_shape_count(larger->shapes[row]) * nn_shape_count(square->shapes[0]) ==
                         nn_shape_count(square->shapes[row]) * nn_shape_count(larger->shapes[0]);
    }
    return all;
}

/* *can: the network also looks at so many pixels. */
static amend_status try_shape(const face_network *n, size_t height, size_t width, bool *can)
{
    nn_reshaped *reshaped;
    amend_status status = nn_reshape(&n->onnx->table, height, width, &reshaped);
    *can = !status.code && outputs_grow(n, &reshaped->table);
    nn_reshape_free(reshaped);
    return status.code == AMEND_NO_MEMORY ? status : status_ok();
}

/* A network that is bound to its square looks at squares alone. */
static amend_status choose_shapes(face_network *n)
{
    size_t longer = n->size * LONG / PARTS, shorter = n->size * SHORT / PARTS;
    bool wide, tall;
    n->inputs[FACE_SQUARE] = (face_input){.height = n->size, .width = n->size};
    if (longer % n->kind->stride || shorter % n->kind->stride) return status_ok();
    TRY(try_shape(n, shorter, longer, &wide));
    TRY(try_shape(n, longer, shorter, &tall));
    if (!wide || !tall) return status_ok();
    n->inputs[FACE_WIDE] = (face_input){.height = shorter, .width = longer};
    n->inputs[FACE_TALL] = (face_input){.height = longer, .width = shorter};
    return status_ok();
}

static amend_status open_network(face_network *n, const char *path)
{
    static const face_kind *const kinds[] = {&face_blazeface, &face_yunet};
    TRY(import(path, &n->onnx));
    nn_shape in = n->onnx->table.shapes[0];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->fits(n->onnx, in.h)) n->kind = kinds[i];
    if (!n->kind || in.h != in.w || in.c != 3)
        return status_error(AMEND_UNSUPPORTED, "%s: not a detector that is known here; BlazeFace and YuNet are", path);
    if (in.h % n->kind->stride)
        return status_error(AMEND_UNSUPPORTED, "%s: looks at %zu x %zu pixels; needed are multiples of %zu", path, in.h,
                            in.w, n->kind->stride);
    n->size = in.h;
    TRY(choose_shapes(n));
    return status_prefix(make_program(n, &n->inputs[FACE_SQUARE]), "%s", path);
}

amend_status face_network_open(const char *path, face_network **made)
{
    face_network *n = NULL;
    *made = NULL;
    TRY(mem_alloc(&n, 1, sizeof *n, "detector"));
    pthread_mutex_init(&n->lock, NULL); /* cannot fail on Linux */
    amend_status status = open_network(n, path);
    if (status.code)
        face_network_free(n);
    else
        *made = n;
    return status;
}

static void free_look(face_look *look)
{
    nn_context_free(look->context);
    mem_free(look);
}

void face_network_free(face_network *n)
{
    if (!n) return;
    for (size_t i = 0; i < FACE_SHAPES; i++) {
        for (size_t k = 0; k < n->inputs[i].free_count; k++) free_look(n->inputs[i].free_looks[k]);
        nn_program_free(n->inputs[i].program);
    }
    pthread_mutex_destroy(&n->lock);
    onnx_network_free(n->onnx);
    mem_free(n);
}

static amend_status make_look(face_input *input, face_look **look)
{
    TRY(mem_alloc(look, 1, sizeof **look, "detector"));
    (*look)->input = input;
    amend_status status = nn_context_create(input->program, &(*look)->context);
    if (!status.code) return status;
    mem_free(*look);
    *look = NULL;
    return status;
}

amend_status face_network_take(face_network *n, face_shape shape, face_look **look)
{
    face_input *input = &n->inputs[shape];
    amend_status status = status_ok();
    *look = NULL;
    pthread_mutex_lock(&n->lock);
    if (input->free_count) *look = input->free_looks[--input->free_count];
    if (!input->program) status = make_program(n, input);
    pthread_mutex_unlock(&n->lock);
    return status.code || *look ? status : make_look(input, look);
}

void face_network_give(face_network *n, face_look *look)
{
    if (!look) return;
    pthread_mutex_lock(&n->lock);
    bool room = look->input->free_count < FACE_MAX_FREE;
    if (room) look->input->free_looks[look->input->free_count++] = look;
    pthread_mutex_unlock(&n->lock);
    if (!room) free_look(look);
}

uint8_t *face_look_pixels(face_look *look)
{
    return nn_context_pixels(look->context);
}

const onnx_output *face_output(const onnx_network *network, const char *name, size_t rows, size_t columns)
{
    for (size_t i = 0; i < network->output_count; i++) {
        const onnx_output *o = &network->outputs[i];
        bool sized = o->rank >= 2 && o->dims[o->rank - 2] == rows && o->dims[o->rank - 1] == columns;
        if (sized && (!name || !strcmp(name, o->name))) return o;
    }
    return NULL;
}

const float *face_look_output(const face_look *look, const onnx_output *output)
{
    size_t count;
    return nn_context_map(look->context, output->row, &count);
}

static void swap_red_and_blue(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t red = pixels[3 * i];
        pixels[3 * i] = pixels[3 * i + 2];
        pixels[3 * i + 2] = red;
    }
}

amend_status face_network_run(face_network *n, face_look *look, const face_window *window, double threshold)
{
    look->found.count = 0;
    if (n->kind->bgr) swap_red_and_blue(face_look_pixels(look), look->input->height * look->input->width);
    TRY(nn_context_run(look->context, 1));
    n->kind->decode(n, look, window, threshold);
    return status_ok();
}

static bool has_size(double from, double side)
{
    return isfinite(from) && isfinite(side) && from + side > from;
}

static amend_face *least_sure(face_list *list)
{
    amend_face *least = list->faces;
    for (size_t i = 1; i < list->count; i++)
        if (face_compare(&list->faces[i], least) > 0) least = &list->faces[i];
    return least;
}

void face_list_add(face_list *list, const amend_face *face)
{
    const amend_box *b = &face->box;
    bool can_be = has_size(b->x, b->width) && has_size(b->y, b->height);
    for (size_t k = 0; k < AMEND_POINTS; k++)
        can_be = can_be && isfinite(face->points[k].x) && isfinite(face->points[k].y);
    if (!can_be) return;
    if (list->count < FACE_MAX_CANDIDATES) {
        list->faces[list->count++] = *face;
        return;
    }
    amend_face *least = least_sure(list);
    if (face_compare(face, least) < 0) *least = *face;
}
