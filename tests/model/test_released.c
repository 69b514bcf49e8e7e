/* The released models keep what their cards promise: size, cost, and a smile that is one. */
#include "support.h"

#include <omp.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "model/model.h"

static const struct {
    const char *path;
    long bytes;      /* at most */
    size_t products; /* multiply-adds of an image, at most */
} released[] = {
    {"models/" MODEL_RELEASED, 25000000, 312300000},
    {"models/ferplus-tiny.safetensors", 2000000, 31230000},
};
enum { RELEASED = sizeof released / sizeof *released };

/* Of the backbone and of the folded head. */
static size_t count_products(const model_description *d)
{
    nn_table *table = NULL;
    size_t features, products = 0;
    assert_ok(mem_alloc(&table, 1, sizeof *table, "network"));
    assert_ok(description_backbone(d, table, &features));
    for (size_t i = 1; i <= features; i++) products += nn_row_products(table, i);
    products += d->classes * nn_shape_count(table->shapes[features]);
    mem_free(table);
    return products;
}

static void size_and_cost(void **state)
{
    (void)state;
    for (size_t i = 0; i < RELEASED; i++) {
        struct stat file;
        amend_model *model;
        assert_int_equal(stat(released[i].path, &file), 0);
        assert_in_range(file.st_size, 1, released[i].bytes);
        assert_ok(model_open(released[i].path, &model));
        assert_in_range(count_products(model_describe(model)), 1, released[i].products);
        assert_non_null(strstr(model_describe(model)->figures, "FER+ valid"));
        assert_true(model_describe(model)->temperature > 0.5 && model_describe(model)->temperature < 2);
        amend_model_free(model);
    }
}

static void a_smile(void **state)
{
    static const char *const labels[] = {"neutral", "happiness", "surprise", "sadness",
                                         "anger",   "disgust",   "fear",     "contempt"};
    const amend_box face = {164, 72, 118, 118};
    amend_image photo = {0};
    (void)state;
    assert_ok(amend_image_open("tests/data/astronaut.png", &photo));
    for (size_t i = 0; i < RELEASED; i++) {
        amend_model *model;
        float probabilities[AMEND_MAX_CLASSES];
        assert_ok(amend_model_open(released[i].path, &model));
        assert_int_equal(amend_model_classes(model), 8);
        for (size_t k = 0; k < 8; k++) assert_string_equal(amend_model_label(model, k), labels[k]);
        assert_ok(amend_model_predict(model, &photo, &face, probabilities));
        if (probabilities[1] < 0.9f) fail_msg("%s: happiness %g", released[i].path, (double)probabilities[1]);
        amend_model_free(model);
    }
    amend_image_free(&photo);
}

typedef struct caller {
    amend_model *model;
    const amend_image *photo;
    float probabilities[AMEND_MAX_CLASSES];
    int threads; /* that it has behind the call */
    amend_status status;
} caller;

static void *call_with_more(void *data)
{
    caller *c = data;
    omp_set_num_threads(8);
    c->status = amend_model_predict(c->model, c->photo, NULL, c->probabilities);
    c->threads = omp_get_max_threads();
    return NULL;
}

/* oneDNN's scratchpads are for the threads that there were when the model was opened. */
static void callers_with_more_threads(void **state)
{
    amend_image photo = {0};
    float alone[AMEND_MAX_CLASSES];
    int threads = omp_get_max_threads();
    caller c = {.photo = &photo};
    pthread_t thread;
    (void)state;
    assert_ok(amend_image_open("tests/data/astronaut.png", &photo));
    omp_set_num_threads(1);
    assert_ok(amend_model_open(released[0].path, &c.model));
    assert_ok(amend_model_predict(c.model, &photo, NULL, alone));
    assert_int_equal(pthread_create(&thread, NULL, call_with_more, &c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    omp_set_num_threads(threads);
    assert_ok(c.status);
    assert_int_equal(c.threads, 8); /* the caller's own again */
    for (size_t k = 0; k < 8; k++) assert_float_equal(c.probabilities[k], alone[k], 1e-6);
    amend_model_free(c.model);
    amend_image_free(&photo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_and_cost),
        cmocka_unit_test(a_smile),
        cmocka_unit_test(callers_with_more_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
