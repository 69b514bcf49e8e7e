/* The folded ARM head, and the evidence that it gives, against the unfolded one. */
#include "sample_head.h"

#include "arm/evidence.h"
#include "arm/fold.h"

static float *floats(size_t count)
{
    float *values = NULL;
    must(mem_alloc(&values, count, sizeof *values, "test values"));
    return values;
}

static float *narrow(const double *values, size_t count)
{
    float *narrowed = floats(count);
    for (size_t i = 0; i < count; i++) narrowed[i] = (float)values[i];
    return narrowed;
}

/* The head's weights in f32. */
static arm_fold_source source_make(const head *h, nn_affinity affinity)
{
    const arm_geometry *g = &h->geometry;
    return (arm_fold_source){
        .de_albino = narrow(h->weights.de_albino, arm_geometry_taps(g)),
        .bn_weight = narrow(h->weights.bn_weight, g->planes),
        .bn_bias = narrow(h->weights.bn_bias, g->planes),
        .running_mean = narrow(h->running.running_mean, g->planes),
        .running_var = narrow(h->running.running_var, g->planes),
        .alpha = (float)*h->weights.alpha,
        .generic = affinity == NN_AFFINITY_EMA ? narrow(h->running.generic, h->outputs) : NULL,
        .fc_weight = narrow(h->weights.fc_weight, h->classes * h->outputs),
        .fc_bias = narrow(h->weights.fc_bias, h->classes),
    };
}

static void source_free(arm_fold_source *s)
{
    mem_free((void *)s->de_albino);
    mem_free((void *)s->bn_weight);
    mem_free((void *)s->bn_bias);
    mem_free((void *)s->running_mean);
    mem_free((void *)s->running_var);
    mem_free((void *)s->generic);
    mem_free((void *)s->fc_weight);
    mem_free((void *)s->fc_bias);
}

/* weight [h][w][C] times image n of x [N][C][h][w] */
static double apply(const head *h, const float *weight, size_t n)
{
    const arm_geometry *g = &h->geometry;
    const double *x = h->x + n * arm_geometry_features(g);
    double sum = 0;
    for (size_t c = 0; c < g->channels; c++)
        for (size_t at = 0; at < g->height * g->width; at++)
            sum += weight[at * g->channels + c] * x[c * g->height * g->width + at];
    return sum;
}

static void check_fold(const head *h, nn_affinity affinity)
{
    const size_t features = arm_geometry_features(&h->geometry);
    arm_fold_source source = source_make(h, affinity);
    float *weight = floats(h->classes * features), *bias = floats(h->classes);
    double *logits = doubles(h->batch * h->classes);
    must(arm_fold(&h->geometry, h->classes, &source, weight, bias));
    for (size_t n = 0; n < h->batch; n++)
        for (size_t k = 0; k < h->classes; k++)
            logits[n * h->classes + k] = bias[k] + apply(h, weight + k * features, n);

    arm_reference *a = NULL;
    must(arm_reference_create(&h->geometry, h->batch, h->classes, affinity, &a));
    arm_reference_evaluate(a, &h->weights, &h->running, h->x);
    assert_close("folded logits", logits, a->logits, h->batch * h->classes, 1e-5);
    arm_reference_free(a);
    mem_free(logits);
    mem_free(bias);
    mem_free(weight);
    source_free(&source);
}

static void test_pytorch(void **state)
{
    (void)state;
    static const char *const files[] = {
        "tests/data/arm/arm_r4_3x2.safetensors",
        "tests/data/arm/arm_r8_4x6.safetensors",
        "tests/data/arm/arm_r16_2x2.safetensors",
        "tests/data/arm/arm_r16_7x7.safetensors",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        safetensors *file = NULL;
        must(safetensors_open(files[i], &file));
        head h = head_read(file);
        check_fold(&h, NN_AFFINITY_EMA);
        check_fold(&h, NN_AFFINITY_NONE);
        head_free(&h);
        safetensors_free(file);
    }
}

static void test_random(void **state)
{
    (void)state;
    static const size_t shapes[][4] = {{4, 2, 2, 2}, {8, 3, 4, 2}, {48, 5, 2, 4}, {36, 3, 3, 6}}; /* C, h, w, r */
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        head h = head_random(3, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3], 5);
        check_fold(&h, NN_AFFINITY_EMA);
        check_fold(&h, NN_AFFINITY_NONE);
        head_free(&h);
    }
}

static void test_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAD_VARIANTS; i++) {
        head h = head_random_variant(3, 8, 3, 4, head_variants[i].r, 5, &head_variants[i].variant);
        check_fold(&h, NN_AFFINITY_EMA);
        check_fold(&h, NN_AFFINITY_NONE);
        head_free(&h);
    }
}

/* Image 0 of x [N][C][h][w] as [h][w][C] */
static float *channels_last(const head *h)
{
    const arm_geometry *g = &h->geometry;
    size_t area = g->height * g->width;
    float *map = floats(arm_geometry_features(g));
    for (size_t c = 0; c < g->channels; c++)
        for (size_t at = 0; at < area; at++) map[at * g->channels + c] = (float)h->x[c * area + at];
    return map;
}

