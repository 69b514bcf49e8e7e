/* amend report: a page of a run, strangers' words in it, what is refused. */
#include <jansson.h>

#include "cli/command.h"

/* A class that would like to be more than a name; and what must stand in the page. */
#define HOSTILE "<b onload=x>&\\\"'"
static const char *const escaped = "&lt;b onload=x&gt;&amp;&quot;&#39;";

static char page[1 << 20];

/* A short run on drawn faces, one of whose classes has got a hostile name, as have notes and recipe. */
static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    assert_works("synth --out $T/set --count 70 --size 48");
    shell("for s in train valid test; do mv $T/set/$s/fear \"$T/set/$s/" HOSTILE "\"; done");
    assert_works("train --data $T/set --out $T/run model.width=0.25 model.size=32 model.arrangement=8 train.batch=8 "
                 "train.epochs=2");
    shell("echo 'note = </td><script>alert(1)</script>' >>$T/run/run.txt");
    shell("echo '; </pre><script>alert(2)</script>' >>$T/run/recipe.ini");
    return 0;
}

static void load_page(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    read_text(path, page, sizeof page);
}

static void check_page(const char *path, size_t wrong)
{
    char line[256];
    if (system("python3 -c 'import html.parser' 2>/dev/null")) {
        print_message("the page is not parsed: no python3 here\n");
        return;
    }
    snprintf(line, sizeof line, "python3 tests/cli/check_page.py $T/%s %zu", path, wrong);
    shell(line);
}

static size_t occurrences(const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(page, part); at; at = strstr(at + 1, part)) count++;
    return count;
}

static void a_measured_run(void **state)
{
    (void)state;
    char path[128], top1[64];
    size_t right = 0, count = 0;
    assert_works("report $T/run --data $T/set --split train");
    assert_says(errors, "/run/report.html");
    assert_works("eval $T/run/model.safetensors --data $T/set --split train --json $T/eval.json");
    snprintf(path, sizeof path, "%s/eval.json", folder);
    json_t *figures = json_load_file(path, 0, NULL), *confusion = json_object_get(figures, "confusion");
    assert_non_null(figures);
    count = (size_t)json_integer_value(json_object_get(figures, "count"));
    for (size_t k = 0; k < json_array_size(confusion); k++)
        right += (size_t)json_integer_value(json_array_get(json_array_get(confusion, k), k));
    snprintf(top1, sizeof top1, "Top-1 %.2f %%</p>", 100 * json_real_value(json_object_get(figures, "top1")));
    json_decref(figures);

    load_page("run/report.html");
    assert_says(page, top1);
    assert_says(page, escaped);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<b onload"));
    assert_says(page, "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_says(page, "&lt;/pre&gt;&lt;script&gt;alert(2)&lt;/script&gt;");
    assert_says(page, "2 of 2 epochs");
    assert_says(page, "90.42 (v3)");
    assert_says(page, "None of them is for the data");
    assert_int_equal(occurrences("<svg "), 4); /* three curves, calibration */
    size_t wrong = count - right < 24 ? count - right : 24;
    assert_int_equal(occurrences("<figure>"), wrong);
    check_page("run/report.html", wrong);
}

/* With `batch` affinity images in one batch would tell each other their class. */
static void batch_affinity_sees_single_images(void **state)
{
    char top1[64];
    (void)state;
    assert_works("train --data $T/set --out $T/batch model.width=0.25 model.size=32 model.arrangement=8 train.batch=8 "
                 "train.epochs=1 model.head=batch");
    assert_works("eval $T/batch/model.safetensors --data $T/set --split train --batch 1 --json -");
    json_t *figures = json_loads(printed, 0, NULL);
    assert_non_null(figures);
    snprintf(top1, sizeof top1, "Top-1 %.2f %%</p>", 100 * json_real_value(json_object_get(figures, "top1")));
    json_decref(figures);
    assert_works("report $T/batch --data $T/set --split train");
    load_page("batch/report.html");
    assert_says(page, top1);
    assert_says(page, "1, each image alone");
}

static void without_data(void **state)
{
    (void)state;
    assert_works("report $T/run --out $T/alone.html");
    load_page("alone.html");
    assert_says(page, "Not measured on a data set");
    assert_int_equal(occurrences("<svg "), 3);
    assert_null(strstr(page, "<h2>Confusion"));
    check_page("alone.html", 0);
}

static void before_the_end(void **state)
{
    (void)state;
    shell("mkdir $T/early && cp $T/run/recipe.ini $T/run/run.txt $T/early");
    assert_works("report $T/early");
    load_page("early/report.html");
    assert_says(page, "None of 2 epochs has ended yet");
    check_page("early/report.html", 0);
    assert_refused("report $T/early --data $T/set --out $T/never.html", 1,
                   "early/model.safetensors: not there before the run ends");
    shell("test ! -e $T/never.html");
}

static void refused(void **state)
{
    (void)state;
    assert_refused("report", 2, "one folder of a run is needed");
    assert_refused("report $T/run $T/run", 2, "cannot use '");
    assert_refused("report $T/run --split all", 2, "--split all: train, valid or test");
    assert_refused("report $T/nowhere", 1, "nowhere is no folder of a run");
    assert_refused("report $T/set", 1, "recipe.ini");
    assert_refused("report $T/run --out $T/nowhere/page.html", 1, "nowhere/page.html");
    shell("rm -rf $T/bad && cp -r $T/run $T/bad && echo 'words' >>$T/bad/log.csv");
    assert_refused("report $T/bad", 1, "log.csv:4: not a row");
}

/* What stood there stays when the next page cannot be made. */
static void whole_or_not_at_all(void **state)
{
    (void)state;
    shell("echo before >$T/kept.html");
    assert_refused("report $T/run --data $T/nowhere --out $T/kept.html", 1, "nowhere");
    shell("test \"$(cat $T/kept.html)\" = before && test \"$(ls $T | grep -c kept)\" = 1");
    /* Files may not grow over 1 kB. */
    shell("trap '' XFSZ; ulimit -f 1; \"$AMEND_COMMAND\" report $T/run --out $T/kept.html 2>$T/said; test $? = 1");
    shell("test \"$(cat $T/kept.html)\" = before && test \"$(ls $T | grep -c kept)\" = 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_measured_run), cmocka_unit_test(batch_affinity_sees_single_images),
        cmocka_unit_test(without_data),   cmocka_unit_test(before_the_end),
        cmocka_unit_test(refused),        cmocka_unit_test(whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
