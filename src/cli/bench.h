/* What the parts of `amend bench` share. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include <stdbool.h>

#include "model/description.h"
#include "train/recipe.h"

typedef struct bench_request {
    model_description network; /* as the options say, for a network with random weights */
    const char *model;         /* infer: a model file instead, or NULL */
    nn_type type;
    bool best_type; /* infer: the fastest precision instead */
    size_t batch;
    double seconds; /* to spend on each of the two: network and floor */
} bench_request;

typedef struct bench_times {
    double median, low, high; /* seconds; low and high are quartiles */
} bench_times;

typedef struct bench_result {
    const char *what; /* "training step", "inference" */
    nn_type type;
    size_t batch;
    bench_times times, floor; /* of the network, of its convolutions alone */
    double ratio;             /* median over rounds, each with its own floor: what else the machine does cancels out */
    double flops;             /* operations of the convolutions */
    double call;              /* seconds of amend_model_predict on a photo in memory; 0: not measured */
    size_t planned, peak;     /* bytes: of the network; of the process before any floor was measured */
} bench_result;

/* Fills times, floor, ratio and flops of *result, for a table, batch and type: for `seconds`, in rounds, run(data) and
 * the floor by turns. trained: the parameters of a training step; NULL: of inference. */
amend_status bench_rounds(amend_status (*run)(void *data), void *data, const nn_table *table, const nn_params *trained,
                          double seconds, bench_result *result) AMEND_MUST_USE;

/* Calls run(data) for `seconds`, at least once. */
amend_status bench_time(amend_status (*run)(void *data), void *data, double seconds, bench_times *times) AMEND_MUST_USE;

/* The middle of `count` values and their quartiles; sorts them. */
bench_times bench_summary(double *values, size_t count);

size_t bench_peak_bytes(void); /* that the process has held so far */

amend_status bench_train(const bench_request *request, bench_result *result) AMEND_MUST_USE;
amend_status bench_infer(const bench_request *request, bench_result *result) AMEND_MUST_USE;

/* Opens the training split of `data` as a recipe does and loads epochs of it for `seconds`; prints as bench_print. */
amend_status bench_load(const char *data, const recipe *recipe, double seconds, const char *json) AMEND_MUST_USE;

/* A table on standard output, or JSON in the file `json` ("-": standard output). */
amend_status bench_print(const bench_result *result, const char *json) AMEND_MUST_USE;

#endif
