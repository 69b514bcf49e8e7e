/* amend train from given weights: what it says, and what makes it another run. */
#include "cli/command.h"

#define TINY                                                                                                           \
    " --data $T/set model.width=0.25 model.size=16 model.arrangement=8 train.batch=8 schedule.warmup=0 "               \
    "train.epochs=1 "

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    assert_works("synth --out $T/set --count 42 --size 32");
    assert_works("train --out $T/first" TINY);
    shell("cp $T/first/model.safetensors $T/start.safetensors");
    return 0;
}

static void starts_where_another_ended(void **state)
{
    (void)state;
    assert_works("train --out $T/on train.init=$T/start.safetensors train.seed=2 optimizer.rate=1e-9 "
                 "optimizer.weight_decay=0" TINY);
    assert_says(errors, "init: 109 tensors from ");
    assert_says(errors, "0 begin at random; 0 of the file are not used");
    shell("grep -q '^init = .*/start.safetensors (hash [0-9a-f]*)$' $T/on/run.txt");
    shell("grep -q '^init = .*/start.safetensors$' $T/on/recipe.ini");
    assert_works("info $T/on/model.safetensors");
    assert_says(printed, "f32, from start.safetensors;");
}

static void the_file_is_part_of_the_run(void **state)
{
    (void)state;
    assert_works("train --out $T/id train.init=$T/start.safetensors" TINY);
    shell("cp $T/id/model.safetensors $T/before && mkdir $T/moved && mv $T/start.safetensors $T/moved");
    assert_refused("train --resume --out $T/id train.init=$T/start.safetensors" TINY, 1, "train.init: ");
    assert_works("train --resume --out $T/id train.init=$T/moved/start.safetensors" TINY);
    shell("cmp $T/id/model.safetensors $T/before");
    assert_refused("train --resume --out $T/id train.init=$T/id/model.safetensors" TINY, 1,
                   "another recipe or data set");
    assert_refused("train --resume --out $T/id" TINY, 1, "another recipe or data set");
    shell("mv $T/moved/start.safetensors $T");
}

static void files_that_do_not_fit(void **state)
{
    (void)state;
    assert_refused("train --out $T/no train.init=$T/start.safetensors" TINY "model.width=0.5", 1, "train.init: ");
    assert_says(errors, "\"conv1.weight\" has shape [16, 1, 3, 3], needed is [32, 1, 3, 3]");
    assert_refused("train --out $T/no train.init=$T/set" TINY, 1, "train.init: ");
    assert_refused("train --out $T/no 'train.init=a;b'" TINY, 2, "train.init is 'a;b'");
    shell("test ! -e $T/no/checkpoint.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_where_another_ended),
        cmocka_unit_test(the_file_is_part_of_the_run),
        cmocka_unit_test(files_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
