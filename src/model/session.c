/* Crop, bytes, run, softmax. */
#include "model/session.h"

#include <math.h>

#include "base/mem.h"

struct model_session {
    const model_description *description;
    nn_context *context;
    float *crop; /* size x size x channels on 0..255 */
};

amend_status model_session_create(const model_description *d, const nn_program *program, model_session **made)
{
    model_session *s = NULL;
    *made = NULL;
    TRY(mem_alloc(&s, 1, sizeof *s, "session"));
    s->description = d;
    amend_status status = mem_alloc(&s->crop, d->size * d->size * d->channels, sizeof(float), "crop");
    if (!status.code) status = nn_context_create(program, &s->context);
    if (status.code) {
        model_session_free(s);
        return status;
    }
    *made = s;
    return status;
}

void model_session_free(model_session *s)
{
    if (!s) return;
    nn_context_free(s->context);
    mem_free(s->crop);
    mem_free(s);
}

static amend_status run(model_session *s, float *probabilities)
{
    const model_description *d = s->description;
    data_bytes(s->crop, d->size * d->size * d->channels, nn_context_pixels(s->context));
    TRY(nn_context_run(s->context, 1));
    description_probabilities(d, nn_context_logits(s->context), 1, probabilities);
    for (size_t k = 0; k < d->classes; k++)
        if (!isfinite(probabilities[k]))
            return status_error(AMEND_NUMERIC, "the network's answer is not a number: its weights may be damaged");
    return status_ok();
}

amend_status model_session_predict(model_session *s, const amend_image *image, const face_view *view, bool flip,
                                   float *probabilities)
{
    const model_description *d = s->description;
    TRY(face_view_pixels(image, view, d->size, d->channels, s->crop));
    TRY(run(s, probabilities));
    if (!flip) return status_ok();
    float mirrored[MODEL_MAX_CLASSES];
    data_mirror(s->crop, d->size, d->channels);
    TRY(run(s, mirrored));
    for (size_t k = 0; k < d->classes; k++) probabilities[k] = (probabilities[k] + mirrored[k]) / 2;
    return status_ok();
}

const nn_context *model_session_context(const model_session *s)
{
    return s->context;
}
