/* xoshiro256** and what is drawn from it. */
#include "base/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

rng rng_make(uint64_t seed, uint64_t stream, uint64_t index)
{
    rng r;
    uint64_t mix = seed;
    mix = splitmix(&mix) ^ stream;
    mix = splitmix(&mix) ^ index;
    for (int i = 0; i < 4; i++) r.state[i] = splitmix(&mix);
    return r;
}

uint64_t rng_next(rng *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double rng_uniform(rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}

double rng_between(rng *r, double low, double high)
{
    return low + (high - low) * rng_uniform(r);
}

size_t rng_below(rng *r, size_t bound)
{
    /* Values under `unfair` would make the low results likelier (Lemire's rejection, on the modulus). */
    uint64_t unfair = (0 - (uint64_t)bound) % bound;
    uint64_t x;
    do x = rng_next(r);
    while (x < unfair);
    return (size_t)(x % bound);
}

double rng_normal(rng *r)
{
    double u = 1.0 - rng_uniform(r); /* (0, 1]: the logarithm stays finite */
    double v = rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

void rng_shuffle(rng *r, size_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = rng_below(r, i);
        size_t held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}
