/* Rows of an ablation: what a file or options may say, what is refused, and that the repository's ablations build. */
#include "support.h"

#include <dirent.h>

#include "ablate/plan.h"
#include "base/mem.h"
#include "model/description.h"

static ablate_plan plan; /* large */

static amend_status load(const char *text)
{
    plan_start(&plan);
    write_bytes(in_test_folder("a.ini"), text, strlen(text));
    return plan_load(in_test_folder("a.ini"), &plan);
}

static void assert_seeds(const seed_list *list, const size_t *expected, size_t count)
{
    assert_int_equal(list->count, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(list->values[i], expected[i]);
}

static void seed_lists(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "a",
                                      "1,",
                                      ",1",
                                      "1-",
                                      "-1",
                                      "3-1",
                                      "1 2",
                                      "1,2,1",
                                      "1-3,2",
                                      "1;2",
                                      "1..3",
                                      "1-2-3",
                                      "0x1",
                                      "1.5",
                                      "1-65",
                                      "0-1000000000000000",
                                      "99999999999999999999999"};
    seed_list list = {.count = 0};
    (void)state;
    assert_ok(seeds_parse("7", &list));
    assert_seeds(&list, (const size_t[]){7}, 1);
    assert_ok(seeds_parse(" 1-3 , 10,0 ", &list));
    assert_seeds(&list, (const size_t[]){1, 2, 3, 10, 0}, 5);
    assert_ok(seeds_parse("1-64", &list));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        amend_status status = seeds_parse(bad[i], &list);
        if (status.code != AMEND_BAD_ARGUMENT) fail_msg("'%s' was taken for seeds", bad[i]);
    }
    assert_refused(seeds_parse("1,2,1", &list), AMEND_BAD_ARGUMENT, "seed 1 is given twice");
    assert_int_equal(list.count, 64); /* as it was */
}

static void rows_of_a_file(void **state)
{
    (void)state;
    assert_ok(load("[ablate]\nseeds = 4,5\ngap @ 1-3 = model.head=gap ; the baseline\nas it is =\n"
                   "two things = model.head=none train.batch=8\n[model]\nhead = batch\nwidth = 0.25\n"));
    plan.base.epochs = 3; /* as an override does */
    assert_ok(plan_finish(&plan, NULL));
    assert_int_equal(plan.count, 3);
    assert_int_equal(plan_runs(&plan), 7);
    assert_string_equal(plan.rows[0].name, "gap");
    assert_seeds(&plan.rows[0].seeds, (const size_t[]){1, 2, 3}, 3);
    assert_seeds(&plan.rows[1].seeds, (const size_t[]){4, 5}, 2);
    assert_string_equal(plan.rows[1].folder, "as-it-is");
    static const int heads[] = {ARM_HEAD_GAP, ARM_HEAD_BATCH, ARM_HEAD_NONE};
    for (size_t i = 0; i < 3; i++) {
        const recipe r = plan_recipe(&plan.rows[i], 9);
        assert_int_equal(r.head, heads[i]);
        assert_true(r.width == 0.25 && r.epochs == 3 && r.seed == 9 && r.batch == (i == 2 ? 8 : 64));
    }
    const seed_list one = {{6}, 1};
    assert_ok(plan_finish(&plan, &one));
    assert_int_equal(plan_runs(&plan), 3);
}

