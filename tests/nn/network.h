/* Small networks, random batches and tolerances for the tests of nn and train. */
#ifndef TESTS_NN_NETWORK_H
#define TESTS_NN_NETWORK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/head.h"
#include "backbone/backbone.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/loss.h"
#include "nn/plan.h"
#include "train/trainer.h"

static inline void must(amend_status st)
{
    if (st.code) fail_msg("%s", st.message);
}

static inline float *floats(size_t count)
{
    float *values = NULL;
    must(mem_alloc(&values, count, sizeof *values, "test values"));
    return values;
}

static inline nn_table *table_begin(size_t height, size_t width, size_t channels)
{
    nn_table *table = NULL;
    must(mem_alloc(&table, 1, sizeof *table, "test table"));
    must(nn_table_begin(table, height, width, channels));
    return table;
}

/* Appends `row`; its name is its index when it has none. */
static inline size_t table_add(nn_table *table, nn_row row)
{
    size_t index = 0;
    if (!row.name[0]) snprintf(row.name, sizeof row.name, "row%zu", table->count);
    must(nn_table_add(table, row, &index));
    return index;
}

static inline nn_table *table_resnet(bool small_stem, double width, size_t size, size_t channels, arm_head head,
                                     size_t r, size_t classes)
{
    const backbone_options options = {BACKBONE_RESNET18, small_stem, width};
    nn_table *table = table_begin(size, size, channels);
    size_t features = 0;
    must(backbone_build(table, &options, &features));
    must(arm_head_build(table, head, features, r, NULL, classes));
    return table;
}

static inline trainer_options adam_options(size_t batch, nn_type type)
{
    return (trainer_options){
        .batch = batch,
        .type = type,
        .optimizer = {.kind = OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 1e-4},
        .schedule = {.kind = SCHEDULE_EXPONENTIAL, .rate = 1e-3, .factor = 1, .epochs = 100},
        .decay_all = true};
}

/* Normal numbers, and targets that sum to 1. */
static inline data_batch batch_random(uint64_t seed, size_t count, size_t sample, size_t classes)
{
    data_batch batch = {.pixels = floats(count * sample), .targets = floats(count * classes), .count = count};
    rng random = rng_make(seed, 1, 2);
    for (size_t i = 0; i < count * sample; i++) batch.pixels[i] = (float)rng_normal(&random);
    for (size_t n = 0; n < count; n++) {
        float sum = 0, *row = batch.targets + n * classes;
        for (size_t k = 0; k < classes; k++) sum += row[k] = (float)rng_uniform(&random);
        for (size_t k = 0; k < classes; k++) row[k] /= sum;
    }
    return batch;
}

static inline void batch_free(data_batch *batch)
{
    mem_free(batch->pixels);
    mem_free(batch->targets);
}

static inline double norm_of(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

/* |got - expected| / |expected|, as vectors */
static inline double distance(const float *got, const float *expected, size_t count)
{
    double sum = 0, norm = norm_of(expected, count);
    for (size_t i = 0; i < count; i++)
        sum += ((double)got[i] - (double)expected[i]) * ((double)got[i] - (double)expected[i]);
    return norm > 0 ? sqrt(sum) / norm : sqrt(sum);
}

static inline void assert_distance(const char *what, const float *got, const float *expected, size_t count,
                                   double tolerance)
{
    double found = distance(got, expected, count);
    if (!(found <= tolerance)) fail_msg("%s: relative distance %.3g, above %.3g", what, found, tolerance);
}

#endif
