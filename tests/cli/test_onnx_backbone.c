/* An ONNX network that is none of ours, trained as the backbone of our heads, and what the other commands make of the
 * model. */
#include "cli/command.h"

#include "train/log.h"
#include "weights/onnx_net.h"

/* Epochs of 4 steps. */
#define TINY                                                                                                           \
    " --data $T/set model.size=32 model.channels=3 model.arrangement=8 train.batch=16 train.average=0.9 "              \
    "schedule.warmup=0 "
#define BRANCHES TINY "model.backbone=$T/branches.onnx train.epochs=6 "
#define START "exec \"$AMEND_COMMAND\" train" BRANCHES

static void write_net(void (*build)(onnx_net *), const char *name)
{
    char path[128];
    onnx_net *n = net_new(32, 3);
    n->training = true;
    build(n);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    net_write(n, path);
    net_free(n);
}

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    write_net(net_branches, "branches.onnx");
    write_net(net_folded, "folded.onnx");
    assert_works("synth --out $T/set --count 84 --size 32");
    assert_works("train --out $T/run" BRANCHES);
    return 0;
}

static void assert_learns(const char *run)
{
    char path[128];
    train_log log = {0};
    snprintf(path, sizeof path, "%s/%s/log.csv", folder, run);
    assert_ok(log_read(path, 20, &log));
    double first = log.rows[0].loss, last = log.rows[log.count - 1].loss;
    print_message("%s: loss from %.3f to %.3f\n", run, first, last);
    assert_true(last < 0.85 * first);
    log_free(&log);
}

static void learns(void **state)
{
    (void)state;
    assert_says(errors, "backbone: 26 rows and ");
    assert_learns("run");
    shell("grep -q '^backbone = .*/branches.onnx (hash [0-9a-f]*)$' $T/run/run.txt");
    shell("grep -q '^backbone = .*/branches.onnx$' $T/run/recipe.ini");
    assert_works(
        "train --out $T/folded model.backbone=$T/folded.onnx model.head=gap train.epochs=20 optimizer.rate=2e-3" TINY);
    assert_learns("folded");
    assert_works("train --out $T/none model.backbone=$T/folded.onnx model.head=none model.arrangement=16 "
                 "model.project=256 train.epochs=1" TINY "model.size=64");
    assert_refused("train --out $T/no model.backbone=$T/folded.onnx model.arrangement=16 train.epochs=1" TINY
                   "model.arrangement=16",
                   1, "model.project");
}

/* The model needs its file no more. */
static void every_command_takes_it(void **state)
{
    (void)state;
    make_image("face.png");
    shell("mv $T/branches.onnx $T/away.onnx");
    assert_works("info $T/run/model.safetensors --json $T/info.json");
    assert_says(printed, "amend.architecture   rows");
    assert_says(printed, "amend.rows           26 lines, see --json");
    assert_says(printed, "million multiply-adds an image");
    assert_says(printed, "backbone of branches.onnx;");
    shell("grep -q 'model.stem conv input channels=24' $T/info.json");
    assert_works("predict $T/face.png --no-detect --model $T/run/model.safetensors");
    assert_works("eval $T/run/model.safetensors --data $T/set --split test");
    assert_works("eval $T/run/model.safetensors --data $T/set --split test --affinity batch --batch 8");
    assert_works("explain $T/face.png --no-detect --model $T/run/model.safetensors --out $T/map.png");
    assert_works("export $T/run/model.safetensors --out $T/out.onnx");
    assert_works("predict $T/face.png --no-detect --model $T/out.onnx");
    assert_works("export $T/run/model.safetensors --out $T/small.safetensors");
    assert_works("eval $T/small.safetensors --data $T/set --split test");
    assert_works("report $T/run --data $T/set");
    assert_works("audit $T/run/model.safetensors --data $T/set --split test");
    assert_works("calibrate $T/run/model.safetensors --data $T/set --split train --out $T/cool.safetensors");
    assert_works("predict $T/face.png --no-detect --model $T/cool.safetensors");
    assert_works("bench infer --model $T/run/model.safetensors --seconds 0.1");
    assert_works("quantize $T/run/model.safetensors --data $T/set --out $T/q.safetensors");
    assert_works("predict $T/face.png --no-detect --model $T/q.safetensors");
    assert_works("quantize $T/folded/model.safetensors --data $T/set --out $T/q.safetensors");
    assert_works("predict $T/face.png --no-detect --model $T/q.safetensors");
    shell("mv $T/away.onnx $T/branches.onnx");
}

static void killed(void **state)
{
    (void)state;
    int status = stop_when_there(START "--out $T/k 2>$T/said", "k/checkpoint.safetensors", SIGKILL);
    assert_true(WIFSIGNALED(status));
    shell("mkdir $T/moved && mv $T/branches.onnx $T/moved");
    assert_refused("train --resume --out $T/k" BRANCHES, 1, "model.backbone: ");
    assert_refused("train --resume --out $T/k" BRANCHES "model.backbone=$T/folded.onnx", 1,
                   "another recipe or data set");
    assert_works("train --resume --out $T/k" BRANCHES "model.backbone=$T/moved/branches.onnx");
    shell("cmp $T/run/model.safetensors $T/k/model.safetensors");
    shell("mv $T/moved/branches.onnx $T");
}

static void goes_on_from_a_model(void **state)
{
    (void)state;
    assert_works("train --out $T/on train.init=$T/run/model.safetensors optimizer.rates=backbone:0" BRANCHES
                 "train.epochs=1");
    assert_says(errors, "0 begin at random; 0 of the file are not used");
    assert_refused("train --out $T/no train.init=$T/folded/model.safetensors" BRANCHES, 1,
                   "not the weights of this network");
}

static void compared(void **state)
{
    (void)state;
    assert_works("ablate --recipe recipes/synth.ini --out $T/compared --backbones $T/branches.onnx,$T/folded.onnx "
                 "--heads none,ema --seeds 1" TINY "train.epochs=1");
    assert_says(printed, "\nfolded.onnx ema");
}

static void refused(void **state)
{
    (void)state;
    assert_refused("train --out $T/no model.backbone=resnet19" TINY, 2,
                   "model.backbone is 'resnet19'; the path of an .onnx file or one of amend's is needed: resnet18, ");
    assert_refused("train --out $T/no model.backbone=$T/none.onnx" TINY, 1, "none.onnx");
    assert_refused("train --out $T/no model.backbone=$T/folded.onnx" TINY "model.channels=1", 1,
                   "set model.channels=3");
    assert_refused("train --out $T/no model.backbone=$T/out.onnx" TINY, 1, "node 'scaled' (Mul): changes pixels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(learns),   cmocka_unit_test(every_command_takes_it),
                                       cmocka_unit_test(killed),   cmocka_unit_test(goes_on_from_a_model),
                                       cmocka_unit_test(compared), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
