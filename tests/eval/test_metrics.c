/* Metrics against values worked out by hand, and the reports that carry them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "amend/image.h"
#include "base/mem.h"
#include "eval/metrics.h"
#include "eval/report.h"
#include "fontconfig.h"

enum { SAMPLES = 4, CLASSES = 3 };

/* The third class has no sample, but one prediction. */
static const float probabilities[SAMPLES * CLASSES] = {
    0.90f, 0.06f, 0.04f, /* right */
    0.92f, 0.05f, 0.03f, /* wrong, in the same calibration bin */
    0.20f, 0.70f, 0.10f, /* right */
    0.10f, 0.30f, 0.60f, /* wrong */
};
static const size_t labels[SAMPLES] = {0, 1, 1, 0};
static const char *const names[CLASSES] = {"angry", "happy", "sad"};

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) fail_msg("%.9g, expected %.9g", value, expected);
}

static eval_metrics measure(void)
{
    eval_metrics m;
    assert_int_equal(eval_measure(probabilities, labels, SAMPLES, CLASSES, &m).code, AMEND_OK);
    return m;
}

static void counts_by_hand(void **state)
{
    const size_t confusion[CLASSES * CLASSES] = {1, 0, 1, 1, 1, 0, 0, 0, 0};
    eval_metrics m = measure();
    (void)state;
    assert_memory_equal(m.confusion, confusion, sizeof confusion);
    assert_int_equal(m.count, SAMPLES);
    assert_near(m.top1, 0.5, 1e-12);
    assert_near(m.mean_class, 0.5, 1e-12);
    assert_near(m.macro_f1, (0.5 + 2.0 / 3) / 2, 1e-12);
    eval_metrics_free(&m);
}

static void classes_by_hand(void **state)
{
    eval_metrics m = measure();
    (void)state;
    assert_int_equal(m.per_class[1].count, 2);
    assert_near(m.per_class[1].precision, 1, 1e-12);
    assert_near(m.per_class[1].recall, 0.5, 1e-12);
    assert_near(m.per_class[1].f1, 2.0 / 3, 1e-12);
    assert_int_equal(m.per_class[2].count, 0);
    assert_near(m.per_class[2].precision, 0, 1e-12);
    assert_true(isnan(m.per_class[2].recall));
    eval_metrics_free(&m);
}

static void calibration_by_hand(void **state)
{
    eval_metrics m = measure();
    (void)state;
    /* Bin of 0.90 and 0.92: |1 - 1.82|; bin of 0.70: |1 - 0.7|; bin of 0.60: |0 - 0.6|. */
    assert_near(m.ece, (0.82 + 0.3 + 0.6) / 4, 1e-6);
    eval_metrics_free(&m);
}

static void interval_by_hand(void **state)
{
    const float sure[4] = {1, 0, 1, 0};
    const size_t zeros[2] = {0, 0};
    eval_metrics m = measure();
    (void)state;
    assert_near(m.top1_low, 0.150039, 1e-6); /* 2 of 4 */
    assert_near(m.top1_high, 0.849961, 1e-6);
    eval_metrics_free(&m);
    assert_int_equal(eval_measure(sure, zeros, 2, 2, &m).code, AMEND_OK);
    assert_near(m.top1_low, 2 / (2 + 3.841458821), 1e-6); /* all of n: n / (n + z^2) */
    assert_near(m.top1_high, 1, 1e-12);
    assert_near(m.ece, 0, 1e-12);
    eval_metrics_free(&m);
}

static void expect_refused(const float *row, size_t label, size_t count, amend_code code)
{
    eval_metrics m;
    amend_status status = eval_measure(row, &label, count, 2, &m);
    assert_int_equal(status.code, code);
    assert_true(status.message[0]);
    eval_metrics_free(&m);
}

static void refuses_bad_input(void **state)
{
    const float good[2] = {0.5f, 0.5f}, logits[2] = {3, -2}, unsummed[2] = {0.2f, 0.2f}, broken[2] = {NAN, 1};
    (void)state;
    expect_refused(good, 0, 0, AMEND_BAD_ARGUMENT);
    expect_refused(good, 2, 1, AMEND_BAD_ARGUMENT);
    expect_refused(logits, 0, 1, AMEND_BAD_ARGUMENT);
    expect_refused(unsummed, 0, 1, AMEND_BAD_ARGUMENT);
    expect_refused(broken, 0, 1, AMEND_NUMERIC);
}

static void survives_lack_of_memory(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        eval_metrics m;
        mem_fail_at(n);
        assert_int_equal(eval_measure(probabilities, labels, SAMPLES, CLASSES, &m).code, AMEND_NO_MEMORY);
        eval_metrics_free(&m);
    }
    mem_fail_at(0);
}

static eval_report make_report(const eval_metrics *m)
{
    eval_report report = {.metrics = m, .labels = names, .protocol = {.data = "faces", .split = "test", .seed = "7"}};
    return report;
}

/* What the report is as JSON, read back. */
static json_t *json_of(const eval_report *report)
{
    char path[] = "/tmp/amend-report-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    amend_status status = eval_report_write_json(report, path);
    json_t *object = json_load_file(path, 0, NULL);
    unlink(path);
    assert_int_equal(status.code, AMEND_OK);
    assert_non_null(object);
    return object;
}

