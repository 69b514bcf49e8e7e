/* Where results go: what cannot be written is said before the work, and nobody's originals are written over. */
#include "cli/command.h"

static const char *const labels[] = {"calm", "glad", "sad"};

#define PREDICT "predict --no-detect --model $T/m.safetensors "

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    make_model("m.safetensors", labels, 3);
    make_image("a.png");
    shell("mkdir $T/folder");
    return 0;
}

/* No model and no data set is there: they are not even looked for. */
/* Each of the commands with `place` behind it. */
static void each_refuses(const char *const *commands, size_t count, const char *place, int status, const char *words)
{
    char line[256];
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "%s %s", commands[i], place);
        assert_refused(line, status, words);
    }
}

static void found_out_in_time(void **state)
{
    static const char *const commands[] = {"eval $T/no --data $T/no --json",
                                           "eval $T/no --data $T/no --picture",
                                           "audit $T/no --data $T/no --json",
                                           "data $T/no --json",
                                           "explain $T/no --json",
                                           "explain $T/no --out",
                                           "predict $T/no --json",
                                           "faces $T/no --json",
                                           "info $T/no --json",
                                           "bench infer --json",
                                           "calibrate $T/no --data $T --out",
                                           "quantize $T/no --data $T/no --out",
                                           "import $T/no --labels a,b --out",
                                           "export $T/no --out",
                                           "report $T/no --out",
                                           "ablate --data $T/no --out $T/x --json"};
    (void)state;
    const size_t count = sizeof commands / sizeof *commands;
    each_refuses(commands, count, "$T/nodir/x", 1, "/nodir/x: cannot create: No such file or directory");
    each_refuses(commands, count, "$T/folder", 1, "/folder: a folder is here");
    each_refuses(commands, count, "''", 2, "the name of a file is missing");
    assert_false(exists("x"));
}

static void folders(void **state)
{
    static const char *const commands[] = {"train --data $T/no --out", "ablate --data $T/no --out",
                                           "predict $T/no --annotate", "faces $T/no --annotate"};
    (void)state;
    each_refuses(commands, 4, "''", 2, "the name of a folder is missing");
    each_refuses(commands, 4, "$T/a.png", 1, "/a.png: exists and is not a folder");
}

static void not_to_standard_output(void **state)
{
    static const char *const commands[] = {"explain $T/no --out", "eval $T/no --data $T/no --picture",
                                           "report $T/no --out", "calibrate $T/no --data $T/no --out"};
    (void)state;
    each_refuses(commands, 4, "-", 2, " -: this cannot go to standard output");
}

static void endings(void **state)
{
    static const char *const commands[] = {"calibrate $T/no --data $T/no --out", "quantize $T/no --data $T/no --out",
                                           "import $T/no --labels a,b --out"},
                             *const others[] = {".onnx", ".ONNX", ".pth", ".pt"};
    char line[256];
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            snprintf(line, sizeof line, "%s $T/c%s", commands[i], others[k]);
            assert_refused(line, 2, "what is written here is safetensors");
        }
    assert_refused("export $T/m.safetensors --out $T/c.pth", 2, "what is written here is safetensors");
    assert_works("export $T/m.safetensors --out $T/c.ONNX");
    assert_works("export $T/m.safetensors --out $T/c.onnx");
    shell("cmp $T/c.ONNX $T/c.onnx");
    assert_works("predict --no-detect --model $T/c.ONNX $T/a.png");
}

static void photos_are_kept(void **state)
{
    (void)state;
    shell("mkdir $T/own && cp $T/a.png $T/own/photo.png && cp $T/a.png $T/own/q.jpg && cp $T/a.png $T/own/q.png");
    assert_refused(PREDICT "$T/own/photo.png --annotate $T/own", 1, "--annotate would replace the photo itself");
    assert_refused(PREDICT "$T/own/q.jpg $T/own/q.png --annotate $T/own/.", 1, "/own/q.png: --annotate would replace");
    assert_refused(PREDICT "$T/own --json $T/own/q.jpg", 1, "/own/q.jpg: --json would replace the photo itself");
    assert_refused("faces $T/own/photo.png --annotate $T/own", 1, "--annotate would replace the photo itself");
    assert_refused("explain --no-detect --model $T/m.safetensors $T/own/photo.png --out $T/own/../own/photo.png", 1,
                   "--out would replace the photo itself");
    shell("mkdir $T/trip && cp $T/a.png $T/trip/1.jpg && echo another >$T/trip/1.png");
    assert_refused(PREDICT "$T/trip/1.jpg --annotate $T/trip", 1, "--annotate would put pictures among the photos");
    shell("grep -q another $T/trip/1.png");
    assert_string_equal(printed, "");
    shell("cmp $T/a.png $T/own/photo.png && cmp $T/a.png $T/own/q.png && cmp $T/a.png $T/own/q.jpg");
    assert_works(PREDICT "$T/own/photo.png --annotate $T/drawn");
    assert_works(PREDICT "$T/own/photo.png --annotate $T/drawn"); /* drawn copies are nobody's originals */
}

