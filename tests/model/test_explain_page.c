/* Pages of evidence that no network gave: as many classes and as long names as there may be, zeros, huge numbers. */
#include "support.h"

#include <math.h>

#include "base/mem.h"
#include "fontconfig.h"
#include "model/explain_page.h"

enum { CLASSES = MODEL_MAX_CLASSES, SIDE = 3, R = 2, AREA = SIDE * SIDE, CHANNELS = 8 };

static double positions[CLASSES * AREA], pixels[CLASSES * AREA * R * R];
static float map[AREA * CHANNELS];
static model_description description = {.classes = CLASSES};
static amend_image photo;
static model_evidence evidence = {.shape = {CLASSES, CHANNELS, SIDE, SIDE, R},
                                  .field = {0.1, 1.0 / SIDE, 1},
                                  .view = {.box = {-20, -20, 100, 100}},
                                  .map = map,
                                  .pixels = pixels,
                                  .positions = positions};
static const explained face = {&description, &photo, &evidence};

static void fill(double value)
{
    for (size_t i = 0; i < CLASSES * AREA; i++) positions[i] = i % 2 ? value : -value;
    for (size_t i = 0; i < CLASSES * AREA * R * R; i++) pixels[i] = i % 2 ? value : -value;
    for (size_t k = 0; k < CLASSES; k++) evidence.logits[k] = value;
}

static int set_up(void **state)
{
    (void)state;
    for (size_t k = 0; k < CLASSES; k++) {
        memset(description.labels[k], 'W', MODEL_LABEL_SIZE - 1);
        evidence.probabilities[k] = 1.0f / CLASSES;
    }
    return image_create(&photo, 80, 60, 3).code ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    amend_image_free(&photo);
    return 0;
}

/* 0: the first `count` classes, 1: difference, 2: maps of an ARM head, 3: of a gap head. */
static amend_status draw(int kind, size_t count, amend_image *out)
{
    size_t all[CLASSES];
    double planes[CHANNELS * AREA] = {0}, erosion[AREA] = {0.5}, windows[4] = {0.25}, coverage[AREA * R * R] = {1};
    const model_maps maps = {planes, erosion, windows, coverage}, bare = {.erosion = erosion};
    arm_geometry g;
    for (size_t k = 0; k < CLASSES; k++) all[k] = k;
    TRY(arm_geometry_make(CHANNELS, SIDE, SIDE, R, &(arm_variant){.kernel = 4, .stride = 2}, &g));
    if (kind == 0) return explain_page_classes(&face, all, count, out);
    if (kind == 1) return explain_page_difference(&face, 0, CLASSES - 1, out);
    return kind == 2 ? explain_page_maps(&face, &g, &maps, 3, out) : explain_page_maps(&face, NULL, &bare, 3, out);
}

static void test_extremes(void **state)
{
    static const double values[] = {0, 1e-300, 1, 1e300};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int kind = 0; kind < 4; kind++) {
            amend_image out = {0};
            fill(values[i]);
            assert_ok(draw(kind, CLASSES, &out));
            assert_true(out.width >= 360 && out.height >= 360 && out.width < 4000);
            amend_image_free(&out);
        }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fill(1);
    for (int kind = 0; kind < 4; kind++) {
        amend_image out = {0};
        size_t n = 1;
        for (;; n++) {
            mem_fail_at(n);
            amend_status status = draw(kind, 2, &out);
            mem_fail_at(0);
            if (!status.code) break;
            assert_int_equal(status.code, AMEND_NO_MEMORY);
            assert_null(out.pixels);
        }
        assert_true(n > 2);
        amend_image_free(&out);
    }
}

static void test_order(void **state)
{
    size_t order[CLASSES];
    (void)state;
    evidence.probabilities[5] = 0.9f;
    evidence.probabilities[2] = 0.95f;
    model_evidence_order(&evidence, order);
    const size_t expected[] = {2, 5, 0, 1, 3, 4, 6};
    for (size_t i = 0; i < 7; i++) assert_int_equal(order[i], expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
