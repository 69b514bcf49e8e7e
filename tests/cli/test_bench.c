/* amend bench: what it measures, as JSON; tiny networks. */
#include "cli/command.h"

#include <jansson.h>

#include "model/model.h"

static double number_of(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_number(value)) fail_msg("no number '%s'", key);
    return json_number_value(value);
}

static json_t *bench(const char *arguments)
{
    assert_works(arguments);
    json_t *root = json_loads(printed, 0, NULL);
    assert_non_null(root);
    assert_int_equal(number_of(root, "schema"), 1);
    return root;
}

static void check_network(const char *arguments, const char *what)
{
    json_t *root = bench(arguments);
    assert_string_equal(json_string_value(json_object_get(root, "what")), what);
    double time = number_of(root, "ms_per_image"), floor = number_of(root, "floor_ms_per_image");
    assert_true(time > 0 && floor > 0 && number_of(root, "ratio") > 0);
    assert_true(number_of(root, "peak_bytes") > number_of(root, "planned_bytes"));
    json_decref(root);
}

static void networks(void **state)
{
    (void)state;
    check_network("bench infer --small --size 32 --width 0.25 --batch 2 --seconds 0.1 --json -", "inference");
    check_network("bench train --small --size 32 --width 0.25 --batch 2 --seconds 0.1 --json -", "training step");
}

static void a_call(void **state)
{
    (void)state;
    json_t *root = bench("bench infer --model models/" MODEL_RELEASED " --batch 1 --seconds 0.1 --json -");
    assert_true(number_of(root, "call_ms") > 0);
    json_decref(root);
}

static void loading(void **state)
{
    (void)state;
    assert_works("synth --out $T/set --count 140 --size 32");
    shell("printf '[model]\\nsize = 32\\n[train]\\nbatch = 16\\n[augment]\\nrotation = 10\\n' >$T/r.ini");
    json_t *root = bench("bench load --data $T/set --recipe $T/r.ini --seconds 0.1 --json -");
    double images = number_of(root, "epoch_images");
    assert_true(images > 0 && images <= number_of(root, "images"));
    assert_true(number_of(root, "images_per_second") * number_of(root, "epoch_seconds") > 0.99 * images);
    json_decref(root);
}

static void refused(void **state)
{
    (void)state;
    assert_refused("bench", 2, "infer, train or load");
    assert_refused("bench load", 2, "--data");
    assert_refused("bench load --data $T/nowhere", 1, "nowhere");
    assert_refused("bench infer --batch 0", 2, "--batch 0: a whole number from 1 to 4096");
    assert_refused("bench infer --batch 1.5", 2, "--batch 1.5: a whole number");
    assert_refused("bench infer --size 48.9", 2, "--size 48.9: a whole number from 8 to 1024");
    assert_refused("bench infer --seconds 0", 2, "--seconds 0: a number from 0.1 to 3600");
    assert_refused("bench infer extra", 2, "cannot use 'extra'");
    assert_refused("bench train --precision int8", 2, "f32, bf16 or auto");
    assert_refused("bench train --model x", 2, "goes with 'bench infer'");
    assert_refused("bench infer --data x", 2, "--data goes with 'bench load'");
    assert_refused("bench infer --model x --size 48", 2, "--size goes with 'bench train', and 'bench infer' without");
    assert_refused("bench infer --model x --small", 2, "--small goes with");
    assert_refused("bench load --data x --batch 4", 2, "--batch goes with 'bench infer' and 'bench train'");
}

static void help_anywhere(void **state)
{
    (void)state;
    assert_works("bench train --help");
    assert_says(printed, "Usage: amend bench");
    assert_works("bench --batch 4 -h");
    assert_says(printed, "Usage: amend bench");
    assert_works("help bench");
    assert_says(printed, "Usage: amend bench");
    assert_works("help");
    assert_says(printed, "Usage: amend COMMAND");
    shell(
        "for words in --help '--version' 'help bench' 'bench --help'; do "
        "\"$AMEND_COMMAND\" $words >/dev/full 2>$T/said; test $? = 1 && grep -q 'is the disk full' $T/said || exit 1; "
        "done");
}

static void slips(void **state)
{
    (void)state;
    assert_refused("predcit x.png", 2, "no command 'predcit'; did you mean 'predict'?");
    assert_refused("help predcit", 2, "did you mean 'predict'?");
    assert_refused("transmogrify", 2, "'amend --help' lists them");
    assert_refused("bench infer --modle=foo", 2, "no option '--modle'; did you mean '--model'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks),      cmocka_unit_test(a_call),
                                       cmocka_unit_test(loading),       cmocka_unit_test(refused),
                                       cmocka_unit_test(help_anywhere), cmocka_unit_test(slips)};
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
