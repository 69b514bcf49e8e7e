/* Schedules. */
#include "train/schedule.h"

#include <math.h>

double schedule_rate(const schedule_options *o, size_t epoch, size_t step, size_t steps)
{
    double now = (double)epoch + (double)step / (double)steps;
    if (now < o->warmup) return o->rate * ((double)(epoch * steps + step) + 1) / (o->warmup * (double)steps + 1);
    double past = now - o->warmup;
    size_t whole = (size_t)(past + 1e-9); /* epochs, whose steps' shares are rounded */
    if (o->kind == SCHEDULE_EXPONENTIAL) return o->rate * pow(o->factor, (double)whole);
    if (o->kind == SCHEDULE_STEP) return o->rate * pow(o->factor, (double)(whole / o->every));
    double share = past / ((double)o->epochs - o->warmup);
    return o->rate * (o->floor + (1 - o->floor) * 0.5 * (1 + cos(3.14159265358979323846 * share)));
}
