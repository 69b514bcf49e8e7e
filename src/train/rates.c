/* Learning rates of parts. */
#include "train/rates.h"

#include <string.h>

#include "arm/head.h"
#include "base/number.h"

typedef struct entry {
    const char *name;
    size_t length; /* of the name */
    float factor;
} entry;

static bool names(const entry *e, const char *parameter)
{
    static const char backbone[] = "backbone";
    if (e->length == sizeof backbone - 1 && !strncmp(e->name, backbone, e->length)) return !arm_head_owns(parameter);
    return !strncmp(parameter, e->name, e->length) && (!parameter[e->length] || parameter[e->length] == '.');
}

/* NAME:FACTOR at *text, which then is behind it and its comma. */
static amend_status read_entry(const char **text, entry *e)
{
    const char *start = *text;
    size_t length = strcspn(start, ",");
    char *end = NULL;
    *e = (entry){start, strcspn(start, ":,"), 0};
    if (e->length && e->length < length) e->factor = (float)number_read(start + e->length + 1, &end);
    if (end != start + length || !(e->factor >= 0 && e->factor <= 1000) || end == start + e->length + 1)
        return status_error(AMEND_BAD_ARGUMENT,
                            "optimizer.rates: '%.*s'; a name, a colon and a factor from 0 to 1000 are expected, as in "
                            "backbone:0,layer4:0.1",
                            (int)length, start);
    *text = start + length + (start[length] == ',');
    return status_ok();
}

static amend_status apply(const entry *e, nn_params *params)
{
    size_t found = 0;
    for (size_t i = 0; i < params->count; i++) {
        nn_param *p = &params->items[i];
        if (!names(e, p->name)) continue;
        p->rate = e->factor;
        found += p->trainable;
    }
    if (found) return status_ok();
    return status_error(
        AMEND_BAD_ARGUMENT,
        "optimizer.rates: no parameter of this network that is trained begins with '%.*s'; possible are "
        "backbone, arm, fc and the beginnings of names that 'amend info' shows, up to a dot",
        (int)e->length, e->name);
}

amend_status rates_apply(const char *text, nn_params *params)
{
    while (*text) {
        entry e;
        TRY(read_entry(&text, &e));
        TRY(apply(&e, params));
    }
    return status_ok();
}
