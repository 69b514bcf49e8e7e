/* The head's variants as layers, trained, against the reference in double precision. */
#include "sample_head.h"

#include "arm/head.h"
#include "nn/loss.h"
#include "nn/plan.h"

/* The gradient of x shows as that of a 1x1 convolution by the identity: its weight [o][i] gets the sum over images and
 * pixels of x_i times the gradient of x_o. */
static void identity_gradient(const head *h, double *sums)
{
    const arm_geometry *g = &h->geometry;
    size_t c = g->channels, pixels = g->height * g->width;
    for (size_t n = 0; n < h->batch; n++)
        for (size_t o = 0; o < c; o++)
            for (size_t i = 0; i < c; i++)
                for (size_t p = 0; p < pixels; p++)
                    sums[o * c + i] += h->x[(n * c + i) * pixels + p] * h->x_gradient[(n * c + o) * pixels + p];
}

static nn_table *table_of(const head *h, arm_head kind, size_t r, const arm_variant *variant)
{
    nn_table *table = NULL;
    size_t at = 0, channels = h->geometry.channels;
    must(mem_alloc(&table, 1, sizeof *table, "test table"));
    must(nn_table_begin(table, h->geometry.height, h->geometry.width, 1));
    table->shapes[0].c = channels; /* a feature map, not an image */
    const nn_row identity = {.kind = NN_CONV, .name = "identity", .channels = channels, .kernel = 1, .stride = 1};
    must(nn_table_add(table, identity, &at));
    must(arm_head_build(table, kind, at, r, variant, h->classes));
    return table;
}

typedef struct pair {
    const char *row, *suffix;
    const double *values, *gradients;
} pair;
enum { PAIRS = 6 };

static void list_pairs(const head *h, pair pairs[PAIRS])
{
    const arm_reference_weights *w = &h->weights, *d = &h->gradients;
    const pair list[PAIRS] = {{"arm.de_albino", "weight", w->de_albino, d->de_albino},
                              {"arm.bn", "weight", w->bn_weight, d->bn_weight},
                              {"arm.bn", "bias", w->bn_bias, d->bn_bias},
                              {"arm", "alpha", w->alpha, d->alpha},
                              {"fc", "weight", w->fc_weight, d->fc_weight},
                              {"fc", "bias", w->fc_bias, d->fc_bias}};
    memcpy(pairs, list, sizeof list);
}

static void fill(nn_params *params, const head *h)
{
    pair pairs[PAIRS];
    list_pairs(h, pairs);
    for (size_t i = 0; i < PAIRS; i++) {
        nn_param *p = nn_params_find(params, pairs[i].row, pairs[i].suffix);
        for (size_t k = 0; p && k < p->count; k++) p->value[k] = (float)pairs[i].values[k];
    }
    nn_param *generic = nn_params_find(params, "arm", "generic"), *one = nn_params_find(params, "identity", "weight");
    for (size_t k = 0; generic && k < generic->count; k++) generic->value[k] = (float)h->running.generic[k];
    for (size_t i = 0; i < h->geometry.channels; i++) one->value[i * h->geometry.channels + i] = 1;
    params->version++;
}

static void assert_floats(const char *what, const float *got, const double *expected, size_t count, double floor)
{
    double scale = fmax(largest(expected, count), floor);
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - expected[i]) <= 1e-4 * scale))
            fail_msg("%s[%zu]: %.8g, expected %.8g", what, i, (double)got[i], expected[i]);
}

static void check_gradients(const head *h, const nn_params *params)
{
    pair pairs[PAIRS];
    double *identity = doubles(h->geometry.channels * h->geometry.channels);
    list_pairs(h, pairs);
    for (size_t i = 0; i < PAIRS; i++) {
        const nn_param *p = nn_params_find(params, pairs[i].row, pairs[i].suffix);
        if (p) assert_floats(p->name, p->gradient, pairs[i].gradients, p->count, 1e-2);
    }
    identity_gradient(h, identity);
    const nn_param *p = nn_params_find(params, "identity", "weight");
    assert_floats("gradient of x", p->gradient, identity, p->count, 1e-2);
    mem_free(identity);
}

static void put_pixels(const head *h, float *pixels)
{
    size_t c = h->geometry.channels, map = h->geometry.height * h->geometry.width;
    for (size_t i = 0; i < h->batch * c * map; i++)
        pixels[(i / (c * map) * map + i % map) * c + i / map % c] = (float)h->x[i];
}

static void check(size_t r, const arm_variant *variant, arm_head kind, nn_affinity affinity)
{
    const loss_options plain = {0, NULL};
    head h = head_random_variant(3, 16, 3, 4, r, 5, variant);
    nn_table *table = table_of(&h, kind, r, variant);
    nn_plan *plan = NULL;
    nn_params params;
    arm_reference *a = NULL;
    float targets[3 * 5], logits[3 * 5];
    for (size_t i = 0; i < 15; i++) targets[i] = (float)h.target[i];
    must(nn_params_create(table, &params));
    fill(&params, &h);
    must(nn_plan_create(table, &params, &(nn_plan_options){.batch = 3, .type = NN_F32, .training = true}, &plan));
    put_pixels(&h, nn_plan_pixels(plan));
    must(nn_plan_forward(plan, 3, true));
    memcpy(logits, nn_plan_logits(plan), sizeof logits); /* the backward pass may use their place */
    nn_cross_entropy(logits, targets, 3, 5, &plain, nn_plan_logits_gradient(plan));
    must(nn_plan_backward(plan));

    must(arm_reference_create(&h.geometry, h.batch, h.classes, affinity, &a));
    a->mode = variant->generic;
    must(arm_reference_train(a, &h.weights, &h.running, h.x));
    must(arm_reference_backward(a, &h.weights, h.target, &h.gradients, h.x_gradient));
    assert_floats("logits", logits, a->logits, 15, 0);
    check_gradients(&h, &params);
    const nn_param *generic = nn_params_find(&params, "arm", "generic");
    if (generic) assert_floats("running generic", generic->value, h.running.generic, h.outputs, 0);
    arm_reference_free(a);
    nn_plan_free(plan);
    nn_params_free(&params);
    mem_free(table);
    head_free(&h);
}

static void test_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAD_VARIANTS; i++) {
        arm_variant variant = head_variants[i].variant;
        for (int generic = NN_GENERIC_GRADIENT; generic <= NN_GENERIC_RUNNING; generic++) {
            variant.generic = (nn_generic)generic;
            check(head_variants[i].r, &variant, ARM_HEAD_EMA, NN_AFFINITY_EMA);
            check(head_variants[i].r, &variant, ARM_HEAD_NONE, NN_AFFINITY_NONE);
            if (generic != NN_GENERIC_RUNNING) check(head_variants[i].r, &variant, ARM_HEAD_BATCH, NN_AFFINITY_BATCH);
        }
    }
}

static void test_no_running_mean(void **state)
{
    (void)state;
    head h = head_random(1, 16, 3, 4, 2, 5);
    nn_table *table = table_of(&h, ARM_HEAD_EMA, 2, NULL);
    const arm_variant running = {.generic = NN_GENERIC_RUNNING};
    assert_int_equal(arm_head_build(table, ARM_HEAD_BATCH, 1, 2, &running, 5).code, AMEND_BAD_ARGUMENT);
    mem_free(table);
    head_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_variants), cmocka_unit_test(test_no_running_mean)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
