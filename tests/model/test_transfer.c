/* Weights to train on from: what is taken, what keeps its first values, and what is refused. */
#include "model/foreign.h"

#include <math.h>

#include "model/model.h"
#include "model/transfer.h"

static model_description small(arm_head head, size_t channels, size_t classes)
{
    model_description d = {.small_stem = true,
                           .width = 0.25,
                           .head = head,
                           .arrangement = 8,
                           .size = 32,
                           .channels = channels,
                           .classes = classes,
                           .normal = {{0}, {1, 1, 1}}};
    for (size_t i = 0; i < classes; i++) snprintf(d.labels[i], MODEL_LABEL_SIZE, "class %zu", i);
    return d;
}

/* A network that shall get weights, with its first ones. */
typedef struct target {
    model_description description;
    nn_table *table;
    nn_params params;
    transfer_report report;
} target;

static target *make_target(model_description d)
{
    target *t = NULL;
    assert_ok(mem_alloc(&t, 1, sizeof *t, "test"));
    assert_ok(mem_alloc(&t->table, 1, sizeof *t->table, "test"));
    t->description = d;
    assert_ok(description_build(&d, t->table));
    assert_ok(nn_params_create(t->table, &t->params));
    nn_params_init(&t->params, 9);
    return t;
}

static void free_target(target *t)
{
    nn_params_free(&t->params);
    mem_free(t->table);
    mem_free(t);
}

static amend_status transfer(const char *path, target *t)
{
    return model_transfer(path, &t->description, &t->params, &t->report);
}

static const char *write_foreign(const foreign *f)
{
    const char *path = in_test_folder("from.safetensors");
    assert_ok(safetensors_write(path, f->entries, f->count, NULL, 0));
    return path;
}

static const nn_param *find(const nn_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (!strcmp(params->items[i].name, name)) return &params->items[i];
    return NULL;
}

/* All tensors of the target are the file's but those that begin with one of the two words, which are as they were. */
static void assert_taken_but(const target *t, const foreign *f, const char *first, const char *second)
{
    target *before = make_target(t->description);
    size_t kept = 0;
    for (size_t i = 0; i < t->params.count; i++) {
        const nn_param *p = &t->params.items[i], *from = find(&f->params, p->name);
        bool keeps = !strncmp(p->name, first, strlen(first)) || !strncmp(p->name, second, strlen(second));
        if (keeps) from = &before->params.items[i];
        kept += keeps;
        assert_non_null(from);
        assert_memory_equal(p->value, from->value, p->count * sizeof *p->value);
    }
    assert_int_equal(t->report.kept.count, kept);
    assert_int_equal(t->report.taken, t->params.count - kept);
    free_target(before);
}

static void whole_models(void **state)
{
    static const char *const prefixes[] = {"", "module."};
    model_description d = small(ARM_HEAD_EMA, 1, 7);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        foreign *f = make_foreign_of(&d, prefixes[i]);
        target *t = make_target(d);
        assert_ok(transfer(write_foreign(f), t));
        assert_taken_but(t, f, "-", "-");
        assert_int_equal(t->report.left.count, 0);
        assert_false(t->report.summed);
        free_target(t);
        free_foreign(f);
    }
}

static void other_classifiers(void **state)
{
    model_description d = small(ARM_HEAD_EMA, 1, 8), renamed = small(ARM_HEAD_EMA, 1, 7);
    const model_description seven = small(ARM_HEAD_EMA, 1, 7);
    foreign *f = make_foreign_of(&seven, "");
    (void)state;
    target *eight = make_target(d);
    assert_ok(transfer(write_foreign(f), eight));
    assert_taken_but(eight, f, "fc.", "-");
    assert_string_equal(eight->report.kept.text, ": fc.weight, fc.bias");
    assert_string_equal(eight->report.left.text, ": fc.bias, fc.weight");
    free_target(eight);

    const char *path = in_test_folder("model.safetensors");
    assert_ok(description_save(&seven, &f->params, TENSOR_F32, path));
    target *same = make_target(seven);
    assert_ok(transfer(path, same));
    assert_taken_but(same, f, "-", "-");
    free_target(same);
    snprintf(renamed.labels[0], MODEL_LABEL_SIZE, "other");
    target *other = make_target(renamed);
    assert_ok(transfer(path, other));
    assert_taken_but(other, f, "fc.", "-");
    free_target(other);
    free_foreign(f);
}

