/* Batches: the same with any number of threads, resumed, flipped, noisy, erased, mixed. */
#include "scratch.h"

#include <math.h>

#include "data/loader.h"

enum { COUNT = 11, BATCH = 4, SIDE = 8 };

/* Two classes of gradients, told apart by their gray. */
static int write_set(void **state)
{
    if (scratch_open(state)) return 1;
    scratch_folder("train/a");
    scratch_folder("train/b");
    for (int i = 0; i < COUNT; i++) {
        char name[32], path[256];
        amend_image image = {0};
        snprintf(name, sizeof name, "train/%c/%02d.png", i % 2 ? 'a' : 'b', i);
        scratch_path(name, path, sizeof path);
        if (image_create(&image, SIDE, SIDE, 1).code) return 1;
        for (int p = 0; p < SIDE * SIDE; p++) image.pixels[p] = (unsigned char)(20 * i + 3 * (p % SIDE));
        if (image_write_png(path, &image).code) return 1;
        amend_image_free(&image);
    }
    return 0;
}

static dataset *open_set(void)
{
    data_options o = data_options_defaults(scratch);
    return open_good(&o);
}

static loader_options plain(void)
{
    loader_options o = {
        .batch = BATCH, .size = SIDE, .channels = 1, .seed = 5, .threads = 1, .normal = {{0}, {1, 1, 1}}};
    return o;
}

static loader *make(const dataset *set, const loader_options *o)
{
    loader *l = NULL;
    amend_status st = loader_create(set, o, &l);
    if (st.code) fail_msg("%s", st.message);
    return l;
}

/* All pixels of an epoch from batch `first`; returns the number of values. */
static size_t run_epoch(loader *l, size_t epoch, size_t first, float *values)
{
    data_batch b;
    size_t used = 0;
    assert_int_equal(loader_start(l, epoch, first).code, AMEND_OK);
    for (;;) {
        assert_int_equal(loader_next(l, &b).code, AMEND_OK);
        if (!b.count) return used;
        size_t n = b.count * SIDE * SIDE;
        memcpy(values + used, b.pixels, n * sizeof *values);
        used += n;
        for (size_t i = 0; i < b.count; i++) assert_true(fabsf(b.targets[2 * i] + b.targets[2 * i + 1] - 1) < 1e-6f);
    }
}

static loader_options busy_options(void)
{
    loader_options o = plain();
    o.shuffle = o.keep_last = true;
    o.augment = (data_augment){.flip = 0.5,
                               .noise_variance = 30,
                               .crop = 0.1,
                               .rotation = 10,
                               .scale = 0.1,
                               .brightness = 0.1,
                               .contrast = 0.2,
                               .erase = 0.5,
                               .erase_low = 0.02,
                               .erase_high = 0.1,
                               .mixup = 0.5};
    return o;
}

static float one[COUNT * SIDE * SIDE], two[COUNT * SIDE * SIDE];

static void threads_do_not_matter(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = busy_options();
    loader *a = make(set, &o);
    o.threads = 3;
    loader *b = make(set, &o);
    for (size_t epoch = 0; epoch < 20; epoch++) {
        assert_int_equal(run_epoch(a, epoch, 0, one), COUNT * SIDE * SIDE);
        assert_int_equal(run_epoch(b, epoch, 0, two), COUNT * SIDE * SIDE);
        assert_memory_equal(one, two, sizeof one);
    }
    run_epoch(b, 7, 0, two);
    assert_memory_not_equal(one, two, sizeof one);
    loader_free(a);
    loader_free(b);
    dataset_free(set);
}

static void resumes_in_the_middle(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = busy_options();
    o.threads = 2;
    loader *l = make(set, &o);
    data_batch b;
    run_epoch(l, 3, 0, one);
    assert_int_equal(loader_start(l, 3, 0).code, AMEND_OK); /* given up while threads are at work */
    assert_int_equal(loader_next(l, &b).code, AMEND_OK);
    size_t rest = run_epoch(l, 3, 1, two);
    assert_int_equal(rest, (COUNT - BATCH) * SIDE * SIDE);
    assert_memory_equal(one + BATCH * SIDE * SIDE, two, rest * sizeof *two);
    assert_int_equal(loader_start(l, 0, 4).code, AMEND_BAD_ARGUMENT);
    loader_free(l);
    dataset_free(set);
}

static void flips(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = plain();
    loader *l = make(set, &o);
    assert_int_equal(loader_batches(l), COUNT / BATCH);
    assert_int_equal(run_epoch(l, 0, 0, one), 8 * SIDE * SIDE);
    loader_free(l);
    o.augment.flip = 1;
    l = make(set, &o);
    run_epoch(l, 0, 0, two);
    for (size_t row = 0; row < 8 * SIDE; row++)
        for (size_t x = 0; x < SIDE; x++)
            assert_true(fabsf(one[row * SIDE + x] - two[row * SIDE + SIDE - 1 - x]) < 1e-4f);
    loader_free(l);
    dataset_free(set);
}

/* The share of the last of a pair in the first mix, by one value. */
static double share_of(double before, double opposite, double after)
{
    return (after - before) / (opposite - before);
}

/* a and b become a + s (b - a) and b - s (b - a), pixels and targets by the same s, which has the variance of
 * Beta(alpha, alpha): 1 / (4 (2 alpha + 1)). The one in the middle of a batch of three is left. */
