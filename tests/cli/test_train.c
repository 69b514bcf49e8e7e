/* amend train: what it refuses before it trains. */
#include "cli/command.h"

#include "weights/safetensors.h"

#define TINY " model.width=0.25 model.size=32 model.arrangement=8 train.batch=8 train.epochs=2 "

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    assert_works("synth --out $T/set --count 42 --size 48");
    shell(": >$T/file");
    return 0;
}

static void keys_and_values(void **state)
{
    (void)state;
    assert_refused("train --data $T/set --out $T/run train.epoch=2", 2,
                   "no key 'train.epoch'; did you mean 'train.epochs'?");
    assert_refused("train --data $T/set --out $T/run model.size=4", 2,
                   "model.size is '4', needed is a whole number from 8");
    assert_refused("train --data $T/set --out $T/run model.channels=2", 2, "model.channels is 2");
    assert_refused("train --data $T/set --out $T/run augment.erase_low=0.5", 2, "augment.erase_low");
    assert_refused("train --data $T/set --out $T/run schedule.warmup=50", 2, "schedule.warmup");
    assert_refused("train --data $T/set --out $T/run schedule.warmup=1000 train.epochs=1", 2, "of 1 epochs");
    assert_refused("train --data $T/set --out $T/run optimizer.kind=sgd optimizer.nesterov=true optimizer.momentum=0",
                   2, "optimizer.nesterov needs a momentum");
    assert_refused("train --data $T/set --out $T/run train.teacher=a,,b", 2,
                   "train.teacher is 'a,,b': one of the models between commas has no name");
    assert_refused("train --data $T/set --out $T/run train.teacher=a,", 2, "train.teacher is 'a,'");
    assert_refused("train --data $T/set --out $T/run model.points=0.3,0.4,0.7", 2, "6 numbers from -10 to 10");
    assert_refused("train --data $T/set --out $T/run model.points=0.3,0.4,0.3,0.4,0.5,0.8", 2,
                   "both eyes are on one spot");
    assert_refused("train --data $T/set", 2, "--data and --out are needed");
    assert_refused("train --data $T/set --out $T/run --memory 4", 2, "4G or 800M");
    assert_refused("train --data $T/set --out $T/run --memory -1G", 2, "4G or 800M");
    shell("test ! -e $T/run");
    assert_refused("train --data $T/set --out $T/run data.soft=true", 1,
                   "set is a data set of layout folder; FER+ alone has votes: give data.soft=false");
    assert_refused("train --data $T/set --out $T/small --memory 1M" TINY, 1, "--memory 1 MB");
}

/* Found faces are to be cut as the pictures are. */
static void points_of_the_pictures(void **state)
{
    (void)state;
    assert_works("train --data $T/set --out $T/points model.points=0.3,0.4,0.7,0.4,0.5,0.8 train.epochs=1" TINY);
    assert_works("info $T/points/model.safetensors");
    assert_says(printed, "0.29999999999999999,0.40000000000000002,0.69999999999999996,0.40000000000000002,0.5,0.8");
}

/* 16 rows of FER2013 with FER+'s votes: the training text says how these became labels. */
static void what_is_taught_by_votes(void **state)
{
    (void)state;
    shell("mkdir $T/ferplus && awk 'BEGIN {print \"emotion,pixels,Usage\"; for (i = 0; i < 16; i++) {"
          "printf \"%d,\", i % 2; for (k = 0; k < 2304; k++) printf k ? \" %d\" : \"%d\", (k * i) % 256;"
          "print \",Training\"}}' >$T/ferplus/fer2013.csv");
    shell(
        "awk 'BEGIN {print \"Usage,Image "
        "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\";"
        "for (i = 0; i < 16; i++) print \"Training,fer\" i \".png,\" (i % 2 ? \"8,2\" : \"2,8\") \",0,0,0,0,0,0,0,0\"}'"
        " >$T/ferplus/fer2013new.csv");
    assert_works("train --data $T/ferplus --out $T/votes data.soft=true" TINY);
    shell("grep -q '^training = ferplus, plurality rule, train split, 16 images, soft targets;' $T/votes/run.txt");
    assert_works("train --data $T/ferplus --out $T/half data.rule=majority" TINY);
    shell("grep -q '^training = ferplus, majority rule, train split, 16 images, hard targets;' $T/half/run.txt");
    assert_works("train --data $T/ferplus --out $T/emotions data.layout=fer2013" TINY);
    shell("grep -q '^training = fer2013, train split, 16 images, hard targets;' $T/emotions/run.txt");
}

/* Classes that have as many images each weigh 1, whether there are others without images or not. */
static void balance_is_among_classes_with_images(void **state)
{
    (void)state;
    shell("cp -r $T/set $T/absent && rm $T/absent/train/surprise/*");
    shell("test $(for k in $T/absent/train/*/; do ls $k | wc -l; done | grep -v '^0$' | sort -u | wc -l) = 1");
    assert_works("train --data $T/absent --out $T/plain train.epochs=1" TINY);
    assert_works("train --data $T/absent --out $T/balanced train.epochs=1 train.balance=true" TINY);
    shell("cmp $T/plain/model.safetensors $T/balanced/model.safetensors");
}

static void bad_output_folder(void **state)
{
    (void)state;
    assert_refused("train --data $T/set --out $T/file/run" TINY, 1, "/file");
}

