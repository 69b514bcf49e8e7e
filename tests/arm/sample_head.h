/* A whole ARM head in double, with its batch, for the tests of this room: read from a file of tests/data/arm (computed
 * in double precision by PyTorch's autograd, stored as f32) or drawn at random. */
#ifndef ARM_SAMPLE_HEAD_H
#define ARM_SAMPLE_HEAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arm/reference.h"
#include "base/mem.h"
#include "base/rng.h"
#include "weights/safetensors.h"

typedef struct head {
    arm_geometry geometry;
    size_t batch, classes, outputs;
    arm_reference_weights weights, gradients;
    arm_reference_state running;
    double *x, *x_gradient; /* [N][C][h][w] */
    double *target;         /* [N][K] */
} head;

/* What a head computes gradients for, under the names of the files; x last. */
typedef struct head_array {
    const char *name;
    double *values, *gradients;
    size_t count;
} head_array;
enum { HEAD_ARRAYS = 7 };

static inline void must(amend_status st)
{
    if (st.code) fail_msg("%s", st.message);
}

static inline double *doubles(size_t count)
{
    double *values = NULL;
    must(mem_alloc(&values, count, sizeof *values, "test values"));
    return values;
}

static inline arm_reference_weights weights_make(const arm_geometry *g, size_t classes)
{
    return (arm_reference_weights){
        .de_albino = doubles(arm_geometry_taps(g)),
        .bn_weight = doubles(g->planes),
        .bn_bias = doubles(g->planes),
        .alpha = doubles(1),
        .fc_weight = doubles(classes * arm_geometry_outputs(g)),
        .fc_bias = doubles(classes),
    };
}

static inline void weights_free(arm_reference_weights *w)
{
    mem_free(w->de_albino);
    mem_free(w->bn_weight);
    mem_free(w->bn_bias);
    mem_free(w->alpha);
    mem_free(w->fc_weight);
    mem_free(w->fc_bias);
}

/* All zeros. */
static inline head head_make(size_t batch, size_t channels, size_t height, size_t width, size_t r, size_t classes,
                             const arm_variant *variant)
{
    head h = {.batch = batch, .classes = classes};
    must(arm_geometry_make(channels, height, width, r, variant, &h.geometry));
    h.outputs = arm_geometry_outputs(&h.geometry);
    h.weights = weights_make(&h.geometry, classes);
    h.gradients = weights_make(&h.geometry, classes);
    h.running.running_mean = doubles(h.geometry.planes);
    h.running.running_var = doubles(h.geometry.planes);
    h.running.generic = doubles(h.outputs);
    h.x = doubles(batch * arm_geometry_features(&h.geometry));
    h.x_gradient = doubles(batch * arm_geometry_features(&h.geometry));
    h.target = doubles(batch * classes);
    return h;
}

static inline void head_free(head *h)
{
    weights_free(&h->weights);
    weights_free(&h->gradients);
    mem_free(h->running.running_mean);
    mem_free(h->running.running_var);
    mem_free(h->running.generic);
    mem_free(h->x);
    mem_free(h->x_gradient);
    mem_free(h->target);
}

static inline void head_list(const head *h, head_array arrays[HEAD_ARRAYS])
{
    const arm_geometry *g = &h->geometry;
    const arm_reference_weights *w = &h->weights, *d = &h->gradients;
    const head_array list[HEAD_ARRAYS] = {
        {"de_albino", w->de_albino, d->de_albino, arm_geometry_taps(g)},
        {"bn_weight", w->bn_weight, d->bn_weight, g->planes},
        {"bn_bias", w->bn_bias, d->bn_bias, g->planes},
        {"alpha", w->alpha, d->alpha, 1},
        {"fc_weight", w->fc_weight, d->fc_weight, h->classes * h->outputs},
        {"fc_bias", w->fc_bias, d->fc_bias, h->classes},
        {"x", h->x, h->x_gradient, h->batch * arm_geometry_features(g)},
    };
    memcpy(arrays, list, sizeof list);
}

/* Normal numbers; positive variances; soft targets. */
static inline head head_random_variant(size_t batch, size_t channels, size_t height, size_t width, size_t r,
                                       size_t classes, const arm_variant *variant)
{
    head h = head_make(batch, channels, height, width, r, classes, variant);
    rng random = rng_make(7, channels, height * width);
    head_array arrays[HEAD_ARRAYS];
    head_list(&h, arrays);
    for (size_t i = 0; i < HEAD_ARRAYS; i++)
        for (size_t j = 0; j < arrays[i].count; j++) arrays[i].values[j] = rng_normal(&random);
    for (size_t p = 0; p < h.geometry.planes; p++) h.running.running_mean[p] = rng_normal(&random);
    for (size_t p = 0; p < h.geometry.planes; p++) h.running.running_var[p] = rng_between(&random, 0.5, 20);
    for (size_t o = 0; o < h.outputs; o++) h.running.generic[o] = rng_normal(&random);
    for (size_t n = 0; n < batch; n++) {
        double sum = 0, *row = h.target + n * classes;
        for (size_t k = 0; k < classes; k++) sum += row[k] = rng_uniform(&random);
        for (size_t k = 0; k < classes; k++) row[k] /= sum;
    }
    return h;
}

