/* Pixels of the student to pixels of each teacher, a run of its network, a mix. */
#include "train/teacher.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

/* One model. */
typedef struct tutor {
    amend_model *model;
    nn_program *program;
    nn_context *context;
    float *shown; /* a picture as it wants it, on 0..255 */
    float *said;  /* its probabilities of one view, batch x classes */
} tutor;

struct teacher {
    tutor tutors[TEACHER_MAX];
    size_t count;
    teacher_options options;
    size_t size, channels, classes; /* of the student */
    data_normal normal;
    unsigned char *seen; /* one picture as the student sees it */
    float *targets;      /* batch x classes */
};

bool teacher_next(const char **list, char path[TEACHER_PATH])
{
    size_t length = strcspn(*list, ",");
    if (!**list) return false;
    snprintf(path, TEACHER_PATH, "%.*s", (int)(length < TEACHER_PATH ? length : TEACHER_PATH - 1), *list);
    *list += length + ((*list)[length] == ',');
    return true;
}

static amend_status same_classes(const amend_model *model, const model_description *student)
{
    const model_description *d = model_describe(model);
    size_t at = 0;
    while (at < d->classes && at < student->classes && !strcmp(d->labels[at], student->labels[at])) at++;
    if (at == d->classes && at == student->classes) return status_ok();
    return status_error(
        AMEND_BAD_DATA,
        "%s was trained on %zu classes, this data set has %zu (class %zu is %s there, %s here); a teacher of the same "
        "classes in the same order is needed",
        amend_model_path(model), d->classes, student->classes, at + 1, at < d->classes ? d->labels[at] : "none",
        at < student->classes ? student->labels[at] : "none");
}

static amend_status open_tutor(const char *path, size_t batch, const model_description *student, tutor *t)
{
    TRY(model_open(path, &t->model));
    TRY(same_classes(t->model, student));
    TRY(model_program(t->model, batch, model_best_type(t->model), &t->program));
    TRY(nn_context_create(t->program, &t->context));
    const model_description *d = model_describe(t->model);
    TRY(mem_alloc(&t->shown, d->size * d->size * d->channels, sizeof *t->shown, "teacher"));
    return mem_alloc(&t->said, batch * d->classes, sizeof *t->said, "teacher");
}

static amend_status set_up(teacher *t, const model_description *student)
{
    const char *paths = t->options.paths;
    char path[TEACHER_PATH];
    while (teacher_next(&paths, path)) {
        if (t->count == TEACHER_MAX)
            return status_error(AMEND_UNSUPPORTED, "more than %d models; take fewer", TEACHER_MAX);
        TRY(open_tutor(path, t->options.batch, student, &t->tutors[t->count++]));
    }
    TRY(mem_alloc(&t->seen, t->size * t->size * t->channels, 1, "teacher"));
    return mem_alloc(&t->targets, t->options.batch * t->classes, sizeof *t->targets, "teacher");
}

amend_status teacher_open(const teacher_options *options, const model_description *student, teacher **made)
{
    teacher *t = NULL;
    *made = NULL;
    TRY(mem_alloc(&t, 1, sizeof *t, "teacher"));
    t->options = *options;
    t->size = student->size;
    t->channels = student->channels;
    t->classes = student->classes;
    t->normal = student->normal;
    amend_status status = set_up(t, student);
    if (status.code) {
        teacher_free(t);
        return status;
    }
    *made = t;
    return status;
}

void teacher_free(teacher *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->count; i++) {
        tutor *own = &t->tutors[i];
        nn_context_free(own->context);
        nn_program_free(own->program);
        amend_model_free(own->model);
        mem_free(own->shown);
        mem_free(own->said);
    }
    mem_free(t->seen);
    mem_free(t->targets);
    mem_free(t);
}

/* Takes the student's normalisation back. */
static void see(teacher *t, const float *pixels)
{
    for (size_t i = 0; i < t->size * t->size; i++)
        for (size_t c = 0; c < t->channels; c++, pixels++) {
            float value = 255 * (*pixels * t->normal.deviation[c] + t->normal.mean[c]);
            data_bytes(&value, 1, &t->seen[i * t->channels + c]);
        }
}

static amend_status show(const teacher *t, tutor *own, bool mirrored, uint8_t *bytes)
{
    const model_description *d = model_describe(own->model);
    const amend_image image = {t->seen, t->size, t->size, t->channels};
    const amend_box whole = {0, 0, (double)t->size, (double)t->size};
    TRY(loader_prepare(&image, whole, d->size, d->channels, &data_normal_bytes, own->shown));
    if (mirrored) data_mirror(own->shown, d->size, d->channels);
    data_bytes(own->shown, d->size * d->size * d->channels, bytes);
    return status_ok();
}

/* Adds what one model says of one view to the targets, `share` of it. */
static amend_status hear(teacher *t, tutor *own, const data_batch *batch, bool mirrored, float share)
{
    const model_description *d = model_describe(own->model);
    size_t student = t->size * t->size * t->channels, each = d->size * d->size * d->channels;
    for (size_t n = 0; n < batch->count; n++) {
        see(t, batch->pixels + n * student);
        TRY(show(t, own, mirrored, nn_context_pixels(own->context) + n * each));
    }
    TRY(nn_context_run(own->context, batch->count));
    description_probabilities(d, nn_context_logits(own->context), batch->count, own->said);
    for (size_t i = 0; i < batch->count * t->classes; i++) t->targets[i] += share * own->said[i];
    return status_ok();
}

amend_status teacher_targets(teacher *t, const data_batch *batch, const float **targets)
{
    const float share = (float)t->options.share, each = share / (float)(t->count * (t->options.mirror ? 2 : 1));
    for (size_t i = 0; i < batch->count * t->classes; i++) t->targets[i] = (1 - share) * batch->targets[i];
    for (size_t i = 0; i < t->count; i++) {
        TRY(hear(t, &t->tutors[i], batch, false, each));
        if (t->options.mirror) TRY(hear(t, &t->tutors[i], batch, true, each));
    }
    *targets = t->targets;
    return status_ok();
}

size_t teacher_bytes(const teacher *t)
{
    if (!t) return 0;
    size_t bytes = t->options.batch * t->classes * sizeof *t->targets;
    for (size_t i = 0; i < t->count; i++)
        bytes += nn_program_context_bytes(t->tutors[i].program) + t->options.batch * t->classes * sizeof(float);
    return bytes;
}