static void locked_folder(void **state)
{
    (void)state;
    shell("mkdir -p $T/locked && : >$T/locked/.lock");
    shell("flock -n $T/locked/.lock \"$AMEND_COMMAND\" train --data $T/set --out $T/locked" TINY
          "2>$T/said; test $? = 1");
    shell("grep -q 'another run is writing here' $T/said");
}

/* Of every kind that a model file cannot hold; before the first step. */
static void names_of_classes(void **state)
{
    static const char *const names[][2] = {{"a,b", "class 'a,b': a comma"},
                                           {"a\\nb", "a control character"},
                                           {"caf\\351", "not UTF-8"},
                                           {"abcdefghijklmnopqrstuvwxyz_12345", "shorten it to 31"}};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "rm -rf $T/odd; cp -r $T/set $T/odd; d=$(printf '%s'); cp -r $T/odd/train/happy \"$T/odd/train/$d\"",
                 names[i][0]);
        shell(line);
        assert_refused("train --data $T/odd --out $T/odd-run" TINY, 1, names[i][1]);
        shell("test ! -e $T/odd-run");
    }
}

/* The model says where its weights came from. */
static void file_names_that_are_not_utf8(void **state)
{
    (void)state;
    assert_works("train --data $T/set --out $T/first" TINY "train.epochs=1");
    shell("cp $T/first/model.safetensors $T/$(printf 'caf\\351.safetensors')");
    assert_works("train --data $T/set --out $T/second" TINY
                 "train.epochs=1 train.init=$T/$(printf 'caf\\351.safetensors') "
                 "train.teacher=$T/$(printf 'caf\\351.safetensors')");
    assert_works("info $T/second/model.safetensors");
    assert_says(printed, "from caf?.safetensors, taught by caf?.safetensors");
}

static long parameters_of(const char *file)
{
    char line[128];
    long count = 0;
    snprintf(line, sizeof line, "info $T/%s", file);
    assert_works(line);
    const char *at = strstr(printed, " tensors, ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, " tensors, %ld parameters", &count), 1);
    return count;
}

static void a_checkpoint_is_no_model(void **state)
{
    (void)state;
    assert_works("train --data $T/set --out $T/checked train.average=0.9" TINY "train.epochs=1");
    shell("cp $T/checked/checkpoint.safetensors $T/c.safetensors");
    assert_refused("predict $T/set/train --model $T/c.safetensors", 1, "c.safetensors: a checkpoint, for 'amend train");
    assert_refused("import $T/c.safetensors --out $T/x.safetensors --labels a,b,c,d,e,f,g", 1,
                   "the model is model.safetensors");
    assert_int_equal(parameters_of("c.safetensors"), parameters_of("checked/model.safetensors"));
}

static void the_model_is_the_average(void **state)
{
    char path[128];
    safetensors *model = NULL, *checkpoint = NULL;
    bool differ = false;
    (void)state;
    assert_works("train --data $T/set --out $T/mean train.average=0.9" TINY);
    snprintf(path, sizeof path, "%s/mean/model.safetensors", folder);
    assert_ok(safetensors_open(path, &model));
    snprintf(path, sizeof path, "%s/mean/checkpoint.safetensors", folder);
    assert_ok(safetensors_open(path, &checkpoint));
    for (size_t i = 0; i < safetensors_count(model); i++) {
        tensor_view own = safetensors_at(model, i);
        char name[160];
        snprintf(name, sizeof name, "average.%s", own.name);
        const tensor_view *mean = safetensors_find(checkpoint, name), *last = safetensors_find(checkpoint, own.name);
        assert_true(mean && last);
        assert_memory_equal(own.data, mean->data, tensor_bytes(&own));
        differ |= memcmp(own.data, last->data, tensor_bytes(&own)) != 0;
    }
    assert_true(differ);
    safetensors_free(model);
    safetensors_free(checkpoint);
}

/* Of one picture with two labels, 20 and 4 times: what is read is the labels' share, as they are weighed. */
static double share_of_b(const char *run)
{
    char line[200];
    double share = -1;
    snprintf(line, sizeof line,
             "predict --no-detect --precision f32 --json - --model $T/%s/model.safetensors $T/one.png", run);
    assert_works(line);
    const char *at = strstr(printed, "\"b\": ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"b\": %lf", &share), 1);
    return share;
}

static void balance_lifts_rare_classes(void **state)
{
    (void)state;
    make_image("one.png");
    shell(
        "mkdir -p $T/rare/train/a $T/rare/train/b; for i in $(seq 20); do cp $T/one.png $T/rare/train/a/$i.png; done; "
        "for i in 1 2 3 4; do cp $T/one.png $T/rare/train/b/$i.png; done");
    assert_works("train --data $T/rare --out $T/asis" TINY "train.epochs=10 optimizer.rate=1e-2 augment.flip=0");
    assert_works("train --data $T/rare --out $T/lifted train.balance=true" TINY
                 "train.epochs=10 optimizer.rate=1e-2 augment.flip=0");
    assert_true(share_of_b("lifted") > share_of_b("asis") + 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_is_the_average),
        cmocka_unit_test(balance_lifts_rare_classes),
        cmocka_unit_test(keys_and_values),
        cmocka_unit_test(points_of_the_pictures),
        cmocka_unit_test(what_is_taught_by_votes),
        cmocka_unit_test(balance_is_among_classes_with_images),
        cmocka_unit_test(bad_output_folder),
        cmocka_unit_test(locked_folder),
        cmocka_unit_test(names_of_classes),
        cmocka_unit_test(a_checkpoint_is_no_model),
        cmocka_unit_test(file_names_that_are_not_utf8),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
