/* Names of the protocol's fields. */
#include "eval/protocol.h"

static const char *const names[EVAL_PROTOCOL_FIELDS] = {
    "model",    "data",  "layout", "split",     "left_out", "rule", "classes",
    "affinity", "input", "tta",    "precision", "batch",    "seed",
};

const char *eval_protocol_name(size_t field)
{
    return names[field];
}

const char *eval_protocol_value(const eval_protocol *p, size_t field)
{
    const char *const values[EVAL_PROTOCOL_FIELDS] = {
        p->model,    p->data,  p->layout, p->split,     p->left_out, p->rule, p->classes,
        p->affinity, p->input, p->tta,    p->precision, p->batch,    p->seed,
    };
    return values[field];
}