static void lists_are_kept(void **state)
{
    (void)state;
    shell("echo a.png,1,2,3,4 >$T/boxes.csv && echo emotion,pixels,Usage >$T/set.csv && cp $T/set.csv $T/set-before");
    assert_refused("faces $T/a.png --eval $T/boxes.csv --json $T/boxes.csv", 1, "would replace the list of boxes");
    assert_refused("data $T/set.csv --json $T/set.csv", 1, "--json would replace the data set");
    shell("cmp $T/set.csv $T/set-before && grep -q 1,2,3,4 $T/boxes.csv");
    shell("mkdir $T/ran && echo weights >$T/ran/model.safetensors");
    assert_refused("report $T/ran --out $T/ran/./model.safetensors", 1, "--out would replace the run's file");
    shell("grep -q weights $T/ran/model.safetensors");
}

/* Pictures below the photos are no photos, and the JSON may go to where they go. */
static void pictures_below_the_photos(void **state)
{
    (void)state;
    shell("mkdir $T/album && cp $T/a.png $T/album");
    for (int i = 0; i < 2; i++) {
        assert_works(PREDICT "$T/album --annotate $T/album/drawn --json $T/album/drawn/r.json");
        shell("test $(grep -c '\"file\"' $T/album/drawn/r.json) = 1");
    }
    shell("rm -r $T/album/drawn");
    assert_refused(PREDICT "$T/album --annotate $T/album/drawn --json $T/album/drawn2/r.json", 1, "cannot create");
    assert_refused(PREDICT "$T/album --annotate $T/album/drawn --json $T/album/drawn/deep/r.json", 1, "cannot create");
    assert_refused(PREDICT "$T/album --annotate $T/album/drawn --json $T/album/drawn/", 1, "");
    for (int i = 0; i < 2; i++) assert_works(PREDICT "$T/album/* --annotate $T/album/drawn");
    for (int i = 0; i < 2; i++) assert_works(PREDICT "\"$T/album/*\" --annotate $T/album/drawn");
    assert_refused(PREDICT "$T/none.png --annotate $T/new --json $T/new/r.json", 1, "none.png");
    shell("test -s $T/new/r.json"); /* what went wrong stands there */
}

/* Whatever stands behind it just now. */
static void names_of_the_system(void **state)
{
    (void)state;
    shell(
        "\"$AMEND_COMMAND\" predict --no-detect --model $T/m.safetensors $T/a.png --json /dev/stdout 2>$T/said | cat; "
        "grep -q 'a device or pipe cannot be replaced' $T/said");
}

static void models_are_kept(void **state)
{
    (void)state;
    shell("cp $T/m.safetensors $T/before && ln -s m.safetensors $T/other-name");
    assert_refused("quantize $T/m.safetensors --data $T/no --out $T/other-name", 1,
                   "--out would replace the model itself");
    assert_refused("import $T/m.safetensors --labels a,b --out $T/m.safetensors", 1, "would replace the weight file");
    assert_refused("export $T/m.safetensors --out $T/other-name", 1, "--out would replace the model itself");
    assert_refused("calibrate $T/m.safetensors --data $T/no --out $T/m.safetensors", 1, "would replace the model");
    assert_refused("info $T/m.safetensors --json $T/m.safetensors", 1, "--json would replace the file itself");
    assert_refused("eval $T/m.safetensors --data $T/no --json $T/m.safetensors", 1, "would replace the model");
    assert_refused("audit $T/m.safetensors --data $T/no --json $T/m.safetensors", 1, "would replace the model");
    assert_refused("bench infer --model $T/m.safetensors --json $T/m.safetensors", 1, "would replace the model");
    assert_refused(PREDICT "$T/a.png --json $T/m.safetensors", 1, "--json would replace the model");
    assert_refused("explain --no-detect --model $T/m.safetensors $T/a.png --out $T/m.safetensors", 1,
                   "--out would replace the model");
    shell("cmp $T/before $T/m.safetensors");
}

