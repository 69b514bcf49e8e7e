/* Pixels of the student to pixels of the teacher, a run of its network, a mix. */
#include "train/teacher.h"

#include <string.h>

#include "base/mem.h"
#include "model/model.h"

struct teacher {
    amend_model *model;
    nn_program *program;
    nn_context *context;
    teacher_options options;
    size_t size, channels; /* of the student's input */
    data_normal normal;
    unsigned char *seen; /* one picture as the student sees it */
    float *shown;        /* the same as the teacher wants it, on 0..255 */
    float *said;         /* its probabilities of one view, batch x classes */
    float *targets;      /* batch x classes */
};

static amend_status same_classes(const amend_model *model, const model_description *student)
{
    const model_description *d = model_describe(model);
    bool same = d->classes == student->classes;
    for (size_t k = 0; same && k < d->classes; k++) same = !strcmp(d->labels[k], student->labels[k]);
    if (same) return status_ok();
    return status_error(AMEND_BAD_DATA,
                        "%s was trained on %zu classes (%s ...), this data set has %zu (%s ...); a teacher of the same "
                        "classes in the same order is needed",
                        amend_model_path(model), d->classes, d->labels[0], student->classes, student->labels[0]);
}

static amend_status set_up(teacher *t, const model_description *student)
{
    size_t batch = t->options.batch;
    TRY(model_open(t->options.path, &t->model));
    TRY(same_classes(t->model, student));
    TRY(model_program(t->model, batch, model_best_type(t->model), &t->program));
    TRY(nn_context_create(t->program, &t->context));
    const model_description *d = model_describe(t->model);
    TRY(mem_alloc(&t->seen, student->size * student->size * student->channels, 1, "teacher"));
    TRY(mem_alloc(&t->shown, d->size * d->size * d->channels, sizeof *t->shown, "teacher"));
    TRY(mem_alloc(&t->said, batch * d->classes, sizeof *t->said, "teacher"));
    return mem_alloc(&t->targets, batch * d->classes, sizeof *t->targets, "teacher");
}

amend_status teacher_open(const teacher_options *options, const model_description *student, teacher **made)
{
    teacher *t = NULL;
    *made = NULL;
    TRY(mem_alloc(&t, 1, sizeof *t, "teacher"));
    t->options = *options;
    t->size = student->size;
    t->channels = student->channels;
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
    nn_context_free(t->context);
    nn_program_free(t->program);
    amend_model_free(t->model);
    mem_free(t->seen);
    mem_free(t->shown);
    mem_free(t->said);
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

static amend_status show(teacher *t, const float *pixels, bool mirrored, uint8_t *bytes)
{
    const model_description *d = model_describe(t->model);
    const amend_image image = {t->seen, t->size, t->size, t->channels};
    const amend_box whole = {0, 0, (double)t->size, (double)t->size};
    see(t, pixels);
    TRY(loader_prepare(&image, whole, d->size, d->channels, &data_normal_bytes, t->shown));
    if (mirrored) data_mirror(t->shown, d->size, d->channels);
    data_bytes(t->shown, d->size * d->size * d->channels, bytes);
    return status_ok();
}

/* Adds what it says of one view to the targets, `share` of it. */
static amend_status hear(teacher *t, const data_batch *batch, bool mirrored, float share)
{
    const model_description *d = model_describe(t->model);
    size_t student = t->size * t->size * t->channels, own = d->size * d->size * d->channels;
    for (size_t n = 0; n < batch->count; n++)
        TRY(show(t, batch->pixels + n * student, mirrored, nn_context_pixels(t->context) + n * own));
    TRY(nn_context_run(t->context, batch->count));
    description_probabilities(d, nn_context_logits(t->context), batch->count, t->said);
    for (size_t i = 0; i < batch->count * d->classes; i++) t->targets[i] += share * t->said[i];
    return status_ok();
}

amend_status teacher_targets(teacher *t, const data_batch *batch, const float **targets)
{
    const size_t count = batch->count * model_describe(t->model)->classes;
    const float share = (float)t->options.share;
    for (size_t i = 0; i < count; i++) t->targets[i] = (1 - share) * batch->targets[i];
    TRY(hear(t, batch, false, t->options.mirror ? share / 2 : share));
    if (t->options.mirror) TRY(hear(t, batch, true, share / 2));
    *targets = t->targets;
    return status_ok();
}

size_t teacher_bytes(const teacher *t)
{
    if (!t) return 0;
    size_t classes = model_describe(t->model)->classes;
    return nn_program_context_bytes(t->program) + 2 * t->options.batch * classes * sizeof *t->targets;
}