static void other_heads(void **state)
{
    const model_description gap = small(ARM_HEAD_GAP, 1, 7), ema = small(ARM_HEAD_EMA, 1, 7);
    model_description larger = ema;
    (void)state;
    foreign *plain = make_foreign_of(&gap, ""), *arm = make_foreign_of(&ema, "");
    target *t = make_target(ema);
    assert_ok(transfer(write_foreign(plain), t));
    assert_taken_but(t, plain, "arm.", "fc.");
    free_target(t);
    larger.size = 64; /* another map: other features, but the same kernel */
    t = make_target(larger);
    assert_ok(transfer(write_foreign(arm), t));
    assert_taken_but(t, arm, "arm.generic", "fc.");
    free_target(t);
    t = make_target(gap);
    assert_ok(transfer(write_foreign(arm), t));
    assert_taken_but(t, arm, "fc.", "-");
    free_target(t);
    free_foreign(plain);
    free_foreign(arm);
}

static void colours_are_summed(void **state)
{
    foreign *f = make_foreign("", ARM_HEAD_EMA); /* of three channels */
    target *t = make_target(small(ARM_HEAD_EMA, 1, 7));
    (void)state;
    assert_ok(transfer(write_foreign(f), t));
    assert_true(t->report.summed);
    const float *from = f->params.items[0].value, *to = t->params.items[0].value;
    for (size_t o = 0; o < 16; o++)
        for (size_t k = 0; k < 9; k++) {
            const float *taps = from + o * 27 + k;
            assert_true(to[o * 9 + k] == taps[0] + taps[9] + taps[18]);
        }
    assert_memory_equal(t->params.items[1].value, f->params.items[1].value, 16 * sizeof(float));
    free_target(t);
    f->params.items[0].value[5] = NAN;
    t = make_target(small(ARM_HEAD_EMA, 1, 7));
    assert_refused(transfer(write_foreign(f), t), AMEND_BAD_DATA, "'conv1.weight' holds values that are not numbers");
    free_target(t);
    free_foreign(f);
}

/* What the network of half the width computes stays as it is: channels, and features of the map's first plane. */
static void narrower_networks(void **state)
{
    model_description narrow = small(ARM_HEAD_GAP, 1, 7), wide = narrow;
    foreign *f = make_foreign_of(&narrow, "");
    (void)state;
    wide.width = 0.5;
    target *t = make_target(wide), *before = make_target(wide);
    assert_ok(transfer(write_foreign(f), t));
    assert_true(t->report.grown);
    assert_string_equal(t->report.kept.text, ": fc.weight, fc.bias");
    for (size_t i = 0; i + 2 < t->params.count; i++) {
        const nn_param *p = &t->params.items[i], *first = &before->params.items[i], *from = &f->params.items[i];
        size_t columns = p->dims > 1 ? p->shape[1] : 1, known = p->dims > 1 ? from->shape[1] : 1;
        size_t taps = p->count / p->shape[0] / columns;
        assert_int_equal(2 * from->shape[0], p->shape[0]);
        for (size_t k = 0; k < p->count; k++) {
            size_t row = k / taps / columns, column = k / taps % columns, tap = k % taps;
            float expected = first->value[k];
            if (row < from->shape[0]) expected = column < known ? from->value[(row * known + column) * taps + tap] : 0;
            assert_true(p->value[k] == expected);
        }
    }
    free_target(t);
    free_target(before);
    free_foreign(f);
}