static void bad_rows(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[ablate]\ngap = model.haed=gap\n", "a.ini:2: row 'gap': no key 'model.haed'; did you mean 'model.head'?"},
        {"[ablate]\ngap = model.head=gab\n", "a.ini:2: row 'gap': model.head is 'gab', needed is one of"},
        {"[ablate]\n\ngap =\ngap = model.width=1\n", "a.ini:4: row 'gap' is given a second time"},
        {"[ablate]\na b =\na-b =\n", "a.ini:3: rows 'a b' and 'a-b' would share the folder a-b"},
        {"[ablate]\nGap =\ngap =\n", "a.ini:3: rows 'Gap' and 'gap' would share"},
        {"[ablate]\ngap @ 3-1 = model.head=gap\n", "a.ini:2: row 'gap': seeds are ' 3-1'"},
        {"[ablate]\nseeds = one\n", "a.ini:2: seeds are 'one', needed is a list such as 1-3"},
        {"[ablate]\nr = 4 = model.arrangement=4\n", "a.ini:2: row 'r': '4' is not of the form section.key=value"},
        {"[ablate]\ngap = model.head = gap\n", "'model.head' is not of the form"},
        {"[ablate]\ngap = train.seed=4\n", "train.seed is set run by run"},
        {"[ablate]\na,b =\n", "a.ini:2: row 'a,b': a name is UTF-8 text without commas and quotes"},
        {"[ablate]\n\xff =\n", "a.ini:2"},
        {"[ablate]\n@ 1 =\n", "a.ini:2: row ''"},
        {"[ablate]\nanamethatisfartoolongforafolderandforacolumnofatable =\n", "the name is longer than 48 bytes"},
        {"[ablates]\ngap =\n", "a.ini:2: no key 'ablates.gap'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(load(cases[i].text), AMEND_BAD_DATA, cases[i].message);
}

static void rows_that_do_not_hold_together(void **state)
{
    (void)state;
    assert_ok(load("[model]\nhead = gap\n"));
    assert_refused(plan_finish(&plan, NULL), AMEND_BAD_ARGUMENT, "no rows to compare");
    assert_ok(load("[ablate]\ngap =\ntwo = model.channels=2\n"));
    assert_refused(plan_finish(&plan, NULL), AMEND_BAD_ARGUMENT, "row 'two': model.channels is 2");
}

static void too_many_rows(void **state)
{
    char name[16];
    (void)state;
    plan_start(&plan);
    for (int i = 0; i < ABLATE_ROWS; i++) {
        snprintf(name, sizeof name, "row %d", i);
        assert_ok(plan_add(&plan, name, ""));
    }
    assert_refused(plan_add(&plan, "more", ""), AMEND_BAD_ARGUMENT, "more than 64 rows");
}

static void folders_are_safe(void **state)
{
    (void)state;
    plan_start(&plan);
    assert_ok(plan_add(&plan, "../../etc", ""));
    assert_string_equal(plan.rows[0].folder, "-.-..-etc");
    assert_ok(plan_add(&plan, "\xc3\xa9mu $(rm) 1.5+x_y @ 2", ""));
    assert_string_equal(plan.rows[1].folder, "--mu---rm--1.5+x_y");
    assert_string_equal(plan.rows[1].name, "\xc3\xa9mu $(rm) 1.5+x_y");
    assert_ok(plan_add(&plan, "..", ""));
    assert_string_equal(plan.rows[2].folder, "-.");
}

static void crossing(void **state)
{
    (void)state;
    plan_start(&plan);
    assert_ok(plan_cross(&plan, "gap, ema", "resnet18,vgg11_bn"));
    assert_ok(plan_finish(&plan, NULL));
    assert_int_equal(plan.count, 4);
    assert_string_equal(plan.rows[0].name, "resnet18 gap");
    assert_string_equal(plan.rows[0].changes, "model.backbone=resnet18 model.head=gap");
    assert_string_equal(plan.rows[3].name, "vgg11_bn ema");
    assert_int_equal(plan.rows[3].recipe.head, ARM_HEAD_EMA);
    assert_string_equal(plan.rows[3].recipe.backbone, "vgg11_bn");
    assert_int_equal(plan_runs(&plan), 12);
    plan_start(&plan);
    assert_ok(plan_cross(&plan, "gap,ema", NULL));
    assert_string_equal(plan.rows[1].name, "ema");
    assert_string_equal(plan.rows[1].changes, "model.head=ema");
    plan_start(&plan);
    assert_ok(plan_cross(&plan, NULL, "vgg13_bn"));
    assert_string_equal(plan.rows[0].name, "vgg13_bn");
    assert_refused(plan_cross(&plan, "gap,emma", NULL), AMEND_BAD_ARGUMENT, "model.head is 'emma'");
}

/* Every row of every ablation in recipes/ names a network that can be built. */
static void the_repositorys(void **state)
{
    DIR *folder = opendir("recipes");
    const struct dirent *entry;
    size_t found = 0;
    nn_table *table = NULL;
    (void)state;
    assert_non_null(folder);
    assert_ok(mem_alloc(&table, 1, sizeof *table, "network"));
    while ((entry = readdir(folder))) {
        char path[300];
        if (strncmp(entry->d_name, "ablation-", 9)) continue;
        snprintf(path, sizeof path, "recipes/%s", entry->d_name);
        plan_start(&plan);
        assert_ok(plan_load(path, &plan));
        assert_ok(plan_finish(&plan, NULL));
        for (size_t i = 0; i < plan.count; i++) {
            const recipe r = plan_recipe(&plan.rows[i], 1);
            const model_description d = recipe_network(&r, 8);
            memset(table, 0, sizeof *table);
            amend_status status = description_build(&d, table);
            if (status.code) fail_msg("%s, row %s: %s", path, plan.rows[i].name, status.message);
        }
        found++;
    }
    closedir(folder);
    mem_free(table);
    assert_true(found >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_lists),    cmocka_unit_test(rows_of_a_file),
        cmocka_unit_test(bad_rows),      cmocka_unit_test(rows_that_do_not_hold_together),
        cmocka_unit_test(too_many_rows), cmocka_unit_test(folders_are_safe),
        cmocka_unit_test(crossing),      cmocka_unit_test(the_repositorys),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
