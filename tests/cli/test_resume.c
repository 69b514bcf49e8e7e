/* Runs that are killed, interrupted, or meet a full disk go on from their last checkpoint as if nothing had happened.
 */
#include "bf16.h"
#include "cli/command.h"

#include <sys/resource.h>
#include <sys/stat.h>

#define TINY                                                                                                           \
    " --data $T/set model.width=0.25 model.size=16 model.arrangement=8 train.batch=8 train.average=0.9 "               \
    "augment.crop=0.1 train.epochs=16 "
#define START "exec \"$AMEND_COMMAND\" train" TINY

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    assert_works("synth --out $T/set --count 42 --size 32");
    assert_works("train --out $T/f32" TINY);
    return 0;
}

static void killed_f32(void **state)
{
    (void)state;
    int status = stop_when_there(START "--out $T/k 2>$T/said", "k/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_false(exists("k/model.safetensors"));
    assert_works("train --resume --out $T/k" TINY);
    shell("cmp $T/f32/model.safetensors $T/k/model.safetensors");
    shell("cut -d, -f1-4 $T/f32/log.csv >$T/a; cut -d, -f1-4 $T/k/log.csv | cmp $T/a -"); /* not the speeds */
}

static void killed_bf16(void **state)
{
    (void)state;
    needs_bf16();
    assert_works("train --out $T/bf16 train.precision=bf16" TINY);
    int status =
        stop_when_there(START "--out $T/kb train.precision=bf16 2>$T/said", "kb/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_works("train --resume --out $T/kb train.precision=bf16" TINY);
    shell("cmp $T/bf16/model.safetensors $T/kb/model.safetensors");
}

/* Of resampled epochs the order, too, is a function of seed and epoch. */
static void killed_resampled(void **state)
{
    (void)state;
    assert_works("train --out $T/sqrt train.sampling=sqrt" TINY);
    int status =
        stop_when_there(START "--out $T/ks train.sampling=sqrt 2>$T/said", "ks/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_refused("train --resume --out $T/ks train.sampling=mrr" TINY, 1, "another recipe or data set");
    assert_works("train --resume --out $T/ks train.sampling=sqrt" TINY);
    shell("cmp $T/sqrt/model.safetensors $T/ks/model.safetensors");
    shell("! cmp -s $T/sqrt/model.safetensors $T/f32/model.safetensors");
}

/* The checkpoint, three times the model, may be gone: what was trained stays, whoever asks. */
static void a_trained_model_stays(void **state)
{
    (void)state;
    shell("mkdir $T/old && cp $T/f32/model.safetensors $T/old/");
    assert_refused("train --out $T/old" TINY, 1, "holds a trained model, and no checkpoint");
    assert_refused("train --resume --out $T/old" TINY, 1, "holds a trained model, and no checkpoint");
    shell("cmp $T/f32/model.safetensors $T/old/model.safetensors && test $(ls $T/old | wc -l) = 1");
}

static void a_recipe_stays(void **state)
{
    (void)state;
    shell("mkdir $T/mine && printf '; mine\n[train]\nepochs = 2\n' >$T/mine/recipe.ini");
    assert_refused("train --recipe $T/mine/recipe.ini --out $T/mine" TINY, 1, "--out would replace the recipe itself");
    shell("grep -q mine $T/mine/recipe.ini");
}

#define CONTINUED "train.init=$T/f32/model.safetensors optimizer.rates=conv1:0,bn1:0,layer1:0,layer2:0.1 "

static void killed_with_frozen_layers(void **state)
{
    (void)state;
    assert_works("train --out $T/frozen " CONTINUED TINY);
    int status = stop_when_there(START CONTINUED "--out $T/kf 2>$T/said", "kf/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_works("train --resume --out $T/kf " CONTINUED TINY);
    shell("cmp $T/frozen/model.safetensors $T/kf/model.safetensors");
}

/* What the command line had replaced in the recipe need not be said again. */
static void killed_and_resumed_by_its_own_recipe(void **state)
{
    (void)state;
    assert_works("train --out $T/seed2" TINY "train.seed=2 optimizer.rate=0.0030000001");
    int status = stop_when_there(START "--out $T/ko train.seed=2 optimizer.rate=0.0030000001 2>$T/said",
                                 "ko/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_works("train --resume --data $T/set --out $T/ko");
    shell("cmp $T/seed2/model.safetensors $T/ko/model.safetensors");
}

static void interrupted(void **state)
{
    (void)state;
    int status = stop_when_there(START "--out $T/i 2>$T/said", "i/checkpoint.safetensors", SIGINT);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    shell("grep -q 'the same command with --resume goes on' $T/said");
    assert_false(exists("i/model.safetensors"));
    assert_works("train --resume --out $T/i" TINY "train.threads=2 train.checkpoint=1"); /* change nothing */
    shell("cmp $T/f32/model.safetensors $T/i/model.safetensors");
    shell("cut -d, -f1-4 $T/f32/log.csv >$T/a; cut -d, -f1-4 $T/i/log.csv | cmp $T/a -"); /* of whole epochs */
}

/* Files may not grow over 1 MB: the checkpoint of this network is larger. */
static void full_disk(void **state)
{
    (void)state;
    stop_when_there(START "--out $T/d 2>$T/said", "d/checkpoint.safetensors", SIGKILL);
    shell("cp $T/d/checkpoint.safetensors $T/good");
    shell("trap '' XFSZ; ulimit -f 1000; \"$AMEND_COMMAND\" train --resume --out $T/d" TINY "2>$T/said; test $? = 1");
    shell("grep -q 'd/checkpoint.safetensors' $T/said && test $(grep -c '^amend: ' $T/said) = 1");
    shell("cmp $T/good $T/d/checkpoint.safetensors");
    shell("test -z \"$(find $T/d -name '*.tmp*' -o -name '*~')\"");
    assert_works("train --resume --out $T/d" TINY);
    shell("cmp $T/f32/model.safetensors $T/d/model.safetensors");
}

static void two_runs_in_one_folder(void **state)
{
    (void)state;
    pid_t pid = start(START "--out $T/two 2>$T/said");
    wait_for("two/run.txt", pid);
    assert_refused("train --out $T/two" TINY, 1, "another run is writing here");
    assert_int_equal(kill(pid, SIGKILL), 0);
    waitpid(pid, NULL, 0);
}

static void resuming_something_else(void **state)
{
    (void)state;
    shell("cp -r $T/f32 $T/other && cp $T/other/model.safetensors $T/model.before");
    assert_refused("train --out $T/other" TINY, 1, "holds a run already");
    assert_refused("train --resume --out $T/other" TINY "train.seed=2", 1, "another recipe or data set");
    assert_works("synth --out $T/more --count 63 --size 32");
    assert_refused("train --resume --out $T/other" TINY "--data $T/more", 1, "another recipe or data set");
    shell("cp -r $T/set $T/moved && mv $T/moved/train/sad/0000.png $T/moved/train/angry/9999.png");
    assert_refused("train --resume --out $T/other" TINY "--data $T/moved", 1, "another recipe or data set");
    shell("cp -r $T/set $T/copy");
    assert_works("train --resume --out $T/other" TINY "--data $T/copy");
    shell("truncate -s -1 $T/other/checkpoint.safetensors");
    assert_refused("train --resume --out $T/other" TINY, 1, "other/checkpoint.safetensors");
    shell("head -c 7 $T/other/model.safetensors >$T/other/checkpoint.safetensors");
    assert_refused("train --resume --out $T/other" TINY, 1, "other/checkpoint.safetensors");
    shell("cmp $T/model.before $T/other/model.safetensors");
}

static void keys_that_say_how_are_no_recipe(void **state)
{
    (void)state;
    assert_refused("train --resume --data $T/set --out $T/mistyped train.threads=2", 1, "mistyped");
    assert_false(exists("mistyped"));
}

static void resuming_in_an_empty_folder_starts(void **state)
{
    (void)state;
    assert_works("train --resume --out $T/empty" TINY "train.epochs=1");
    assert_true(exists("empty/model.safetensors"));
}

/* Not the built-in network, silently. */
static void resuming_nothing(void **state)
{
    (void)state;
    assert_refused("train --resume --data $T/set --out $T/mistyped", 1, "mistyped: no run to go on with");
    assert_false(exists("mistyped"));
}

static void loss_that_is_no_number(void **state)
{
    (void)state;
    assert_refused("train --out $T/nan" TINY "optimizer.rate=100 optimizer.kind=sgd optimizer.momentum=0.9 "
                   "schedule.warmup=3",
                   1, "not a number");
    assert_says(errors, "the last checkpoint is good");
    assert_false(exists("nan/model.safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_f32),
                                       cmocka_unit_test(a_trained_model_stays),
                                       cmocka_unit_test(a_recipe_stays),
                                       cmocka_unit_test(killed_bf16),
                                       cmocka_unit_test(killed_resampled),
                                       cmocka_unit_test(killed_with_frozen_layers),
                                       cmocka_unit_test(killed_and_resumed_by_its_own_recipe),
                                       cmocka_unit_test(interrupted),
                                       cmocka_unit_test(full_disk),
                                       cmocka_unit_test(two_runs_in_one_folder),
                                       cmocka_unit_test(resuming_something_else),
                                       cmocka_unit_test(keys_that_say_how_are_no_recipe),
                                       cmocka_unit_test(resuming_in_an_empty_folder_starts),
                                       cmocka_unit_test(resuming_nothing),
                                       cmocka_unit_test(loss_that_is_no_number)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
