/* Which samples an epoch takes: counts of classes, repeats, the same again from (seed, epoch) and after a stop. */
#include "scratch.h"

#include <math.h>

#include "data/loader.h"

enum { CLASSES = 3, COUNT = 4 + 9 + 36, BATCH = 4 };
static const size_t counts[CLASSES] = {4, 9, 36}; /* roots 2, 3, 6 */

static int write_set(void **state)
{
    if (scratch_open(state)) return 1;
    for (size_t k = 0; k < CLASSES; k++) {
        char name[64];
        snprintf(name, sizeof name, "train/%c", (char)('a' + k));
        scratch_folder(name);
        for (size_t i = 0; i < counts[k]; i++) {
            snprintf(name, sizeof name, "train/%c/%02zu.png", (char)('a' + k), i);
            scratch_png(name, (unsigned char)(40 * k + i));
        }
    }
    scratch_folder("train/bare"); /* sorted after b, before c */
    return 0;
}

static dataset *open_set(void)
{
    data_options o = data_options_defaults(scratch);
    return open_good(&o);
}

static loader *make(const dataset *set, data_sampling sampling)
{
    const loader_options o = {.batch = BATCH,
                              .size = 6,
                              .channels = 1,
                              .seed = 3,
                              .threads = 2,
                              .normal = {{0}, {1, 1, 1}},
                              .augment = {.noise_variance = 30},
                              .shuffle = true,
                              .sampling = sampling,
                              .keep_last = true};
    loader *l = NULL;
    amend_status st = loader_create(set, &o, &l);
    if (st.code) fail_msg("%s", st.message);
    return l;
}

typedef struct epoch_record {
    size_t length, indices[COUNT];
    float pixels[COUNT * 36];
} epoch_record;

static void run_epoch(loader *l, size_t epoch, size_t first, epoch_record *record)
{
    memset(record, 0, sizeof *record);
    assert_int_equal(loader_start(l, epoch, first).code, AMEND_OK);
    for (;;) {
        data_batch b;
        assert_int_equal(loader_next(l, &b).code, AMEND_OK);
        if (!b.count) return;
        assert_true(record->length + b.count <= COUNT);
        memcpy(record->indices + record->length, b.indices, b.count * sizeof *b.indices);
        memcpy(record->pixels + record->length * 36, b.pixels, b.count * 36 * sizeof *b.pixels);
        record->length += b.count;
    }
}

/* Samples of each class, and how often each sample was taken. */
static void count_classes(const dataset *set, const epoch_record *record, size_t *classes, size_t *taken)
{
    memset(taken, 0, COUNT * sizeof *taken);
    for (size_t i = 0; i < record->length; i++) {
        classes[dataset_label(set, record->indices[i])]++;
        taken[record->indices[i]]++;
    }
}

static epoch_record one, two;

static void mrr_takes_the_smallest_count_of_each(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader *l = make(set, DATA_MRR);
    size_t ever[COUNT] = {0}, taken[COUNT], seen = 0, unsorted = 0;
    assert_int_equal(loader_batches(l), 3);
    for (size_t epoch = 0; epoch < 60; epoch++) {
        size_t classes[CLASSES + 1] = {0};
        run_epoch(l, epoch, 0, &one);
        assert_int_equal(one.length, 12);
        count_classes(set, &one, classes, taken);
        assert_int_equal(classes[0], 4);
        assert_int_equal(classes[1], 4);
        assert_int_equal(classes[2], 0); /* the folder "bare" has no images */
        assert_int_equal(classes[3], 4);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(taken[i] <= 1);
            ever[i] += taken[i];
        }
        for (size_t i = 1; i < 12; i++) unsorted += one.indices[i] < one.indices[i - 1];
    }
    for (size_t i = 0; i < COUNT; i++) seen += ever[i] > 0;
    assert_int_equal(seen, COUNT); /* (8/9)^60 of missing one of the 36 */
    assert_in_range(unsorted, 60 * 11 / 3, 60 * 11 * 2 / 3);
    loader_free(l);
    dataset_free(set);
}

