/* Threads fill a ring of batches, sample by sample. A sample's content depends on (seed, epoch, draw) alone, so which
 * thread makes it does not matter. */
#include "data/loader.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/status.h"
#include "data/augment.h"
#include "data/warp.h"

/* One batch with the caller, two ahead of it. */
enum { RING = 3, THREADS_MAX = 256, SIDE_MAX = 4096 };

typedef struct slot {
    float *pixels, *targets;
    size_t *indices;
    size_t done; /* samples finished of the batch now in it */
} slot;

struct loader {
    const dataset *set;
    loader_options options;
    amend_image *images; /* by sample: the data set's own, or smaller copies */
    sample_order order;
    size_t batches, batch_pixels; /* an epoch; values a sample */
    slot slots[RING];
    pthread_t *threads;
    size_t threads_started;

    pthread_mutex_t mutex; /* guards all below and slot.done */
    pthread_cond_t work, ready;
    bool started, stopping;
    size_t epoch;
    size_t next;     /* position in `order` of the next sample to make */
    size_t consumed; /* batches that the caller is done with: slots of [consumed, consumed + RING) may be filled */
    size_t given;    /* batches given to the caller */
    size_t busy;     /* samples being made */
    double waited;
};

static size_t batch_count(const loader *l, size_t batch)
{
    size_t first = batch * l->options.batch, left = l->order.length - first;
    return left < l->options.batch ? left : l->options.batch;
}

static bool has_work(const loader *l)
{
    size_t batch = l->next / l->options.batch;
    bool in_epoch = batch < l->batches && l->next < l->order.length; /* the last batch may be smaller */
    return l->started && in_epoch && batch < l->consumed + RING;
}

static void make_sample(const loader *l, size_t position, size_t epoch)
{
    const loader_options *o = &l->options;
    const slot *s = &l->slots[position / o->batch % RING];
    size_t place = position % o->batch, index = order_sample(&l->order, position), classes = dataset_classes(l->set);
    rng r = rng_make(o->seed, epoch, l->order.draws[position]);
    augment_image(&l->images[index], &o->augment, &o->normal, &r, o->size, o->channels,
                  s->pixels + place * l->batch_pixels);
    memcpy(s->targets + place * classes, dataset_target(l->set, index), classes * sizeof *s->targets);
    s->indices[place] = index;
}

static void *work(void *argument)
{
    loader *l = argument;
    pthread_mutex_lock(&l->mutex);
    while (!l->stopping) {
        if (!has_work(l)) {
            pthread_cond_wait(&l->work, &l->mutex);
            continue;
        }
        size_t position = l->next++, batch = position / l->options.batch, epoch = l->epoch;
        l->busy++;
        pthread_mutex_unlock(&l->mutex);
        make_sample(l, position, epoch);
        pthread_mutex_lock(&l->mutex);
        l->busy--;
        if (++l->slots[batch % RING].done == batch_count(l, batch) || !l->busy) pthread_cond_broadcast(&l->ready);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

static amend_status check_options(const loader_options *o)
{
    if (!o->batch || !o->size || o->size > SIDE_MAX || (o->channels != 1 && o->channels != 3))
        return status_error(
            AMEND_BAD_ARGUMENT,
            "batches of %zu images of side %zu with %zu channels; batch must be positive, side 1 to %d, "
            "channels 1 or 3",
            o->batch, o->size, o->channels, SIDE_MAX);
    if (!o->threads || o->threads > THREADS_MAX)
        return status_error(AMEND_BAD_ARGUMENT, "%zu loader threads; take 1 to %d", o->threads, THREADS_MAX);
    for (size_t c = 0; c < o->channels; c++)
        if (!(o->normal.deviation[c] > 0))
            return status_error(AMEND_BAD_ARGUMENT, "normalisation by a deviation of %g; it must be positive",
                                (double)o->normal.deviation[c]);
    if ((unsigned)o->sampling > DATA_SQRT)
        return status_error(AMEND_BAD_ARGUMENT, "no sampling %d; there are shuffle, mrr and sqrt", (int)o->sampling);
    return augment_check(&o->augment);
}

static bool is_copy(const loader *l, size_t index)
{
    return l->images[index].pixels != dataset_image(l->set, index)->pixels;
}

/* Larger images are made smaller here, once: the threads do nothing but warp. */
static amend_status take_images(loader *l)
{
    size_t count = dataset_count(l->set), size = l->options.size;
    TRY(mem_alloc(&l->images, count, sizeof *l->images, "loader"));
    for (size_t i = 0; i < count; i++) l->images[i] = *dataset_image(l->set, i);
    for (size_t i = 0; i < count; i++) {
        amend_image smaller = {0};
        amend_box whole = warp_whole(&l->images[i]);
        if (!warp_must_shrink(whole, size)) continue;
        TRY(status_prefix(image_crop_resize(&l->images[i], whole, size, size, &smaller), "%s",
                          dataset_origin(l->set, i)));
        l->images[i] = smaller;
    }
    return status_ok();
}

static amend_status make_order(loader *l)
{
    const loader_options *o = &l->options;
    TRY(order_create(l->set, o->shuffle, o->sampling, &l->order));
    l->batches = l->order.length / o->batch;
    if (o->keep_last && l->order.length % o->batch) l->batches++;
    if (l->batches) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "a batch of %zu is more than the %zu images%s; take a smaller batch",
                        o->batch, l->order.length, l->order.length < l->order.count ? " of an epoch" : "");
}

static amend_status make_slots(loader *l)
{
    const loader_options *o = &l->options;
    size_t pixels = 0, targets = 0;
    l->batch_pixels = o->size * o->size * o->channels;
    if (!mem_multiply(l->batch_pixels, o->batch, &pixels) || !mem_multiply(dataset_classes(l->set), o->batch, &targets))
        return status_error(AMEND_NO_MEMORY, "a batch of %zu is too large for memory; take a smaller batch", o->batch);
    for (size_t i = 0; i < RING; i++) {
        TRY(mem_alloc(&l->slots[i].pixels, pixels, sizeof(float), "batch"));
        TRY(mem_alloc(&l->slots[i].targets, targets, sizeof(float), "batch"));
        TRY(mem_alloc(&l->slots[i].indices, o->batch, sizeof(size_t), "batch"));
    }
    return status_ok();
}

static amend_status start_threads(loader *l)
{
    TRY(mem_alloc(&l->threads, l->options.threads, sizeof *l->threads, "threads"));
    while (l->threads_started < l->options.threads) {
        if (pthread_create(&l->threads[l->threads_started], NULL, work, l))
            return status_error(AMEND_IO, "cannot start loader thread %zu; take fewer threads", l->threads_started + 1);
        l->threads_started++;
    }
    return status_ok();
}

amend_status loader_create(const dataset *set, const loader_options *options, loader **made)
{
    loader *l = NULL;
    amend_status st;
    *made = NULL;
    TRY(check_options(options));
    TRY(mem_alloc(&l, 1, sizeof *l, "loader"));
    l->set = set;
    l->options = *options;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->ready, NULL);
    st = make_order(l);
    if (st.code) goto fail;
    st = take_images(l);
    if (st.code) goto fail;
    st = make_slots(l);
    if (st.code) goto fail;
    st = start_threads(l);
    if (st.code) goto fail;
    *made = l;
    return st;
fail:
    loader_free(l);
    return st;
}

