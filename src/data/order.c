/* Orders of an epoch. */
#include "data/order.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

static size_t class_count(const sample_order *o, size_t class)
{
    return o->starts[class + 1] - o->starts[class];
}

/* Counting sort by class. */
static void group(const dataset *set, sample_order *o)
{
    for (size_t i = 0; i < o->count; i++) o->starts[dataset_label(set, i) + 1]++;
    for (size_t k = 0; k < o->classes; k++) o->starts[k + 1] += o->starts[k];
    for (size_t i = 0; i < o->count; i++) {
        size_t label = dataset_label(set, i);
        o->grouped[o->starts[label] + o->taken[label]++] = i;
    }
}

static void measure_classes(sample_order *o)
{
    size_t present = 0;
    double sum = 0;
    o->least = o->count;
    for (size_t k = 0; k < o->classes; k++) {
        size_t n = class_count(o, k);
        if (n && n < o->least) o->least = n;
        present += n > 0;
        sum += sqrt((double)n);
        o->up_to[k] = sum;
    }
    for (size_t k = 0; k < o->classes; k++) o->up_to[k] /= sum;
    o->length = o->sampling == DATA_MRR ? o->least * present : o->count;
}

amend_status order_create(const dataset *set, bool shuffle, data_sampling sampling, sample_order *order)
{
    sample_order *o = order;
    *o = (sample_order){
        .shuffle = shuffle, .sampling = sampling, .count = dataset_count(set), .classes = dataset_classes(set)};
    o->length = o->count;
    TRY(mem_alloc(&o->draws, o->count, sizeof *o->draws, "order"));
    if (!shuffle || sampling == DATA_SHUFFLE) return status_ok();
    TRY(mem_alloc(&o->starts, o->classes + 1, sizeof *o->starts, "order"));
    TRY(mem_alloc(&o->grouped, o->count, sizeof *o->grouped, "order"));
    TRY(mem_alloc(&o->turns, o->count, sizeof *o->turns, "order"));
    TRY(mem_alloc(&o->taken, o->classes, sizeof *o->taken, "order"));
    TRY(mem_alloc(&o->up_to, o->classes, sizeof *o->up_to, "order"));
    group(set, o);
    measure_classes(o);
    return status_ok();
}

void order_free(sample_order *order)
{
    mem_free(order->draws);
    mem_free(order->starts);
    mem_free(order->grouped);
    mem_free(order->turns);
    mem_free(order->taken);
    mem_free(order->up_to);
    memset(order, 0, sizeof *order);
}

/* The class's next sample; its turns are shuffled before the first of them and again whenever all have been taken. */
static size_t take_turn(sample_order *o, rng *r, size_t class)
{
    size_t n = class_count(o, class), start = o->starts[class], turn = o->taken[class] % n;
    if (!turn) rng_shuffle(r, o->turns + start, n);
    return o->turns[start + turn] + o->count * (o->taken[class]++ / n);
}

static void begin_turns(sample_order *o)
{
    memcpy(o->turns, o->grouped, o->count * sizeof *o->turns);
    memset(o->taken, 0, o->classes * sizeof *o->taken);
}

static void draw_mrr(sample_order *o, rng *r)
{
    size_t used = 0;
    begin_turns(o);
    for (size_t k = 0; k < o->classes; k++)
        for (size_t i = 0; class_count(o, k) && i < o->least; i++) o->draws[used++] = take_turn(o, r, k);
    rng_shuffle(r, o->draws, used);
}

static size_t draw_class(const sample_order *o, rng *r)
{
    double at = rng_uniform(r);
    size_t k = 0, last = 0;
    for (; k < o->classes; k++) {
        if (!class_count(o, k)) continue;
        last = k;
        if (at < o->up_to[k]) break;
    }
    return last; /* rounding may leave the sum of all just under 1 */
}

static void draw_sqrt(sample_order *o, rng *r)
{
    begin_turns(o);
    for (size_t i = 0; i < o->length; i++) o->draws[i] = take_turn(o, r, draw_class(o, r));
}

void order_fill(sample_order *o, uint64_t seed, size_t epoch)
{
    rng r = rng_make(seed, epoch, UINT64_MAX); /* no draw has this number */
    if (o->shuffle && o->sampling == DATA_MRR) {
        draw_mrr(o, &r);
    } else if (o->shuffle && o->sampling == DATA_SQRT) {
        draw_sqrt(o, &r);
    } else {
        for (size_t i = 0; i < o->count; i++) o->draws[i] = i;
        if (o->shuffle) rng_shuffle(&r, o->draws, o->count);
    }
}
