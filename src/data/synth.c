/* Drawn faces, from seed to image and from images to a folder. */
#include "data/synth.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/synth_camera.h"
#include "data/synth_draw.h"
#include "data/synth_person.h"
#include "image/canvas.h"

static const char *const expression_names[SYNTH_EXPRESSIONS] = {
    "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral",
};

const char *synth_expression_name(size_t expression)
{
    return expression < SYNTH_EXPRESSIONS ? expression_names[expression] : "unknown";
}

static amend_status check_size(size_t size)
{
    if (size >= SYNTH_SMALLEST && size <= SYNTH_LARGEST) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "a drawn face of %zu pixels a side; choose %d to %d", size, SYNTH_SMALLEST,
                        SYNTH_LARGEST);
}

amend_status synth_face(uint64_t seed, uint64_t index, size_t expression, size_t size, amend_image *image)
{
    rng r = rng_make(seed, 0, index);
    synth_person person;
    cairo_t *canvas = NULL;
    amend_status status;
    TRY(check_size(size));
    if (expression >= SYNTH_EXPRESSIONS)
        return status_error(AMEND_BAD_ARGUMENT, "no expression %zu; there are %d", expression, SYNTH_EXPRESSIONS);
    TRY(canvas_create(size, size, &canvas));
    synth_person_sample(&r, (synth_expression)expression, &person);
    synth_draw_background(canvas, &r, (double)size);
    synth_draw_person(canvas, &person, (double)size);
    synth_draw_light(canvas, &r, (double)size);
    status = canvas_to_image(canvas, image);
    cairo_destroy(canvas);
    if (!status.code) status = synth_camera(&r, image);
    if (status.code) amend_image_free(image);
    return status;
}

/* The second and third of each ten, so that even the smallest set has all three splits. */
static const char *split_of(size_t index_in_class)
{
    size_t turn = index_in_class % 10;
    return data_split_name(turn == 1 ? DATA_VALID : turn == 2 ? DATA_TEST : DATA_TRAIN);
}

static amend_status check_set(const synth_set *set)
{
    TRY(check_size(set->size));
    if (set->count < SYNTH_FEWEST || set->count > SYNTH_MOST)
        return status_error(AMEND_BAD_ARGUMENT, "a set of %zu drawn faces; choose %d to %d", set->count, SYNTH_FEWEST,
                            SYNTH_MOST);
    for (data_split i = 0; i < DATA_SPLITS; i++) {
        char *path = NULL;
        bool taken;
        TRY(file_join(set->folder, data_split_name(i), &path));
        taken = file_exists(path);
        mem_free(path);
        if (taken)
            return status_error(AMEND_BAD_ARGUMENT,
                                "%s: already holds a set (%s is there); name another folder or remove that one",
                                set->folder, data_split_name(i));
    }
    return status_ok();
}

static amend_status make_folders(const char *folder)
{
    char name[32];
    for (size_t i = 0; i < DATA_SPLITS * SYNTH_EXPRESSIONS; i++) {
        char *path = NULL;
        amend_status status;
        snprintf(name, sizeof name, "%s/%s", data_split_name(i % DATA_SPLITS), expression_names[i / DATA_SPLITS]);
        TRY(file_join(folder, name, &path));
        status = file_make_folder(path);
        mem_free(path);
        TRY(status);
    }
    return status_ok();
}

static amend_status write_one(const synth_set *set, size_t index)
{
    size_t expression = index % SYNTH_EXPRESSIONS, number = index / SYNTH_EXPRESSIONS;
    char name[64];
    char *path = NULL;
    amend_image image = {0};
    amend_status status;
    snprintf(name, sizeof name, "%s/%s/%04zu.png", split_of(number), expression_names[expression], number);
    TRY(file_join(set->folder, name, &path));
    status = synth_face(set->seed, index, expression, set->size, &image);
    if (!status.code) status = image_write_png(path, &image);
    amend_image_free(&image);
    mem_free(path);
    return status;
}

amend_status synth_write_set(const synth_set *set)
{
    TRY(check_set(set));
    TRY(make_folders(set->folder));
    for (size_t i = 0; i < set->count; i++) {
        TRY(write_one(set, i));
        if (set->progress) set->progress(i + 1, set->count);
    }
    return status_ok();
}