static double sum_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

/* Without a position's features every logit of the unfolded head loses what the position is said to add. */
static void check_positions(head *h, arm_reference *a, const double *positions)
{
    size_t area = h->geometry.height * h->geometry.width;
    double *logits = doubles(h->classes), *lost = doubles(h->classes), *said = doubles(h->classes);
    memcpy(logits, a->logits, h->classes * sizeof *logits);
    for (size_t at = 0; at < area; at++) {
        double *kept = doubles(h->geometry.channels);
        for (size_t c = 0; c < h->geometry.channels; c++) {
            kept[c] = h->x[c * area + at];
            h->x[c * area + at] = 0;
        }
        arm_reference_evaluate(a, &h->weights, &h->running, h->x);
        for (size_t k = 0; k < h->classes; k++) {
            lost[k] = logits[k] - a->logits[k];
            said[k] = positions[k * area + at];
        }
        assert_close("evidence of a position", said, lost, h->classes, 1e-5);
        for (size_t c = 0; c < h->geometry.channels; c++) h->x[c * area + at] = kept[c];
        mem_free(kept);
    }
    mem_free(said);
    mem_free(lost);
    mem_free(logits);
}

static void check_evidence(head *h, nn_affinity affinity)
{
    const arm_geometry *g = &h->geometry;
    const arm_evidence_shape shape = {h->classes, g->channels, g->height, g->width, g->arrangement};
    const size_t features = arm_geometry_features(g), area = g->height * g->width;
    const size_t size = g->arranged_height * g->arranged_width;
    arm_fold_source source = source_make(h, affinity);
    float *weight = floats(h->classes * features), *bias = floats(h->classes), *map = channels_last(h);
    double *pixels = doubles(h->classes * size), *positions = doubles(h->classes * area), *planes = doubles(features);
    double *by_pixels = doubles(h->classes), *by_positions = doubles(h->classes);
    must(arm_fold(g, h->classes, &source, weight, bias));
    arm_evidence(&shape, weight, map, pixels, positions);
    arm_evidence_arrange(&shape, map, planes);
    for (size_t k = 0; k < h->classes; k++) {
        by_pixels[k] = bias[k] + sum_of(pixels + k * size, size);
        by_positions[k] = bias[k] + sum_of(positions + k * area, area);
    }

    arm_reference *a = NULL;
    must(arm_reference_create(g, h->batch, h->classes, affinity, &a));
    arm_reference_evaluate(a, &h->weights, &h->running, h->x);
    assert_close("logits by pixels", by_pixels, a->logits, h->classes, 1e-5);
    assert_close("logits by positions", by_positions, a->logits, h->classes, 1e-5);
    assert_close("arranged planes", planes, a->planes, features, 1e-6);
    check_positions(h, a, positions);
    arm_reference_free(a);
    mem_free(by_positions);
    mem_free(by_pixels);
    mem_free(planes);
    mem_free(positions);
    mem_free(pixels);
    mem_free(map);
    mem_free(bias);
    mem_free(weight);
    source_free(&source);
}

static void test_evidence(void **state)
{
    (void)state;
    static const size_t shapes[][4] = {{4, 2, 2, 2}, {8, 3, 4, 2}, {48, 5, 2, 4}, {36, 3, 3, 6}}; /* C, h, w, r */
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        head h = head_random(1, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3], 5);
        check_evidence(&h, NN_AFFINITY_EMA);
        check_evidence(&h, NN_AFFINITY_NONE);
        head_free(&h);
    }
    for (size_t i = 0; i < HEAD_VARIANTS; i++) {
        head h = head_random_variant(1, 8, 3, 4, head_variants[i].r, 5, &head_variants[i].variant);
        check_evidence(&h, NN_AFFINITY_EMA);
        head_free(&h);
    }
}

static void check_variance(float variance, amend_code code)
{
    head h = head_random(1, 8, 2, 2, 2, 1);
    arm_fold_source source = source_make(&h, NN_AFFINITY_NONE);
    const float variances[] = {1, variance};
    float weight[8 * 2 * 2], bias[1];
    mem_free((void *)source.running_var);
    source.running_var = variances;
    assert_int_equal(arm_fold(&h.geometry, 1, &source, weight, bias).code, code);
    source.running_var = NULL;
    source_free(&source);
    head_free(&h);
}

static void test_variances(void **state)
{
    (void)state;
    check_variance(0, AMEND_OK);
    check_variance(-1, AMEND_BAD_DATA);
    check_variance(NAN, AMEND_BAD_DATA);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    head h = head_random(1, 4, 2, 2, 2, 1);
    arm_fold_source source = source_make(&h, NN_AFFINITY_NONE);
    float weight[4 * 2 * 2], bias[1];
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_int_equal(arm_fold(&h.geometry, 1, &source, weight, bias).code, AMEND_NO_MEMORY);
    }
    mem_fail_at(0);
    source_free(&source);
    head_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pytorch),  cmocka_unit_test(test_random),    cmocka_unit_test(test_variants),
        cmocka_unit_test(test_evidence), cmocka_unit_test(test_variances), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
