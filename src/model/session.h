/* One thread's way through a compiled model: a photo and a view of it in, logits out. */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "face/crop.h"
#include "model/description.h"
#include "nn/program.h"

typedef struct model_session model_session;

/* The program must be of batch 1 and of this description, and outlive the session. */
amend_status model_session_create(const model_description *description, const nn_program *program,
                                  model_session **session) AMEND_MUST_USE;
void model_session_free(model_session *session); /* accepts NULL */

/* probabilities: one a class. `flip`: the mean with those of the mirror image. */
amend_status model_session_predict(model_session *session, const amend_image *image, const face_view *view, bool flip,
                                   float *probabilities) AMEND_MUST_USE;

/* What the last run of the network left: logits, and the program's other outputs. */
const nn_context *model_session_context(const model_session *session);

#endif