static void refused(void **state)
{
    model_description d = small(ARM_HEAD_EMA, 1, 7), wide = d, deep = d, fine = d, colour = small(ARM_HEAD_EMA, 3, 7);
    wide.width = 0.5;
    deep.backbone = BACKBONE_RESNET34;
    fine.arrangement = 4;
    foreign *wider = make_foreign_of(&wide, ""), *f = make_foreign_of(&d, "");
    const char *path = write_foreign(wider);
    (void)state;
    target *t = make_target(d);
    assert_refused(transfer(path, t), AMEND_BAD_DATA,
                   "tensor \"conv1.weight\" has shape [32, 1, 3, 3], needed is [16, 1, 3, 3]; backbone, stem, width");
    free_target(t);
    free_foreign(wider);
    entry(f, "layer1.0.conv1.weight")->shape[0] = 0;
    t = make_target(d);
    assert_refused(transfer(write_foreign(f), t), AMEND_BAD_DATA,
                   "tensor \"layer1.0.conv1.weight\" has shape [0, 16, 3, 3], needed is [16, 16, 3, 3]");
    free_target(t);
    entry(f, "layer1.0.conv1.weight")->shape[0] = 16;
    path = write_foreign(f);
    t = make_target(colour);
    assert_refused(transfer(path, t), AMEND_BAD_DATA, "has shape [16, 1, 3, 3], needed is [16, 3, 3, 3]; backbone");
    free_target(t);
    t = make_target(deep);
    assert_refused(transfer(path, t), AMEND_BAD_DATA,
                   "not the weights of a resnet34: 80 tensors are missing: layer1.2.conv1.weight, ");
    free_target(t);
    t = make_target(fine);
    assert_refused(transfer(path, t), AMEND_BAD_DATA,
                   "tensor \"arm.de_albino.weight\" has shape [1, 1, 16, 16], needed is [1, 1, 8, 8]");
    free_target(t);
    t = make_target(d);
    assert_refused(transfer("/nowhere.pth", t), AMEND_IO, "/nowhere.pth");
    assert_refused(transfer("tests/data/astronaut.png", t), AMEND_BAD_DATA, "astronaut.png");
    d.int8 = true;
    path = in_test_folder("int8.safetensors");
    assert_ok(description_write(&d, f->entries, f->count, path));
    assert_refused(transfer(path, t), AMEND_UNSUPPORTED, "folded into its convolutions for good");
    free_target(t);
    free_foreign(f);
}

static void exported_networks(void **state)
{
    char path[64];
    amend_model *model = NULL;
    target *t = make_target(small(ARM_HEAD_EMA, 1, 7));
    (void)state;
    snprintf(path, sizeof path, "%s/m.onnx", test_folder);
    foreign *f = make_foreign_of(&t->description, "");
    assert_ok(description_save(&t->description, &f->params, TENSOR_F32, in_test_folder("m.safetensors")));
    assert_ok(model_open(in_test_folder("m.safetensors"), &model));
    assert_ok(model_save_onnx(model, "", path));
    assert_refused(transfer(path, t), AMEND_UNSUPPORTED, "m.onnx: its normalisations are folded");
    amend_model_free(model);
    free_foreign(f);
    free_target(t);
}

static void out_of_memory(void **state)
{
    foreign *f = make_foreign("module.", ARM_HEAD_EMA);
    const char *path = write_foreign(f);
    target *t = make_target(small(ARM_HEAD_BATCH, 1, 7));
    amend_status status = status_error(AMEND_NO_MEMORY, "start");
    (void)state;
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = transfer(path, t);
    }
    mem_fail_at(0);
    free_target(t);
    free_foreign(f);
}

