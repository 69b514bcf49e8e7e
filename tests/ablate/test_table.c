/* The table from known results: figures by hand, pairs by seed, remarks, and what each file says. */
#include "fontconfig.h"
#include "support.h"

#include <math.h>
#include <unistd.h>

#include "ablate/table.h"
#include "base/mem.h"
#include "train/identity.h"

static ablate_plan plan;   /* large */
static ablate_table table; /* large */
static ablate_results results;
static char text[1 << 14];

static ablate_result result_of(size_t row, size_t seed, double top1)
{
    ablate_result r = {.seed = seed,
                       .split = "test",
                       .top1 = top1,
                       .mean_class = 0.5,
                       .count = 200,
                       .seconds = 10,
                       .images_per_second = 100,
                       .planned_bytes = 25000000,
                       .parameters = 700};
    const recipe wanted = plan_recipe(&plan.rows[row], seed);
    strcpy(r.row, plan.rows[row].name);
    assert_ok(run_hash(&wanted, &r.recipe));
    return r;
}

static void add(size_t row, size_t seed, double top1)
{
    ablate_result r = result_of(row, seed, top1);
    assert_ok(results_set(&results, &r));
}

/* Four rows: a baseline, one with three seeds in common, one with one, one that failed. */
static int set_up(void **state)
{
    plan_start(&plan);
    assert_ok(plan_add(&plan, "gap @ 1-4", "model.head=gap"));
    assert_ok(plan_add(&plan, "ARM_r & co @ 1-3", "model.head=ema"));
    assert_ok(plan_add(&plan, "batch @ 4,5", "model.head=batch"));
    assert_ok(plan_add(&plan, "r 64 @ 1", "model.arrangement=64"));
    assert_ok(plan_finish(&plan, NULL));
    results = (ablate_results){0};
    for (size_t seed = 1; seed <= 4; seed++) add(0, seed, 0.4 + 0.01 * (double)seed);
    for (size_t seed = 3; seed >= 1; seed--) add(1, seed, 0.4 + 0.02 * (double)seed); /* 1, 2, 3 points more */
    add(2, 4, 0.5);
    ablate_result failed = result_of(3, 1, 0);
    failed.failed = true;
    strcpy(failed.message, "64 does not fit");
    assert_ok(results_set(&results, &failed));
    assert_ok(table_make(&plan, &results, DATA_TEST, &table));
    return make_test_folder(state);
}

static int tear_down(void **state)
{
    results_free(&results);
    return remove_test_folder(state);
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) < 1e-9)) fail_msg("%.12g, expected %.12g", got, expected);
}

static void figures(void **state)
{
    const table_row *rows = table.rows;
    (void)state;
    assert_int_equal(table.count, 4);
    assert_int_equal(table.images, 200);
    assert_int_equal(rows[0].done, 4);
    assert_near(rows[0].mean, 0.425);
    assert_near(rows[0].deviation, 0.01 * sqrt(5.0 / 3));
    assert_int_equal(rows[0].difference.pairs, 0);
    /* Differences of 1, 2 and 3 points: see eval/test_paired.c. */
    assert_int_equal(rows[1].difference.pairs, 3);
    assert_near(rows[1].difference.difference, 0.02);
    assert_near(rows[1].difference.p, 1 - sqrt(12.0 / 14));
    /* One seed in common. */
    assert_int_equal(rows[2].done, 1);
    assert_int_equal(rows[2].missing, 1);
    assert_near(rows[2].difference.difference, 0.06);
    assert_true(isnan(rows[2].difference.low) && isnan(rows[2].deviation));
    assert_int_equal(rows[3].failed, 1);
    assert_int_equal(table_failed(&table), 1);
    assert_true(isnan(rows[3].mean) && isnan(rows[3].seconds));
}

static void print(void (*write)(const ablate_table *, FILE *), const ablate_table *t)
{
    FILE *stream = fmemopen(text, sizeof text, "w");
    assert_non_null(stream);
    write(t, stream);
    assert_int_equal(fclose(stream), 0);
}

static void assert_says(const char *part)
{
    if (!strstr(text, part)) fail_msg("'%s' is not in:\n%s", part, text);
}

static void for_people(void **state)
{
    (void)state;
    print(table_text, &table);
    assert_says("baseline");
    assert_says("+2.00    -0.48 to +4.48   0.0742        10     100.0       25.0\n");
    assert_says("batch: one seed in common with the baseline, so a difference without interval");
    assert_says("batch: 1 not run yet");
    assert_says("batch: measured one image at a time");
    assert_says("r 64: 1 failed, the first with seed 1: 64 does not fit");
    assert_says("200 images of the test split");
    assert_null(strstr(text, "nan"));
}

static void for_programs(void **state)
{
    (void)state;
    print(table_csv, &table);
    assert_says("ARM_r & co,3,0,0,0.440000,0.020000,0.500000,0.000000,0.000000,0.020000,-0.004841,0.044841,0.0741799,3,"
                "10.0,100.0,25000000,700\n");
    assert_says("batch,1,0,1,0.500000,,0.500000,0.000000,0.000000,0.060000,,,,1,10.0,100.0,25000000,700\n");
    assert_says("r 64,0,1,0,,,,,,,,,,0,,,,\n");
    print(table_latex, &table);
    assert_says("ARM\\_r \\& co & 3 & 44.00 $\\pm$ 2.00 & $+2.00$ & $[-0.48, +4.48]$ & 0.074 & 10 & 25 \\\\");
    assert_says("batch & 1 & 50.00 & $+6.00$$^*$ & -- & -- & 10 & 25 \\\\");
    assert_says("One common seed: no interval.");
}

