/* Scales with round numbers. */
#include "image/plot_scale.h"

#include <math.h>

/* The largest of 1, 2, 5 times a power of ten that gives at most `ticks` steps in `range`, from below. */
static double tick_step(double range, int ticks)
{
    double power = pow(10, floor(log10(range / ticks)));
    double share = range / ticks / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

plot_scale plot_scale_between(double low, double high, int ticks)
{
    if (low > high) low = 0, high = 1;
    if (high - low < 1e-9 * fmax(1, fabs(high))) low -= 0.5, high += 0.5;
    plot_scale axis = {.step = tick_step(high - low, ticks)};
    axis.low = floor(low / axis.step) * axis.step;
    axis.high = ceil(high / axis.step) * axis.step;
    return axis;
}

plot_scale plot_scale_epochs(size_t count, int ticks)
{
    plot_scale axis = {1, (double)count, 1};
    if (count == 1) axis.low = 0.5, axis.high = 1.5;
    if (count > (size_t)ticks) axis.step = fmax(1, tick_step((double)count - 1, ticks));
    return axis;
}