static inline head head_random(size_t batch, size_t channels, size_t height, size_t width, size_t r, size_t classes)
{
    return head_random_variant(batch, channels, height, width, r, classes, NULL);
}

/* Heads that are not the paper's: each with the arrangement that it is to be tried with. */
static const struct head_variant {
    size_t r;
    arm_variant variant;
} head_variants[] = {
    {1, {ARM_ONE_KERNEL, 0, 0, NN_GENERIC_GRADIENT, 0}},     {1, {ARM_NO_KERNEL, 0, 0, NN_GENERIC_GRADIENT, 0}},
    {2, {ARM_NO_KERNEL, 0, 0, NN_GENERIC_GRADIENT, 0}},      {2, {ARM_KERNEL_A_PLANE, 0, 0, NN_GENERIC_GRADIENT, 0}},
    {2, {ARM_KERNEL_A_PLANE, 3, 2, NN_GENERIC_GRADIENT, 0}}, {2, {ARM_ONE_KERNEL, 2, 3, NN_GENERIC_GRADIENT, 0}},
    {2, {ARM_ONE_KERNEL, 0, 0, NN_GENERIC_RUNNING, 0}},
};
enum { HEAD_VARIANTS = sizeof head_variants / sizeof *head_variants };

static inline const tensor_view *file_tensor(const safetensors *file, const char *name)
{
    const tensor_view *view = safetensors_find(file, name);
    if (!view) fail_msg("%s: no tensor %s", safetensors_path(file), name);
    return view;
}

static inline void file_values(const safetensors *file, const char *name, double *values, size_t count)
{
    const tensor_view *view = file_tensor(file, name);
    size_t stored = 1;
    for (size_t i = 0; i < view->dims; i++) stored *= view->shape[i];
    assert_int_equal(view->type, TENSOR_F32);
    assert_int_equal(stored, count);
    for (size_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, (const char *)view->data + i * sizeof value, sizeof value);
        values[i] = value;
    }
}

static inline void file_target(const safetensors *file, const head *h)
{
    const tensor_view *view = file_tensor(file, "in.target");
    assert_int_equal(view->type, TENSOR_I64);
    assert_int_equal(view->shape[0], h->batch);
    for (size_t n = 0; n < h->batch; n++) {
        int64_t label;
        memcpy(&label, (const char *)view->data + n * sizeof label, sizeof label);
        assert_in_range(label, 0, h->classes - 1);
        h->target[n * h->classes + (size_t)label] = 1;
    }
}

/* The `in.*` of a file; target is one class an image. */
static inline head head_read(const safetensors *file)
{
    const size_t *x = file_tensor(file, "in.x")->shape;
    const size_t r = file_tensor(file, "in.de_albino")->shape[2] / 2,
                 classes = file_tensor(file, "in.fc_bias")->shape[0];
    head h = head_make(x[0], x[1], x[2], x[3], r, classes, NULL);
    head_array arrays[HEAD_ARRAYS];
    head_list(&h, arrays);
    for (size_t i = 0; i < HEAD_ARRAYS; i++) {
        char name[64];
        snprintf(name, sizeof name, "in.%s", arrays[i].name);
        file_values(file, name, arrays[i].values, arrays[i].count);
    }
    file_values(file, "in.running_mean", h.running.running_mean, h.geometry.planes);
    file_values(file, "in.running_var", h.running.running_var, h.geometry.planes);
    file_values(file, "in.generic", h.running.generic, h.outputs);
    file_target(file, &h);
    return h;
}

static inline double largest(const double *values, size_t count)
{
    double top = 0;
    for (size_t i = 0; i < count; i++) top = fmax(top, fabs(values[i]));
    return top;
}

/* |got - expected| <= tolerance * the largest expected magnitude */
static inline void assert_close(const char *what, const double *got, const double *expected, size_t count,
                                double tolerance)
{
    double scale = largest(expected, count);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - expected[i]) <= tolerance * scale))
            fail_msg("%s[%zu]: %.12g, expected %.12g (largest %.3g)", what, i, got[i], expected[i], scale);
}

#endif
