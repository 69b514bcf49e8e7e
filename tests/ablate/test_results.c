/* results.csv: what is written is read again; what is not a line of results is refused with its place. */
#include "support.h"

#include "ablate/results.h"
#include "base/mem.h"

static const ablate_result done = {.row = "ARM (ema)",
                                   .seed = 3,
                                   .recipe = 0x00c0ffee00000001u,
                                   .data = 0x00000000000000feu,
                                   .measured = 0x00000000000000fdu,
                                   .split = "test",
                                   .top1 = 0.8125,
                                   .mean_class = 0.75,
                                   .macro_f1 = 0.7,
                                   .ece = 0.05,
                                   .count = 3200,
                                   .seconds = 12.5,
                                   .images_per_second = 640.5,
                                   .planned_bytes = 123456789,
                                   .parameters = 700163,
                                   .processor = "a processor",
                                   .date = "2026-01-31T12:00:00Z"};
static const ablate_result failed = {.row = "r 16",
                                     .seed = 1,
                                     .recipe = 7,
                                     .split = "valid",
                                     .failed = true,
                                     .date = "2026-01-31T12:00:01Z",
                                     .message = "does not divide"};

static amend_status read_text(const char *text, ablate_results *results)
{
    write_bytes(in_test_folder("results.csv"), text, strlen(text));
    return results_read(in_test_folder("results.csv"), results);
}

static void there_and_back(void **state)
{
    ablate_results before = {0}, after = {0};
    (void)state;
    assert_ok(results_set(&before, &done));
    assert_ok(results_set(&before, &failed));
    assert_ok(results_write(&before, in_test_folder("r.csv")));
    assert_ok(results_read(in_test_folder("r.csv"), &after));
    assert_int_equal(after.count, 2);
    assert_memory_equal(&after.items[0], &done, sizeof done);
    assert_memory_equal(&after.items[1], &failed, sizeof failed);
    results_free(&after);
    assert_ok(results_read(in_test_folder("none.csv"), &after));
    assert_int_equal(after.count, 0);
    results_free(&before);
}

/* Each allocation in turn; nothing leaks. */
static void out_of_memory(void **state)
{
    size_t failures = 0;
    amend_status status = {AMEND_NO_MEMORY, ""};
    (void)state;
    while (status.code) {
        ablate_results all = {0};
        mem_fail_at(failures + 1);
        status = results_read(in_test_folder("r.csv"), &all);
        mem_fail_at(0);
        if (status.code) assert_int_equal(status.code, AMEND_NO_MEMORY);
        failures += status.code != AMEND_OK;
        results_free(&all);
    }
    assert_int_equal(failures, 2); /* of two lines */
}

static void one_line_a_run(void **state)
{
    ablate_results all = {0};
    ablate_result again = done, other_split = done, other_seed = done;
    (void)state;
    again.top1 = 0.5;
    strcpy(other_split.split, "valid");
    other_seed.seed = 4;
    assert_ok(results_set(&all, &done));
    assert_ok(results_set(&all, &other_split));
    assert_ok(results_set(&all, &other_seed));
    assert_ok(results_set(&all, &again));
    assert_int_equal(all.count, 3);
    assert_true(results_find(&all, done.row, 3, "test")->top1 == 0.5);
    assert_null(results_find(&all, done.row, 3, "train"));
    assert_null(results_find(&all, "ARM", 3, "test"));
    results_free(&all);
}

#define HEADER                                                                                                         \
    "row,seed,recipe,split,status,top1,mean_class,macro_f1,ece,count,seconds,images_per_second,planned_bytes,"         \
    "parameters,processor,date,message\n"
#define GOOD "a,1,00000000000000ff,test,done,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n"

static void bad_lines(void **state)
{
    static const char *const bad[] = {
        "a,x,00000000000000ff,test,done,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,ff,test,done,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000fg,test,done,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,half,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,done,1.5,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,done,nan,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,done,,0.5,0.5,0.1,10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,done,0.5,0.5,0.5,0.1,-10,1.5,20,100,50,p,d,\n",
        "a,1,00000000000000ff,test,done,0.5,0.5,0.5,0.1,10,1.5,20,100,50,p\n",
        "a,1,00000000000000ff,test,done,0.5,0.5,0.5,0.1,10,1.",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[1024];
        ablate_results all = {0};
        snprintf(text, sizeof text, HEADER GOOD "%s", bad[i]);
        assert_refused(read_text(text, &all), AMEND_BAD_DATA, "results.csv:3: ");
        results_free(&all);
    }
    ablate_results all = {0};
    assert_refused(read_text("row,seed\na,1\n", &all), AMEND_BAD_DATA, "no column 'recipe'");
    results_free(&all);
}

/* Columns may stand in another order, beside others, and names may be longer than any row's. */
static void strangers_lines(void **state)
{
    char text[5000], name[1000];
    ablate_results all = {0};
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, HEADER "%s,1,00000000000000ff,testing a split,failed,,,,,,,,,,%s,%s,%s\n", name, name,
             name, name);
    assert_ok(read_text(text, &all));
    assert_int_equal(strlen(all.items[0].row), ABLATE_NAME - 1);
    assert_string_equal(all.items[0].split, "testing");
    assert_int_equal(strlen(all.items[0].message), sizeof all.items[0].message - 1);
    results_free(&all);
}

/* Results of older versions do not say on which data. */
static void data_may_be_unknown(void **state)
{
    static const char *const files[] = {"docs/ablation-ferplus.csv", "docs/ablation-ferplus-full.csv",
                                        "docs/ablation-fer2013.csv"};
    static const size_t lines[] = {43, 2, 6};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ablate_results all = {0};
        assert_ok(results_read(files[i], &all));
        assert_int_equal(all.count, lines[i]);
        assert_true(all.items[0].data == 0);
        results_free(&all);
    }
}

static void fields(void **state)
{
    char field[8];
    (void)state;
    results_field(field, sizeof field, "a,\"b\"\n\x7f");
    assert_string_equal(field, "a;'b'  ");
    results_field(field, sizeof field, "abcdef\xc3\xa9"); /* has no room for the last character */
    assert_string_equal(field, "abcdef");
    results_field(field, sizeof field, "abcde\xc3\xa9");
    assert_string_equal(field, "abcde\xc3\xa9");
    results_field(field, sizeof field, "\xff\xc3");
    assert_string_equal(field, "??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),  cmocka_unit_test(out_of_memory),
                                       cmocka_unit_test(one_line_a_run),  cmocka_unit_test(bad_lines),
                                       cmocka_unit_test(strangers_lines), cmocka_unit_test(data_may_be_unknown),
                                       cmocka_unit_test(fields)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