/* Each photo has a picture of its own, also where a numbered name is another photo's. */
static void pictures_of_namesakes(void **state)
{
    (void)state;
    shell("mkdir -p $T/one $T/two && cp $T/a.png $T/one/x.png && cp $T/a.png $T/two/x.png && "
          "cp $T/a.png $T/two/x-2.png && cp $T/a.png $T/one/x-2.png");
    assert_works(PREDICT "--annotate $T/same $T/one/x.png $T/two/x.png $T/two/x-2.png $T/one/x-2.png");
    shell("cd $T/same && test \"$(echo *)\" = 'x-2-2.png x-2.png x-3.png x.png'");
}

/* Ways that are too long for one name: the end stays, and the pictures stay apart. */
static void pictures_of_deep_trees(void **state)
{
    (void)state;
    shell("n=$(printf 'é%.0s' $(seq 60)) && for d in one two; do mkdir -p $T/deep/$d/$n/$n/$n && "
          "cp $T/a.png $T/deep/$d/$n/$n/$n/photo.png; done");
    assert_works(PREDICT "--annotate $T/flat $T/deep");
    shell("cd $T/flat && test $(ls | wc -l) = 2 && test $(ls | grep -c '^é.*_photo.png$') = 1 && "
          "test $(ls | grep -c '^é.*_photo-2.png$') = 1");
}

/* The reading is there all the same. */
static void pictures_that_cannot_be_written(void **state)
{
    (void)state;
    shell("mkdir -p $T/blocked/a.png");
    assert_refused(PREDICT "$T/a.png --annotate $T/blocked --json $T/blocked.json", 1,
                   "/blocked/a.png: a folder is here");
    assert_says(printed, "/a.png: face 0,0,40,40: ");
    shell("grep -q probabilities $T/blocked.json");
}

/* A picture that cannot be written does not take the table with it. */
static void tables_come_before_their_files(void **state)
{
    (void)state;
    shell("(trap '' XFSZ; ulimit -f 8; \"$AMEND_COMMAND\" explain --no-detect --model $T/m.safetensors $T/a.png --out "
          "$T/why.png 2>$T/said; echo status $?) >$T/shown; grep -q calm $T/shown && grep -q 'status 1' $T/shown && "
          "grep -q 'why.png: cannot write' $T/said");
}

/* Files may not grow over a few blocks: the file is named, once, with the system's reason. */
/* Files may not grow over 1.5 kB, of which Clang's OpenMP needs one for itself. */
static void full_disk(void **state)
{
    (void)state;
    shell("trap '' XFSZ; ulimit -f 3; \"$AMEND_COMMAND\" export $T/m.safetensors --out $T/full.onnx 2>$T/said; "
          "test $? = 1 && grep -q \"^amend: $T/full.onnx: cannot write: File too large\\$\" $T/said");
    shell("(trap '' XFSZ; ulimit -f 3; \"$AMEND_COMMAND\" " PREDICT "$T/a.png --annotate $T/full 2>$T/said; "
          "echo status $?) >$T/shown; grep -q 'face 0,0,40,40' $T/shown && grep -q 'status 1' $T/shown && grep -q "
          "'full/a.png: cannot write.*: File too large' $T/said");
    shell("trap '' XFSZ; ulimit -f 3; \"$AMEND_COMMAND\" " PREDICT "--json $T/full.json $T/a.png $T/a.png $T/a.png "
          "$T/a.png $T/a.png $T/a.png $T/a.png $T/a.png >/dev/null 2>$T/said; "
          "test $? = 1 && grep -q \"^amend: $T/full.json: \" $T/said");
    shell("test -z \"$(ls $T | grep full.)\" && test -z \"$(ls $T/full)\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_out_in_time),
        cmocka_unit_test(folders),
        cmocka_unit_test(not_to_standard_output),
        cmocka_unit_test(endings),
        cmocka_unit_test(photos_are_kept),
        cmocka_unit_test(lists_are_kept),
        cmocka_unit_test(pictures_below_the_photos),
        cmocka_unit_test(names_of_the_system),
        cmocka_unit_test(models_are_kept),
        cmocka_unit_test(pictures_of_namesakes),
        cmocka_unit_test(pictures_of_deep_trees),
        cmocka_unit_test(pictures_that_cannot_be_written),
        cmocka_unit_test(tables_come_before_their_files),
        cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
