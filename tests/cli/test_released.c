/* The released models keep what their cards promise: size, cost, and a smile that is one. */
#include "support.h"

#include <sys/stat.h>

#include "cli/cost.h"
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

static void size_and_cost(void **state)
{
    (void)state;
    for (size_t i = 0; i < RELEASED; i++) {
        struct stat file;
        amend_model *model;
        network_cost cost;
        assert_int_equal(stat(released[i].path, &file), 0);
        assert_in_range(file.st_size, 1, released[i].bytes);
        assert_ok(model_open(released[i].path, &model));
        assert_ok(network_cost_of(model_describe(model), &cost));
        assert_in_range(cost.products, 1, released[i].products);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_and_cost),
        cmocka_unit_test(a_smile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