static void json_has_its_keys(void **state)
{
    static const char *const keys[] = {"schema", "top1",      "top1_interval", "mean_class", "macro_f1", "ece",
                                       "count",  "confusion", "labels",        "per_class",  "protocol"};
    static const char *const fields[] = {"data",  "layout",    "split", "rule", "classes", "affinity",
                                         "input", "precision", "batch", "seed", "model"};
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    json_t *object = json_of(&report), *protocol;
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) assert_non_null(json_object_get(object, keys[i]));
    assert_int_equal(json_integer_value(json_object_get(object, "schema")), 1);
    protocol = json_object_get(object, "protocol");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) assert_non_null(json_object_get(protocol, fields[i]));
    assert_string_equal(json_string_value(json_object_get(protocol, "split")), "test");
    assert_true(json_is_null(json_object_get(protocol, "model")));
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(object, "per_class"), 2), "recall")));
    json_decref(object);
    eval_metrics_free(&m);
}

static void text_says_figures_and_protocol(void **state)
{
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    (void)state;
    assert_non_null(stream);
    assert_int_equal(eval_report_text(&report, stream).code, AMEND_OK);
    fclose(stream);
    assert_non_null(strstr(text, "50.00 %"));
    assert_non_null(strstr(text, "15.00 to 85.00"));
    assert_non_null(strstr(text, "faces"));
    assert_non_null(strstr(text, "happy"));
    free(text);
    eval_metrics_free(&m);
}

/* Of bytes that are no UTF-8 JSON has question marks. */
static void names_that_are_no_text(void **state)
{
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    (void)state;
    report.protocol.data = "d\xff";
    json_t *object = json_of(&report);
    assert_string_equal(json_string_value(json_object_get(json_object_get(object, "protocol"), "data")), "d?");
    json_decref(object);
    eval_metrics_free(&m);
}

static void refuses_bad_names(void **state)
{
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    amend_status status;
    (void)state;
    status = eval_report_write_json(&report, "/nonexistent/report.json");
    assert_int_equal(status.code, AMEND_IO);
    assert_non_null(strstr(status.message, "/nonexistent/report.json"));
    eval_metrics_free(&m);
}

static void picture_is_written(void **state)
{
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    char path[] = "/tmp/amend-picture-XXXXXX";
    int fd = mkstemp(path);
    amend_image image = {0};
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(eval_report_picture(&report, path).code, AMEND_OK);
    assert_int_equal(amend_image_open(path, &image).code, AMEND_OK);
    amend_image_free(&image);
    unlink(path);
    eval_metrics_free(&m);
}

/* Four of one class, one of another; the third is neither there nor predicted. */
static void classes_of_different_sizes(void **state)
{
    const float rows[5 * CLASSES] = {0.8f, 0.1f, 0.1f, 0.8f, 0.1f, 0.1f, 0.8f, 0.1f,
                                     0.1f, 0.1f, 0.8f, 0.1f, 0.1f, 0.8f, 0.1f};
    const size_t truth[5] = {0, 0, 0, 0, 1};
    eval_metrics m;
    (void)state;
    assert_int_equal(eval_measure(rows, truth, 5, CLASSES, &m).code, AMEND_OK);
    assert_near(m.top1, 4.0 / 5, 1e-12);
    assert_near(m.mean_class, (3.0 / 4 + 1) / 2, 1e-12);
    assert_near(m.macro_f1, (6.0 / 7 + 2.0 / 3) / 2, 1e-12);
    assert_true(isnan(m.per_class[2].precision) && isnan(m.per_class[2].f1));
    eval_metrics_free(&m);
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void json_says_the_figures(void **state)
{
    eval_metrics m = measure();
    eval_report report = make_report(&m);
    (void)state;
    m.mean_class = 0.25, m.macro_f1 = 0.75, m.ece = 0.125; /* no two alike */
    json_t *all = json_of(&report), *interval = json_object_get(all, "top1_interval");
    assert_near(number(all, "top1"), 0.5, 1e-8);
    assert_near(number(all, "mean_class"), 0.25, 1e-8);
    assert_near(number(all, "macro_f1"), 0.75, 1e-8);
    assert_near(number(all, "ece"), 0.125, 1e-8);
    assert_near(json_number_value(json_array_get(interval, 0)), m.top1_low, 1e-8);
    assert_near(json_number_value(json_array_get(interval, 1)), m.top1_high, 1e-8);
    for (size_t i = 0; i < CLASSES * CLASSES; i++) {
        const json_t *row = json_array_get(json_object_get(all, "confusion"), i / CLASSES);
        assert_int_equal(json_integer_value(json_array_get(row, i % CLASSES)), m.confusion[i]);
    }
    const json_t *happy = json_array_get(json_object_get(all, "per_class"), 1);
    assert_near(number(happy, "precision"), 1, 1e-8);
    assert_near(number(happy, "recall"), 0.5, 1e-8);
    assert_near(number(happy, "f1"), 2.0 / 3, 1e-8);
    json_decref(all);
    eval_metrics_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_of_different_sizes),
        cmocka_unit_test(json_says_the_figures),
        cmocka_unit_test(counts_by_hand),
        cmocka_unit_test(classes_by_hand),
        cmocka_unit_test(calibration_by_hand),
        cmocka_unit_test(interval_by_hand),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(json_has_its_keys),
        cmocka_unit_test(text_says_figures_and_protocol),
        cmocka_unit_test(names_that_are_no_text),
        cmocka_unit_test(refuses_bad_names),
        cmocka_unit_test(picture_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
