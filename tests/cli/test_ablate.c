/* amend ablate on drawn faces: its files and figures, a row that fails, kills at any moment, recipes that change. */
#include <jansson.h>

#include "cli/command.h"

#define TINY " --data $T/set --recipe $T/rows.ini "
#define START "exec \"$AMEND_COMMAND\" ablate" TINY
#define SMALL                                                                                                          \
    "model.width=0.125 model.size=16 model.arrangement=4 train.batch=8 train.epochs=4 augment.crop=0.1 "               \
    "schedule.warmup=0"

static const char rows[] = "[ablate]\n"
                           "seeds = 1,2\n"
                           "gap = model.head=gap\n"
                           "ARM ema = model.head=ema\n"
                           "r 16 @ 1 = model.arrangement=16 ; 256 does not divide the 128 channels\n"
                           "[model]\nwidth = 0.125\nsize = 16\narrangement = 4\n"
                           "[train]\nbatch = 8\nepochs = 4\n"
                           "[augment]\ncrop = 0.1\n"
                           "[schedule]\nwarmup = 0\n";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

/* The whole ablation in $T/whole, without a stop. */
static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    assert_works("synth --out $T/set --count 42 --size 32");
    write_file("rows.ini", rows);
    assert_refused("ablate --out $T/whole --json $T/whole.json" TINY, 1, "1 of 5 runs failed; the same command");
    return 0;
}

/* What a run came to, without times and machine, in one order. */
#define FIGURES(out) "sort " out "/results.csv | cut -d, -f1-10,14"

static void the_files(void **state)
{
    (void)state;
    shell("head -1 $T/whole/results.csv | grep -q '^row,seed,recipe,split,status,top1,'");
    shell("test $(grep -c ',done,' $T/whole/results.csv) = 4");
    shell("grep -q '^r 16,1,.*,failed,.*arrangement factor 16 does not fit 128 channels' $T/whole/results.csv");
    shell("for run in gap/seed-1 gap/seed-2 ARM-ema/seed-1 ARM-ema/seed-2; do"
          "  test -s $T/whole/$run/model.safetensors && test -s $T/whole/$run/log.csv || exit 1; done");
    shell("test $(wc -l <$T/whole/table.csv) = 4 && grep -q '^ARM ema,2,0,0,' $T/whole/table.csv");
    shell("grep -q 'begin{tabular}' $T/whole/table.tex && test -s $T/whole/table.png");
    shell("test -z \"$(find $T/whole -name '*.new-*')\"");
    char path[128];
    snprintf(path, sizeof path, "%s/whole.json", folder);
    json_t *json = json_load_file(path, 0, NULL);
    assert_non_null(json);
    json_t *second = json_array_get(json_object_get(json, "rows"), 1);
    assert_string_equal(json_string_value(json_object_get(second, "name")), "ARM ema");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(second, "difference"), "common_seeds")), 2);
    assert_true(json_integer_value(json_object_get(second, "planned_bytes")) > 1000000);
    json_decref(json);
}

/* Each figure is that of amend eval. */
static void figures_are_those_of_eval(void **state)
{
    (void)state;
    assert_works("eval $T/whole/ARM-ema/seed-2/model.safetensors --data $T/set --json $T/eval.json");
    shell("top1=$(awk -F'[ ,]+' '/\"top1\":/ {printf \"%.6f\", $3}' $T/eval.json) &&"
          "test \"$(awk -F, '/^ARM ema,2,/ {printf \"%.6f\", $6}' $T/whole/results.csv)\" = \"$top1\"");
}

/* Nothing is trained or measured twice; what failed is tried again. */
static void again(void **state)
{
    (void)state;
    shell("sleep 0.01; touch $T/now; cp $T/whole/table.csv $T/table.before");
    assert_refused("ablate --out $T/whole" TINY, 1, "r 16, seed 1: failed: arrangement factor 16");
    assert_says(printed, "gap  ");
    assert_says(printed, "r 16: 1 failed, the first with seed 1: arrangement factor 16");
    shell("test -z \"$(find $T/whole -newer $T/now -name '*.safetensors')\"");
    shell("cmp $T/table.before $T/whole/table.csv");
    assert_refused("ablate --table-only --recipe $T/rows.ini --out $T/whole", 1, "1 of 5 runs failed");
    assert_works(
        "ablate --out $T/whole --data $T/set --heads gap --seeds 1,2 " SMALL); /* rows are told by their names */
    if (strstr(errors, "training")) fail_msg("trained again: %s", errors);
}