static void stop_threads(loader *l)
{
    pthread_mutex_lock(&l->mutex);
    l->stopping = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->mutex);
    for (size_t i = 0; i < l->threads_started; i++) pthread_join(l->threads[i], NULL);
    mem_free(l->threads);
}

static void free_images(loader *l)
{
    for (size_t i = 0; l->images && i < dataset_count(l->set); i++)
        if (is_copy(l, i)) amend_image_free(&l->images[i]);
    mem_free(l->images);
}

static void free_slots(loader *l)
{
    for (size_t i = 0; i < RING; i++) {
        mem_free(l->slots[i].pixels);
        mem_free(l->slots[i].targets);
        mem_free(l->slots[i].indices);
    }
}

void loader_free(loader *l)
{
    if (!l) return;
    stop_threads(l);
    free_images(l);
    free_slots(l);
    order_free(&l->order);
    pthread_cond_destroy(&l->ready);
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->mutex);
    mem_free(l);
}

size_t loader_batches(const loader *l)
{
    return l->batches;
}

double loader_waited(const loader *l)
{
    return l->waited;
}

amend_status loader_start(loader *l, size_t epoch, size_t first)
{
    if (first > l->batches)
        return status_error(AMEND_BAD_ARGUMENT, "batch %zu to go on from, but an epoch has %zu", first, l->batches);
    pthread_mutex_lock(&l->mutex);
    l->started = false;
    while (l->busy) pthread_cond_wait(&l->ready, &l->mutex);
    order_fill(&l->order, l->options.seed, epoch);
    for (size_t i = 0; i < RING; i++) l->slots[i].done = 0;
    l->epoch = epoch;
    l->next = first * l->options.batch;
    l->consumed = l->given = first;
    l->waited = 0.0;
    l->started = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->mutex);
    return status_ok();
}

/* By a number of the batch, which is beyond those of samples. */
static void mix_batch(const loader *l, const data_batch *batch)
{
    rng r = rng_make(l->options.seed, l->epoch, ~(uint64_t)l->given);
    augment_mix(batch, l->batch_pixels, dataset_classes(l->set), l->options.augment.mixup, &r);
}

/* With the mutex held: gives the slot of the batch before back to the threads. */
static void release_given(loader *l)
{
    if (l->consumed == l->given) return;
    l->slots[l->consumed % RING].done = 0;
    l->consumed = l->given;
    pthread_cond_broadcast(&l->work);
}

amend_status loader_next(loader *l, data_batch *batch)
{
    memset(batch, 0, sizeof *batch);
    if (!l->started) return status_error(AMEND_BAD_ARGUMENT, "loader_next before loader_start");
    pthread_mutex_lock(&l->mutex);
    release_given(l);
    if (l->given < l->batches) {
        slot *s = &l->slots[l->given % RING];
        size_t count = batch_count(l, l->given);
        double before = clock_seconds();
        while (s->done < count) pthread_cond_wait(&l->ready, &l->mutex);
        l->waited += clock_seconds() - before;
        l->given++;
        *batch = (data_batch){s->pixels, s->targets, s->indices, count};
    }
    pthread_mutex_unlock(&l->mutex);
    if (l->options.augment.mixup > 0) mix_batch(l, batch);
    return status_ok();
}
