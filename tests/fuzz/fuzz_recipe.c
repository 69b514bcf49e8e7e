/* Recipes: what can be read is written and reads again as the same. */
#include "target.h"
#include "train/recipe.h"

enum { TEXT = 1 << 14 };

static void write_text(const recipe *r, char text[TEXT])
{
    FILE *stream = fmemopen(text, TEXT, "w");
    must(stream, "a stream in memory");
    config_write(stream, recipe_keys, recipe_key_count, r);
    must(!fclose(stream), "a recipe fits");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char first[TEXT], second[TEXT];
    recipe r = recipe_defaults(), again = recipe_defaults();
    if (!worked(config_load(target_file("a.ini", bytes, size), recipe_keys, recipe_key_count, &r))) return 0;
    worked(recipe_check(&r));
    write_text(&r, first);
    if (!worked(config_load(target_file("b.ini", first, strlen(first)), recipe_keys, recipe_key_count, &again)))
        return 0; /* an allocation that fails; its text is compared else */
    write_text(&again, second);
    must(!strcmp(first, second), "a recipe written and read is the same");
    return 0;
}
