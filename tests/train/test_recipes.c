/* Every recipe of the repository, but for those with rows to compare (tests/ablate/test_plan.c), can be read, holds
 * together and names a network that can be built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/description.h"
#include "train/recipe.h"

static void check(const char *path, amend_status status)
{
    if (status.code) fail_msg("%s: %s", path, status.message);
}

static void build(const char *path, const recipe *r)
{
    nn_table *table = NULL;
    const model_description d = recipe_network(r, 7);
    check(path, mem_alloc(&table, 1, sizeof *table, "network"));
    check(path, description_build(&d, table));
    mem_free(table);
}

static void all_hold_together(void **state)
{
    DIR *folder = opendir("recipes");
    const struct dirent *entry;
    size_t count = 0;
    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char path[300];
        recipe r = recipe_defaults();
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".ini") || !strncmp(entry->d_name, "ablation-", 9)) continue;
        snprintf(path, sizeof path, "recipes/%s", entry->d_name);
        check(path, config_load(path, recipe_keys, recipe_key_count, &r));
        check(path, recipe_check(&r));
        if (!recipe_data(&r, "").layout) fail_msg("%s: no data.layout", path);
        build(path, &r);
        count++;
    }
    closedir(folder);
    assert_true(count >= 6);
}

static void paper_recipes_say_what_they_are(void **state)
{
    recipe r = recipe_defaults();
    (void)state;
    check("affectnet7", config_load("recipes/affectnet7-paper.ini", recipe_keys, recipe_key_count, &r));
    assert_string_equal(recipe_data(&r, "").layout, "affectnet");
    assert_int_equal(r.classes, 7);
    assert_int_equal(r.sampling, DATA_MRR);
    r = recipe_defaults();
    check("sfew", config_load("recipes/sfew-paper.ini", recipe_keys, recipe_key_count, &r));
    assert_string_equal(recipe_data(&r, "").layout, "sfew");
    assert_int_equal(r.sampling, DATA_SHUFFLE);
}

/* In the table of docs/training.md, whole numbers and reals with their least value. */
static void every_key_is_documented(void **state)
{
    unsigned char *text = NULL;
    size_t size;
    (void)state;
    check("docs", file_read("docs/training.md", 1 << 20, &text, &size));
    for (size_t i = 0; i < recipe_key_count; i++) {
        const config_key *key = &recipe_keys[i];
        char row[128];
        int length = snprintf(row, sizeof row, "\n| `%s` | ", key->name);
        const char *found = strstr((const char *)text, row);
        if (!found) fail_msg("docs/training.md has no row for %s", key->name);
        if (key->kind != CONFIG_SIZE && key->kind != CONFIG_REAL) continue;
        double low = strtod(found + length, NULL);
        if (fabs(low - key->low) > 1e-12) fail_msg("docs/training.md: %s begins with %g", key->name, key->low);
    }
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_hold_together), cmocka_unit_test(every_key_is_documented),
                                       cmocka_unit_test(paper_recipes_say_what_they_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