/* In the middle of the third run, of three runs and a row that fails before. */
static void killed(void **state)
{
    (void)state;
    int status = stop_when_there(START "--out $T/k 2>$T/said", "k/gap/seed-2/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_false(exists("k/gap/seed-2/model.safetensors"));
    shell("test $(grep -c ',done,' $T/k/results.csv) = 2");
    assert_refused("ablate --out $T/k" TINY, 1, "1 of 5 runs failed");
    shell(FIGURES("$T/whole") " >$T/a && " FIGURES("$T/k") " | cmp $T/a -");
    shell("for run in gap/seed-1 gap/seed-2 ARM-ema/seed-1 ARM-ema/seed-2; do"
          "  cmp $T/whole/$run/model.safetensors $T/k/$run/model.safetensors || exit 1; done");
}

/* After its training, before its figures: it is measured, not trained again. */
static void killed_before_its_figures(void **state)
{
    (void)state;
    shell("cp -r $T/whole $T/f && sed -i '/^gap,2,/d' $T/f/results.csv && touch $T/now");
    assert_refused("ablate --out $T/f" TINY, 1, "1 of 5 runs failed");
    shell("test -z \"$(find $T/f -newer $T/now -name '*.safetensors')\"");
    shell(FIGURES("$T/whole") " >$T/a && " FIGURES("$T/f") " | cmp $T/a -");
}

static void interrupted(void **state)
{
    (void)state;
    int status = stop_when_there(START "--seeds 1 --out $T/i 2>$T/said", "i/gap/seed-1/checkpoint.safetensors", SIGINT);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    shell("grep -q '^amend: stopped; 0 of 3 runs are done; the same command goes on' $T/said");
    assert_refused("ablate --seeds 1 --out $T/i" TINY, 1, "1 of 3 runs failed");
    shell(FIGURES("$T/whole") " | grep -v ,2, >$T/a && " FIGURES("$T/i") " | cmp $T/a -");
}

/* On another machine, with results.csv alone. */
static void folders_are_gone(void **state)
{
    (void)state;
    shell("mkdir $T/moved && cp $T/whole/results.csv $T/moved");
    assert_refused("ablate --out $T/moved" TINY, 1, "1 of 5 runs failed");
    assert_false(exists("moved/gap"));
    shell("cmp $T/table.before $T/moved/table.csv");
}

static void another_recipe(void **state)
{
    (void)state;
    shell("cp -r $T/whole $T/other && cp $T/other/results.csv $T/before");
    assert_refused("ablate --out $T/other train.epochs=3" TINY, 1,
                   "/other: holds row 'gap', seed 1, of another recipe or data set; name another --out, or --redo");
    shell("cmp $T/before $T/other/results.csv");
    assert_works("ablate --table-only --recipe $T/rows.ini --out $T/other train.epochs=3");
    assert_says(printed, "gap: 2 left out, which another recipe made");
    assert_refused("ablate --redo --out $T/other --seeds 1 train.epochs=3" TINY, 1, "1 of 3 runs failed");
    assert_says(errors, "gap, seed 1: was made with another recipe or data set; it is made anew");
    shell("grep -q '^epochs = 3 ' $T/other/gap/seed-1/recipe.ini && grep -q '^gap,2,' $T/other/results.csv");
    shell("test $(wc -l <$T/other/gap/seed-1/log.csv) = 4");
    shell("rm $T/other/results.csv"); /* a folder tells, too */
    assert_refused("ablate --out $T/other" TINY, 1, "holds row 'gap', seed 1, of another recipe or data set");
}

/* A file that a recipe begins with counts by its content. */
static void another_file(void **state)
{
    (void)state;
    shell("cp $T/whole/gap/seed-1/model.safetensors $T/start.safetensors");
    assert_works("ablate --out $T/from --data $T/set --heads gap --seeds 1 train.init=$T/start.safetensors " SMALL);
    shell("cp $T/from/gap/seed-1/model.safetensors $T/before");
    shell("cp $T/whole/gap/seed-2/model.safetensors $T/start.safetensors");
    assert_refused("ablate --out $T/from --data $T/set --heads gap --seeds 1 train.init=$T/start.safetensors " SMALL, 1,
                   "of another recipe or data set; name another --out");
    assert_works(
        "ablate --redo --out $T/from --data $T/set --heads gap --seeds 1 train.init=$T/start.safetensors " SMALL);
    assert_says(errors, "gap, seed 1: was made with another recipe or data set; it is made anew");
    shell("! cmp -s $T/before $T/from/gap/seed-1/model.safetensors");
}

/* As many images, one of which has another label; by line and, without it, by folder. */
static void another_data_set(void **state)
{
    (void)state;
    shell("cp -r $T/set $T/changed && mv $T/changed/train/sad/0000.png $T/changed/train/angry/9999.png");
    assert_works("ablate --out $T/data --data $T/set --heads gap --seeds 1 " SMALL);
    assert_refused("ablate --out $T/data --data $T/changed --heads gap --seeds 1 " SMALL, 1,
                   "of another recipe or data set");
    shell("cp -r $T/data $T/folder && rm $T/folder/results.csv");
    assert_refused("ablate --out $T/folder --data $T/changed --heads gap --seeds 1 " SMALL, 1,
                   "of another recipe or data set");
    shell("cp $T/data/gap/seed-1/model.safetensors $T/before");
    assert_works("ablate --redo --out $T/data --data $T/changed --heads gap --seeds 1 " SMALL);
    shell("! cmp -s $T/before $T/data/gap/seed-1/model.safetensors");
}

static void one_at_a_time(void **state)
{
    (void)state;
    pid_t pid = start(START "--out $T/two 2>$T/said");
    wait_for("two/gap/seed-1/run.txt", pid);
    assert_refused("ablate --out $T/two" TINY, 1, "/two: another run is writing here");
    assert_int_equal(kill(pid, SIGKILL), 0);
    waitpid(pid, NULL, 0);
}

static void one_common_seed(void **state)
{
    (void)state;
    assert_works("ablate --out $T/quick --data $T/set --heads gap,none --seeds 1 --split valid " SMALL);
    assert_says(printed, "none: one seed in common with the baseline, so a difference without interval");
    shell("grep -q '^none,1,[0-9a-f]*,valid,done,' $T/quick/results.csv");
}

static void bad_usage(void **state)
{
    (void)state;
    assert_refused("ablate --out $T/x --recipe $T/rows.ini", 2, "--data and --out are needed");
    assert_refused("ablate --out $T/x --data $T/set", 2, "no rows to compare");
    assert_refused("ablate --out $T/x --heads gap" TINY, 2, "has rows of its own; leave out --heads");
    assert_refused("ablate --out $T/x --seeds 3-1" TINY, 2, "--seeds: seeds are '3-1'");
    assert_refused("ablate --out $T/x train.seed=3" TINY, 2, "train.seed is set run by run; give --seeds");
    assert_refused("ablate --out $T/x train.epoch=3" TINY, 2, "did you mean 'train.epochs'?");
    assert_refused("ablate --out $T/x --split tests" TINY, 2, "--split tests: train, valid or test");
    assert_refused("ablate --out $T/x --heads gap,emma --data $T/set", 2, "model.head is 'emma'");
    write_file("bad.ini", "[ablate]\ngap = model.haed=gap\n");
    assert_refused("ablate --out $T/x --data $T/set --recipe $T/bad.ini", 1,
                   "bad.ini:2: row 'gap': no key 'model.haed'; did you mean 'model.head'?");
    assert_refused("ablate --out $T/x --data $T/none --recipe $T/rows.ini", 1, "/none");
    assert_false(exists("x/gap"));
    shell("cp -r $T/moved $T/broken && echo nonsense >>$T/broken/results.csv");
    assert_refused("ablate --out $T/broken" TINY, 1, "broken/results.csv:7: 1 columns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_files),
                                       cmocka_unit_test(figures_are_those_of_eval),
                                       cmocka_unit_test(again),
                                       cmocka_unit_test(killed),
                                       cmocka_unit_test(interrupted),
                                       cmocka_unit_test(killed_before_its_figures),
                                       cmocka_unit_test(folders_are_gone),
                                       cmocka_unit_test(another_recipe),
                                       cmocka_unit_test(another_file),
                                       cmocka_unit_test(another_data_set),
                                       cmocka_unit_test(one_at_a_time),
                                       cmocka_unit_test(one_common_seed),
                                       cmocka_unit_test(bad_usage)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