/* A network that PyTorch exports for training keeps its normalisations, and its names. */
static void unfolded_onnx(void **state)
{
    const model_description d = {.width = 1,
                                 .head = ARM_HEAD_NONE,
                                 .arrangement = 16,
                                 .size = 96,
                                 .channels = 3,
                                 .classes = 7,
                                 .normal = {{0}, {1, 1, 1}}};
    (void)state;
    run_python(
        python_with("torch, torchvision, onnx"),
        "import sys, onnx, torch, torchvision, warnings\n"
        "warnings.simplefilter(\"ignore\")\n"
        "torch.manual_seed(3)\n"
        "m = torchvision.models.resnet18()\n"
        "torch.save(m.state_dict(), sys.argv[1] + \"/r18.pth\")\n"
        "for name, mode in ((\"r18\", torch.onnx.TrainingMode.TRAINING), (\"f18\", torch.onnx.TrainingMode.EVAL)):\n"
        "    torch.onnx.export(m, torch.zeros(2, 3, 64, 64), sys.argv[1] + \"/\" + name + \".onnx\",\n"
        "                      training=mode, do_constant_folding=False, opset_version=13)\n"
        "for name, bytes in ((\"none\", 0), (\"few\", 100)):\n"
        "    g = onnx.load(sys.argv[1] + \"/r18.onnx\")\n"
        "    first = g.graph.initializer[0]\n"
        "    first.raw_data = first.raw_data[:bytes]\n"
        "    onnx.save(g, sys.argv[1] + \"/\" + name + \".onnx\")\n");
    target *from_onnx = make_target(d), *from_pth = make_target(d);
    assert_ok(transfer(in_test_folder("r18.pth"), from_pth));
    assert_ok(transfer(in_test_folder("r18.onnx"), from_onnx));
    assert_int_equal(from_onnx->report.taken, 100);
    for (size_t i = 0; i < from_onnx->params.count; i++) {
        const nn_param *a = &from_onnx->params.items[i], *b = &from_pth->params.items[i];
        if (!a->trainable) continue; /* exporting ran a batch through the network */
        assert_memory_equal(a->value, b->value, a->count * sizeof *a->value);
    }
    assert_int_not_equal(transfer(in_test_folder("f18.onnx"), from_onnx).code,
                         AMEND_OK); /* why: by PyTorch's version */
    assert_refused(transfer(in_test_folder("none.onnx"), from_onnx), AMEND_UNSUPPORTED,
                   "none.onnx: tensor \"conv1.weight\": its values do not lie in the file");
    assert_refused(transfer(in_test_folder("few.onnx"), from_onnx), AMEND_UNSUPPORTED, "do not lie in the file");
    free_target(from_pth);
    free_target(from_onnx);
}

/* torchvision's network, nested and wrapped as training scripts save it; the Python side tells the sum that a gray
 * network must get. */
static void from_torchvision(void **state)
{
    const model_description d = {.width = 1,
                                 .head = ARM_HEAD_EMA,
                                 .arrangement = 16,
                                 .size = 96,
                                 .channels = 1,
                                 .classes = 7,
                                 .normal = {{0}, {1, 1, 1}}};
    float wanted[3];
    target *t = NULL;
    (void)state;
    run_python(python_with("torch, torchvision"),
               "import sys, torch, torchvision\n"
               "torch.manual_seed(2)\n"
               "s = torchvision.models.resnet18().state_dict()\n"
               "torch.save({\"epoch\": 3, \"state_dict\": {\"module.\" + k: v for k, v in s.items()}},\n"
               "           sys.argv[1] + \"/imagenet.pth\")\n"
               "v = [s[\"conv1.weight\"].sum(1)[5, 2, 3], s[\"layer3.0.downsample.0.weight\"][7, 9, 0, 0],\n"
               "     s[\"layer4.1.bn2.weight\"][11]]\n"
               "open(sys.argv[1] + \"/values\", \"w\").write(\" \".join(\"%.9g\" % x for x in v))\n");
    FILE *stream = fopen(in_test_folder("values"), "r");
    assert_non_null(stream);
    for (size_t i = 0; i < 3; i++) assert_int_equal(fscanf(stream, "%f", &wanted[i]), 1);
    fclose(stream);
    t = make_target(d);
    assert_ok(transfer(in_test_folder("imagenet.pth"), t));
    assert_int_equal(t->report.taken, 100);
    assert_string_equal(t->report.left.text, ": fc.bias, fc.weight");
    assert_true(t->report.summed);
    assert_true(fabsf(find(&t->params, "conv1.weight")->value[5 * 49 + 2 * 7 + 3] - wanted[0]) < 1e-6f);
    assert_true(find(&t->params, "layer3.0.downsample.0.weight")->value[7 * 128 + 9] == wanted[1]);
    assert_true(find(&t->params, "layer4.1.bn2.weight")->value[11] == wanted[2]);
    free_target(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_models),       cmocka_unit_test(other_classifiers), cmocka_unit_test(other_heads),
        cmocka_unit_test(colours_are_summed), cmocka_unit_test(narrower_networks), cmocka_unit_test(refused),
        cmocka_unit_test(exported_networks),  cmocka_unit_test(out_of_memory),     cmocka_unit_test(unfolded_onnx),
        cmocka_unit_test(from_torchvision),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