static void as_json(void **state)
{
    (void)state;
    json_t *all = table_json(&table);
    assert_non_null(all);
    json_t *rows = json_object_get(all, "rows"), *arm = json_array_get(rows, 1), *failed = json_array_get(rows, 3);
    assert_int_equal(json_array_size(rows), 4);
    assert_string_equal(json_string_value(json_object_get(all, "baseline")), "gap");
    json_t *difference = json_object_get(arm, "difference");
    assert_near(json_real_value(json_object_get(difference, "p")), table.rows[1].difference.p);
    assert_int_equal(json_array_size(json_object_get(arm, "runs")), 3);
    assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "difference")));
    assert_true(json_is_null(json_object_get(failed, "top1")));
    assert_string_equal(json_string_value(json_object_get(failed, "message")), "64 does not fit");
    json_decref(all);
}

static void files(void **state)
{
    (void)state;
    assert_ok(table_files(&table, test_folder));
    assert_true(!access(in_test_folder("table.csv"), R_OK) && !access(in_test_folder("table.tex"), R_OK));
    amend_image picture = {0};
    assert_ok(amend_image_open(in_test_folder("table.png"), &picture));
    assert_true(picture.width > 400 && picture.height > 150);
    amend_image_free(&picture);
    assert_refused(table_files(&table, "/nonexistent"), AMEND_IO, "/nonexistent/table.csv");
}

/* As many points more with every seed, but for rounding; and no "-0.00". */
static void equal_differences(void **state)
{
    ablate_results equal = {0};
    ablate_table *t = NULL;
    (void)state;
    for (size_t seed = 1; seed <= 3; seed++) {
        ablate_result base = result_of(0, seed, (double)seed / 7), other = result_of(1, seed, (double)seed / 7 - 1e-6);
        assert_ok(results_set(&equal, &base));
        assert_ok(results_set(&equal, &other));
    }
    assert_ok(mem_alloc(&t, 1, sizeof *t, "table"));
    assert_ok(table_make(&plan, &equal, DATA_TEST, t));
    print(table_text, t);
    assert_says("ARM_r & co: the same difference with each of 3 seeds, so no interval");
    assert_says("+0.00                 -        -");
    assert_null(strstr(text, "-0.00"));
    mem_free(t);
    results_free(&equal);
}

/* As many images, but others. */
static void other_images(void **state)
{
    ablate_table *t = NULL;
    (void)state;
    assert_ok(mem_alloc(&t, 1, sizeof *t, "table"));
    for (int i = 0; i < 4; i++) {
        ablate_results all = {0};
        ablate_result one = result_of(0, 1, 0.5), two = result_of(0, 2, 0.5);
        one.measured = one.data = 5;
        two.measured = i == 1 ? 6 : i == 3 ? 0 : 5; /* 0: not known */
        two.data = i == 2 ? 6 : 5;
        assert_ok(results_set(&all, &one));
        assert_ok(results_set(&all, &two));
        assert_ok(table_make(&plan, &all, DATA_TEST, t));
        assert_true(t->images_differ == (i == 1) && t->data_differ == (i == 2));
        results_free(&all);
    }
    mem_free(t);
}

/* A line that another recipe made does not count, and is said; other numbers of images are said, too. */
static void strangers_lines(void **state)
{
    ablate_results others = {0};
    ablate_table *t = NULL;
    ablate_result one = result_of(0, 1, 0.5), two = result_of(0, 2, 0.5);
    (void)state;
    two.count = 100;
    assert_ok(results_set(&others, &one));
    assert_ok(results_set(&others, &two));
    one.seed = 3; /* with the hash of seed 1 */
    assert_ok(results_set(&others, &one));
    assert_ok(mem_alloc(&t, 1, sizeof *t, "table"));
    assert_ok(table_make(&plan, &others, DATA_TEST, t));
    assert_int_equal(t->rows[0].done, 2);
    assert_int_equal(t->rows[0].others, 1);
    print(table_text, t);
    assert_says("gap: 1 left out, which another recipe made");
    assert_says("gap: 1 not run yet");
    assert_says("Not all runs were measured on the same images");
    assert_ok(table_make(&plan, &others, DATA_VALID, t));
    assert_int_equal(t->rows[0].done, 0);
    mem_free(t);
    results_free(&others);
}

/* A file that a recipe begins with counts by what is in it. */
static void files_by_content(void **state)
{
    const char *first = in_test_folder("first");
    recipe r = recipe_defaults();
    uint64_t one, same, other;
    (void)state;
    write_bytes(first, "weights", 7);
    strcpy(r.init, first);
    assert_ok(run_hash(&r, &one));
    write_bytes(in_test_folder("second"), "weights", 7);
    strcpy(r.init, in_test_folder("second"));
    assert_ok(run_hash(&r, &same));
    write_bytes(r.init, "Weights", 7);
    assert_ok(run_hash(&r, &other));
    assert_true(one == same && one != other);
    strcpy(r.init, "");
    strcpy(r.teacher, in_test_folder("first")); /* taught by the file is another run than from it */
    assert_ok(run_hash(&r, &other));
    assert_true(one != other);
    strcpy(r.teacher, "");
    strcpy(r.init, in_test_folder("none"));
    assert_int_equal(run_hash(&r, &other).code, AMEND_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures),      cmocka_unit_test(for_people),      cmocka_unit_test(for_programs),
        cmocka_unit_test(as_json),      cmocka_unit_test(files),           cmocka_unit_test(equal_differences),
        cmocka_unit_test(other_images), cmocka_unit_test(strangers_lines), cmocka_unit_test(files_by_content)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