static void sqrt_draws_by_roots(void **state)
{
    (void)state;
    enum { EPOCHS = 200 };
    dataset *set = open_set();
    loader *l = make(set, DATA_SQRT);
    size_t classes[CLASSES + 1] = {0}, taken[COUNT];
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        size_t now[CLASSES + 1] = {0};
        run_epoch(l, epoch, 0, &one);
        assert_int_equal(one.length, COUNT);
        count_classes(set, &one, now, taken);
        for (size_t k = 0; k <= CLASSES; k++) classes[k] += now[k];
        for (size_t i = 0; i < COUNT; i++) /* samples of a class take turns */
            for (size_t j = i + 1; j < COUNT && dataset_label(set, j) == dataset_label(set, i); j++)
                assert_true(taken[i] <= taken[j] + 1 && taken[j] <= taken[i] + 1);
    }
    double draws = EPOCHS * COUNT;
    static const double shares[CLASSES + 1] = {2.0 / 11, 3.0 / 11, 0, 6.0 / 11};
    for (size_t k = 0; k <= CLASSES; k++) {
        double error = fabs((double)classes[k] - draws * shares[k]);
        if (error > 4 * sqrt(draws * shares[k] * (1 - shares[k]))) fail_msg("class %zu: %zu", k, classes[k]);
    }
    loader_free(l);
    dataset_free(set);
}

/* A sample that is drawn twice in an epoch is augmented anew. */
static void repeats_differ(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader *l = make(set, DATA_SQRT);
    size_t repeats = 0;
    run_epoch(l, 0, 0, &one);
    for (size_t i = 0; i < one.length; i++)
        for (size_t j = i + 1; j < one.length; j++) {
            if (one.indices[i] != one.indices[j]) continue;
            repeats++;
            assert_memory_not_equal(one.pixels + i * 36, one.pixels + j * 36, 36 * sizeof(float));
        }
    assert_true(repeats > 3);
    loader_free(l);
    dataset_free(set);
}

static void epochs_come_from_seed_and_number(void **state)
{
    (void)state;
    dataset *set = open_set();
    for (int sampling = DATA_SHUFFLE; sampling <= DATA_SQRT; sampling++) {
        loader *a = make(set, (data_sampling)sampling), *b = make(set, (data_sampling)sampling);
        for (size_t epoch = 0; epoch < 3; epoch++) run_epoch(a, epoch, 0, &one);
        run_epoch(b, 2, 0, &two); /* without the epochs before it */
        assert_memory_equal(&one, &two, sizeof one);
        run_epoch(b, 2, 1, &two); /* from its second batch on */
        assert_int_equal(two.length, one.length - BATCH);
        assert_memory_equal(one.indices + BATCH, two.indices, two.length * sizeof *two.indices);
        assert_memory_equal(one.pixels + BATCH * 36, two.pixels, two.length * 36 * sizeof *two.pixels);
        run_epoch(b, 1, 0, &two);
        assert_memory_not_equal(one.indices, two.indices, one.length * sizeof *two.indices);
        loader_free(a);
        loader_free(b);
    }
    dataset_free(set);
}

static void refuses_epochs_without_a_batch(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = {.batch = 13, .size = 6, .channels = 1, .threads = 1, .normal = {{0}, {1, 1, 1}}};
    loader *l = NULL;
    o.shuffle = true;
    o.sampling = DATA_MRR;
    amend_status st = loader_create(set, &o, &l);
    assert_int_equal(st.code, AMEND_BAD_ARGUMENT);
    assert_non_null(strstr(st.message, "a batch of 13 is more than the 12 images of an epoch"));
    for (size_t n = 1; o.batch = 12, true; n++) {
        mem_fail_at(n);
        st = loader_create(set, &o, &l);
        mem_fail_at(0);
        loader_free(l);
        if (!st.code) break;
        assert_int_equal(st.code, AMEND_NO_MEMORY);
    }
    dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mrr_takes_the_smallest_count_of_each),
        cmocka_unit_test(sqrt_draws_by_roots),
        cmocka_unit_test(repeats_differ),
        cmocka_unit_test(epochs_come_from_seed_and_number),
        cmocka_unit_test(refuses_epochs_without_a_batch),
    };
    return cmocka_run_group_tests(tests, write_set, scratch_close);
}