static void mixes_by_twos(void **state)
{
    (void)state;
    enum { PAIR = 3, PIXELS = SIDE * SIDE };
    const double alpha = 0.4;
    double sum = 0, squares = 0;
    size_t pairs = 0, of_two_classes = 0;
    dataset *set = open_set();
    loader_options o = plain();
    o.batch = PAIR;
    o.shuffle = true;
    loader *unmixed = make(set, &o);
    o.augment.mixup = alpha;
    loader *mixed = make(set, &o);
    for (size_t epoch = 0; epoch < 400; epoch++) {
        data_batch a, b;
        assert_int_equal(loader_start(unmixed, epoch, 0).code, AMEND_OK);
        assert_int_equal(loader_start(mixed, epoch, 0).code, AMEND_OK);
        for (;; pairs++) {
            assert_int_equal(loader_next(unmixed, &a).code, AMEND_OK);
            assert_int_equal(loader_next(mixed, &b).code, AMEND_OK);
            if (!a.count) break;
            const float *last = a.pixels + 2 * PIXELS;
            double share = share_of(a.pixels[0], last[0], b.pixels[0]);
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
            assert_memory_equal(a.pixels + PIXELS, b.pixels + PIXELS, PIXELS * sizeof(float));
            for (size_t i = 0; i < PIXELS; i++) {
                assert_true(fabs(share_of(a.pixels[i], last[i], b.pixels[i]) - share) < 1e-4);
                assert_true(fabs(share_of(last[i], a.pixels[i], b.pixels[2 * PIXELS + i]) - share) < 1e-4);
            }
            bool differ = a.targets[0] != a.targets[4];
            of_two_classes += differ;
            for (size_t i = 0; differ && i < 2; i++) {
                assert_true(fabs(share_of(a.targets[i], a.targets[4 + i], b.targets[i]) - share) < 1e-4);
                assert_true(fabs(share_of(a.targets[4 + i], a.targets[i], b.targets[4 + i]) - share) < 1e-4);
            }
        }
    }
    assert_int_equal(pairs, 1200);
    assert_true(of_two_classes > 400);
    assert_true(fabs(sum / (double)pairs - 0.5) < 0.04); /* four standard errors */
    assert_true(fabs(squares / (double)pairs - 1 / (4 * (2 * alpha + 1))) < 0.014);
    loader_free(unmixed);
    loader_free(mixed);
    dataset_free(set);
}

static void plain_equals_prepare(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = plain();
    float alone[12 * 12 * 3];
    data_batch b;
    for (o.size = 5; o.size <= 12; o.size += 7) { /* shrinks, then grows */
        o.channels = 3;
        loader *l = make(set, &o);
        assert_int_equal(loader_start(l, 0, 0).code, AMEND_OK);
        assert_int_equal(loader_next(l, &b).code, AMEND_OK);
        const amend_image *image = dataset_image(set, b.indices[1]);
        amend_box box = {0, 0, SIDE, SIDE};
        assert_int_equal(loader_prepare(image, box, o.size, 3, &o.normal, alone).code, AMEND_OK);
        size_t values = o.size * o.size * 3;
        assert_memory_equal(b.pixels + values, alone, values * sizeof *alone);
        loader_free(l);
    }
    dataset_free(set);
}

static void paper_flips_or_adds_noise(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = plain();
    o.keep_last = true;
    loader *l = make(set, &o);
    run_epoch(l, 0, 0, one);
    loader_free(l);
    o.augment.flip_or_noise = true;
    o.augment.noise_variance = 30;
    l = make(set, &o);
    size_t same = 0, mirrored = 0, images = 0;
    for (size_t epoch = 0; epoch < 200; epoch++) {
        run_epoch(l, epoch, 0, two);
        for (size_t i = 0; i < COUNT; i++, images++) {
            const float *a = one + i * SIDE * SIDE, *b = two + i * SIDE * SIDE;
            same += !memcmp(a, b, SIDE * SIDE * sizeof *a);
            mirrored += fabsf(a[0] - b[SIDE - 1]) < 1e-4f && fabsf(a[SIDE - 1] - b[0]) < 1e-4f;
        }
    }
    assert_in_range(same, images * 45 / 100, images * 55 / 100);
    assert_in_range(mirrored, images * 21 / 100, images * 29 / 100);
    loader_free(l);
    dataset_free(set);
}

static void refused(const dataset *set, const loader_options *o, const char *part)
{
    loader *l = NULL;
    amend_status st = loader_create(set, o, &l);
    assert_int_equal(st.code, AMEND_BAD_ARGUMENT);
    if (!strstr(st.message, part)) fail_msg("'%s' not in '%s'", part, st.message);
}

static void refuses_bad_options(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = plain();
    o.batch = 12;
    refused(set, &o, "a batch of 12 is more than the 11 images");
    o = plain();
    o.threads = 0;
    refused(set, &o, "0 loader threads");
    o = plain();
    o.augment.flip = 1.5;
    refused(set, &o, "augment.flip is 1.5; it must be from 0 to 1");
    o = plain();
    o.normal.deviation[0] = 0;
    refused(set, &o, "deviation of 0");
    dataset_free(set);
}

static void out_of_memory_is_an_error(void **state)
{
    (void)state;
    dataset *set = open_set();
    loader_options o = plain();
    for (size_t n = 1;; n++) {
        loader *l = NULL;
        mem_fail_at(n);
        amend_status st = loader_create(set, &o, &l);
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
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(resumes_in_the_middle),
        cmocka_unit_test(flips),
        cmocka_unit_test(mixes_by_twos),
        cmocka_unit_test(plain_equals_prepare),
        cmocka_unit_test(paper_flips_or_adds_noise),
        cmocka_unit_test(refuses_bad_options),
        cmocka_unit_test(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, write_set, scratch_close);
}
