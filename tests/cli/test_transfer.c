/* amend train with other models at hand, as its first weights or as its teacher: what it says, and what makes it
 * another run. */
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

/* The file's name goes into the model, cut inside a character of 3 bytes. */
static void long_names(void **state)
{
    (void)state;
    shell("mkdir $T/long && cp $T/start.safetensors $T/long/$(printf '\\350\\204\\270%.0s' $(seq 35)).safetensors");
    assert_works("train --out $T/long/run train.init=$(echo $T/long/*.safetensors)" TINY);
    assert_works("info $T/long/run/model.safetensors");
    assert_says(printed, "\xe8\x84\xb8\xe8\x84\xb8");
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
    assert_refused("train --resume --out $T/id train.init=" TINY, 1, "another recipe or data set");
    assert_works("train --resume --out $T/id" TINY); /* by its own recipe, which names the file */
    shell("mv $T/moved/start.safetensors $T");
}

/* The tensors of a frozen backbone are those that it began with. */
static void frozen_backbone(void **state)
{
    char start[128], end[128];
    safetensors *before = NULL, *after = NULL;
    (void)state;
    assert_works(
        "train --out $T/head train.init=$T/start.safetensors optimizer.rates=backbone:0 train.average=0.9" TINY);
    assert_says(errors, "rates: 699888 of 700163 weights are frozen\n");
    snprintf(start, sizeof start, "%s/start.safetensors", folder);
    snprintf(end, sizeof end, "%s/head/model.safetensors", folder);
    assert_ok(safetensors_open(start, &before));
    assert_ok(safetensors_open(end, &after));
    for (size_t i = 0; i < safetensors_count(before); i++) {
        tensor_view a = safetensors_at(before, i);
        const tensor_view *b = safetensors_find(after, a.name);
        assert_non_null(b);
        bool same = !memcmp(a.data, b->data, tensor_bytes(&a));
        if (same == arm_head_owns(a.name)) fail_msg("%s is %s", a.name, same ? "as it was" : "another one");
    }
    safetensors_free(before);
    safetensors_free(after);
    assert_refused(
        "train --resume --out $T/head train.init=$T/start.safetensors train.average=0.9 optimizer.rates=" TINY, 1,
        "another recipe or data set");
    assert_refused("train --out $T/no optimizer.rates=backbones:0" TINY, 1, "begins with 'backbones'");
    assert_refused("train --out $T/no optimizer.rates=backbone:0,arm:0,fc:0" TINY, 1, "nothing to train");
}

static void a_narrower_network(void **state)
{
    (void)state;
    assert_works("train --out $T/wide train.init=$T/start.safetensors" TINY "model.width=0.5");
    assert_says(errors, "/start.safetensors is a narrower network, the first channels of this one\n");
}

static void files_that_do_not_fit(void **state)
{
    (void)state;
    assert_refused("train --out $T/no train.init=$T/start.safetensors" TINY "model.channels=3", 1, "train.init: ");
    assert_says(errors, "\"conv1.weight\" has shape [16, 1, 3, 3], needed is [16, 3, 3, 3]");
    assert_refused("train --out $T/no train.init=$T/set" TINY, 1, "train.init: ");
    assert_refused("train --out $T/no 'train.init=a;b'" TINY, 2, "train.init is 'a;b'");
    shell("test ! -e $T/no/checkpoint.safetensors");
}

static void a_teacher(void **state)
{
    (void)state;
    assert_works("train --out $T/taught train.teacher=$T/start.safetensors train.teaching=0.75" TINY "model.size=24");
    assert_says(errors, "/start.safetensors, 75 % of the targets, the mean of each picture and its mirror image\n");
    shell("grep -q '^teacher = .*/start.safetensors (hash [0-9a-f]*)$' $T/taught/run.txt");
    assert_works("info $T/taught/model.safetensors");
    assert_says(printed, "f32, taught by start.safetensors;");
    assert_refused("train --resume --out $T/taught train.teacher=$T/taught/model.safetensors train.teaching=0.75" TINY
                   "model.size=24",
                   1, "another recipe or data set");
    assert_works("train --out $T/upright train.teacher=$T/start.safetensors" TINY "augment.flip=0");
    assert_says(errors, "/start.safetensors, 50 % of the targets\n");
    assert_works("train --out $T/two train.teacher=$T/start.safetensors,$T/taught/model.safetensors" TINY
                 "model.size=24");
    assert_works("info $T/two/model.safetensors");
    assert_says(printed, "taught by start.safetensors and model.safetensors;");
    assert_refused("train --resume --out $T/two train.teacher=$T/taught/model.safetensors,$T/start.safetensors" TINY
                   "model.size=24",
                   1, "another recipe or data set");
    assert_refused("train --out $T/no train.teacher=$T/set" TINY, 1, "train.teacher: ");
    assert_refused("train --out $T/no train.teacher=models/ferplus-resnet18-ema.safetensors" TINY, 1,
                   "train.teacher: models/ferplus-resnet18-ema.safetensors was trained on 8 classes");
    shell("test ! -e $T/no/checkpoint.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_where_another_ended),
        cmocka_unit_test(long_names),
        cmocka_unit_test(the_file_is_part_of_the_run),
        cmocka_unit_test(frozen_backbone),
        cmocka_unit_test(files_that_do_not_fit),
        cmocka_unit_test(a_narrower_network),
        cmocka_unit_test(a_teacher),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
