/* amend audit against amend eval, protocol by protocol. */
#include "cli/command.h"

#include <jansson.h>
#include <math.h>

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    shell("\"$AMEND_COMMAND\" synth --out $T/set --count 210 --size 32 --seed 4 2>/dev/null");
    shell(
        "\"$AMEND_COMMAND\" train --recipe recipes/synth.ini --data $T/set --out $T/run model.width=0.25 model.size=32 "
        "model.arrangement=8 model.head=ema train.epochs=6 train.batch=16 schedule.warmup=0 train.precision=f32 "
        "2>/dev/null");
    return 0;
}

static double figure_of(const char *mode, const char *order, int batch, const char *key, json_t *all)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(all, "rows"), i, row)
    {
        if (!strcmp(json_string_value(json_object_get(row, "affinity")), mode) &&
            !strcmp(json_string_value(json_object_get(row, "order")), order) &&
            json_integer_value(json_object_get(row, "batch")) == batch)
            return json_number_value(json_object_get(row, key));
    }
    fail_msg("no row %s, %s, %d", mode, order, batch);
    return 0;
}

static void figures_are_those_of_eval(void **state)
{
    (void)state;
    static const char *const modes[] = {"ema", "batch", "none"};
    static const int batches[] = {1, 8, 64};
    assert_works("audit $T/run/model.safetensors --data $T/set --split train --shuffles 3 --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    for (int m = 0; m < 3; m++)
        for (int b = 0; b < 3; b++) {
            char arguments[300];
            snprintf(arguments, sizeof arguments,
                     "eval $T/run/model.safetensors --data $T/set --split train --affinity %s --batch %d --json -",
                     modes[m], batches[b]);
            assert_works(arguments);
            json_t *one = json_loads(printed, 0, NULL);
            double expected = json_number_value(json_object_get(one, "top1"));
            double found = figure_of(modes[m], "listed", batches[b], "top1", all);
            json_decref(one);
            if (fabs(found - expected) > 1e-6)
                fail_msg("%s, batches of %d: %.6f, eval says %.6f", modes[m], batches[b], found, expected);
        }
    json_t *spread = json_object_get(all, "spread");
    assert_true(json_number_value(json_object_get(spread, "ema")) == 0);
    assert_true(json_number_value(json_object_get(spread, "none")) == 0);
    assert_true(json_number_value(json_object_get(spread, "batch")) > 0);
    json_decref(all);
    assert_works("audit $T/run/model.safetensors --data $T/set --split train --shuffles 3");
    assert_says(printed, "ema: the same figure in every order");
}

static void bad_usage(void **state)
{
    (void)state;
    assert_refused("audit $T/run/model.safetensors", 2, "--data");
    assert_refused("audit $T/run/model.safetensors --data $T/set --shuffles 0", 2, "--shuffles 0");
    assert_refused("audit $T/run/model.safetensors --data $T/set extra", 2, "cannot use 'extra'");
    assert_refused("audit $T/none.safetensors --data $T/set", 1, "none.safetensors");
}

/* The same 70 rows of FER2013, classes by turns or one after the other. */
static void write_rows(const char *name, bool by_turns)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs("emotion,pixels,Usage\n", stream);
    for (int i = 0; i < 70; i++) {
        int class = by_turns ? i % 7 : i / 10, number = by_turns ? i / 7 : i % 10;
        fprintf(stream, "%d,", class);
        for (int p = 0; p < 2304; p++) fprintf(stream, p ? " %d" : "%d", (25 * class + p * (number + 3) % 120) % 256);
        fputs(",Training\n", stream);
    }
    assert_int_equal(fclose(stream), 0);
}

static double eval_of(const char *set, int batch)
{
    char line[300];
    snprintf(line, sizeof line,
             "eval $T/turns/model.safetensors --data $T/%s.csv --split train --affinity batch --batch %d --json -", set,
             batch);
    assert_works(line);
    json_t *one = json_loads(printed, 0, NULL);
    double top1 = json_number_value(json_object_get(one, "top1"));
    json_decref(one);
    return top1;
}

static void orders_are_what_they_are_called(void **state)
{
    static const int batches[] = {8, 64};
    bool differ = false;
    (void)state;
    write_rows("turns.csv", true);
    write_rows("sorted.csv", false);
    assert_works("train --data $T/turns.csv --out $T/turns model.width=0.25 model.size=32 model.arrangement=8 "
                 "train.epochs=6 train.batch=16 schedule.warmup=0 train.precision=f32");
    assert_works("audit $T/turns/model.safetensors --data $T/turns.csv --split train --shuffles 3 --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    for (int b = 0; b < 2; b++) {
        double sorted = eval_of("sorted", batches[b]);
        differ |= sorted != eval_of("turns", batches[b]);
        assert_true(fabs(figure_of("batch", "sorted", batches[b], "top1", all) - sorted) < 1e-6);
    }
    assert_true(differ); /* else the orders show nothing: tune the epochs */
    assert_true(figure_of("batch", "shuffled", 8, "lowest", all) < figure_of("batch", "shuffled", 8, "highest", all));
    assert_true(figure_of("batch", "shuffled", 8, "deviation", all) > 0);
    assert_true(figure_of("batch", "shuffled", 1, "deviation", all) == 0); /* one image is its own batch */
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(orders_are_what_they_are_called),
                                       cmocka_unit_test(figures_are_those_of_eval), cmocka_unit_test(bad_usage)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
