/* Weights of other programs become models: PyTorch's logits are ours, and what does not fit is named. */
#include "model/foreign.h"

#include <math.h>

#include "model/import.h"
#include "model/model.h"
#include "model/transfer.h"

static const import_options seven = {.labels = "a,b,c,d,e,f,g"};
static char source[512], target[512];

static void name_files(const char *from)
{
    snprintf(source, sizeof source, "%s", in_test_folder(from));
    snprintf(target, sizeof target, "%s", in_test_folder("made.safetensors"));
}

/* ---- PyTorch as the witness ---- */

static float *read_all(const safetensors *file, const char *name, size_t *shape)
{
    const tensor_view *view = safetensors_find(file, name);
    float *values = NULL;
    assert_non_null(view);
    assert_ok(mem_alloc(&values, tensor_values(view), sizeof *values, name));
    assert_ok(tensor_read_f32("torch", view, view->shape, view->dims, values));
    memcpy(shape, view->shape, view->dims * sizeof *shape);
    return values;
}

/* The model's logits in f32 for the stored pixels. */
static void check_logits(const char *name)
{
    char file_name[64];
    safetensors *file = NULL;
    amend_model *model = NULL;
    nn_plan *plan = NULL;
    size_t shape[4], logits_shape[2];
    double worst = 0, largest = 0;
    snprintf(file_name, sizeof file_name, "%s.safetensors", name);
    assert_ok(safetensors_open(in_test_folder(file_name), &file));
    float *pixels = read_all(file, "pixels", shape), *logits = read_all(file, "logits", logits_shape);
    assert_ok(model_open(target, &model));
    assert_ok(model_plan(model, model_describe(model)->head, shape[0], NN_F32, &plan));
    memcpy(nn_plan_pixels(plan), pixels, shape[0] * shape[1] * shape[2] * shape[3] * sizeof *pixels);
    assert_ok(nn_plan_forward(plan, shape[0], false));
    for (size_t i = 0; i < logits_shape[0] * logits_shape[1]; i++)
        worst = fmax(worst, fabs((double)(nn_plan_logits(plan)[i] - logits[i])));
    for (size_t i = 0; i < logits_shape[0] * logits_shape[1]; i++) largest = fmax(largest, fabs((double)logits[i]));
    print_message("%s: logits up to %.2g differ by at most %.2g\n", name, largest, worst);
    assert_true(worst < 3e-4 * largest);
    nn_plan_free(plan);
    amend_model_free(model);
    mem_free(logits);
    mem_free(pixels);
    safetensors_free(file);
}

static void same_logits_as_torch(void **state)
{
    static const struct {
        const char *name;
        model_description expected;
        import_options how;
    } runs[] = {
        {"authors",
         {.small_stem = false, .width = 1, .head = ARM_HEAD_BATCH, .arrangement = 16, .size = 224, .channels = 3},
         {.labels = "a,b,c,d,e,f,g"}},
        {"ema",
         {.small_stem = false, .width = 0.25, .head = ARM_HEAD_EMA, .arrangement = 8, .size = 96, .channels = 3},
         {.labels = "a,b,c,d,e,f,g"}},
        {"none",
         {.small_stem = true, .width = 0.5, .head = ARM_HEAD_NONE, .arrangement = 4, .size = 32, .channels = 1},
         {.labels = "a,b,c,d,e,f,g", .mean = "0.5", .deviation = "0.25"}},
        {"gap",
         {.small_stem = true, .width = 0.25, .head = ARM_HEAD_GAP, .arrangement = 16, .size = 24, .channels = 3},
         {.labels = "a,b,c,d,e,f,g", .size = 24}},
    };
    char command[512], name[32];
    (void)state;
    snprintf(command, sizeof command, "%s tests/model/torch_import.py %s", python_with("torch"), test_folder);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const model_description *e = &runs[i].expected;
        model_description d;
        snprintf(name, sizeof name, "%s.pth", runs[i].name);
        name_files(name);
        assert_ok(model_import(source, &runs[i].how, target, &d));
        assert_int_equal(d.small_stem, e->small_stem);
        assert_true(d.width == e->width);
        assert_int_equal(d.head, e->head);
        assert_int_equal(d.arrangement, e->arrangement);
        assert_int_equal(d.size, e->size);
        assert_int_equal(d.channels, e->channels);
        assert_int_equal(d.classes, 7);
        check_logits(runs[i].name);
    }
}

/* ---- safetensors without description ---- */

static amend_status import_foreign(const foreign *f, const import_options *how)
{
    model_description d;
    name_files("foreign.safetensors");
    assert_ok(safetensors_write(source, f->entries, f->count, NULL, 0));
    return model_import(source, how, target, &d);
}

static void takes_safetensors(void **state)
{
    static const char *const prefixes[] = {"", "module.", "_orig_mod.module.", "model.net."};
    static const int64_t steps = 5;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        amend_model *model = NULL;
        safetensors *file = NULL;
        foreign *f = make_foreign(prefixes[i], ARM_HEAD_EMA);
        f->entries[f->count++] = (tensor_entry){"bn1.num_batches_tracked", TENSOR_I64, 0, {0}, &steps};
        assert_ok(import_foreign(f, &seven));
        assert_ok(amend_model_open(target, &model));
        assert_string_equal(amend_model_label(model, 6), "g");
        assert_ok(safetensors_open(target, &file));
        for (size_t k = 0; k < f->params.count; k++) {
            const nn_param *p = &f->params.items[k];
            const tensor_view *view = safetensors_find(file, p->name);
            assert_non_null(view);
            assert_memory_equal(view->data, p->value, p->count * sizeof *p->value);
        }
        assert_string_equal(safetensors_meta(file, "amend.training"),
                            "imported from foreign.safetensors (safetensors)");
        safetensors_free(file);
        amend_model_free(model);
        free_foreign(f);
    }
}

/* The file's name goes into the model: 222 bytes of 3 a character. */
static void long_names(void **state)
{
    char name[256] = "";
    model_description d;
    foreign *f = make_foreign("", ARM_HEAD_EMA);
    (void)state;
    while (strlen(name) < 210) strcat(name, "\xe8\x84\xb8");
    strcat(name, ".safetensors");
    name_files(name);
    assert_ok(safetensors_write(source, f->entries, f->count, NULL, 0));
    assert_ok(model_import(source, &seven, target, &d));
    assert_non_null(strstr(d.training, name));
    free_foreign(f);
}

/* ResNet-34 is told from its third block, ResNet-50 from its third convolution. */
static void tells_resnets_apart(void **state)
{
    static const backbone_kind kinds[] = {BACKBONE_RESNET34, BACKBONE_RESNET50};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const model_description d = {.backbone = kinds[i],
                                     .small_stem = true,
                                     .width = 0.25,
                                     .head = ARM_HEAD_NONE,
                                     .arrangement = 8,
                                     .size = 32,
                                     .channels = 3,
                                     .classes = 7};
        model_description made;
        foreign *f = make_foreign_of(&d, "");
        assert_ok(import_foreign(f, &seven));
        assert_ok(model_import(source, &seven, target, &made));
        assert_int_equal(made.backbone, kinds[i]);
        free_foreign(f);
    }
}

static void finds_the_projection(void **state)
{
    const model_description d = {.small_stem = true,
                                 .width = 0.25,
                                 .head = ARM_HEAD_EMA,
                                 .arrangement = 8,
                                 .variant = {.project = 192},
                                 .size = 32,
                                 .channels = 3,
                                 .classes = 7};
    model_description made;
    amend_model *model = NULL;
    foreign *f = make_foreign_of(&d, "");
    (void)state;
    assert_ok(import_foreign(f, &seven));
    assert_ok(model_import(source, &seven, target, &made));
    assert_int_equal(made.variant.project, 192);
    assert_ok(model_open(target, &model));
    assert_int_equal(model_describe(model)->variant.project, 192);
    amend_model_free(model);
    free_foreign(f);
}

/* VGG's names begin with "features." too, and stay what they are. */
static void other_families(void **state)
{
    static const struct {
        backbone_kind kind;
        size_t arrangement;
        double width;
    } families[] = {{BACKBONE_VGG11, 8, 0.5},
                    {BACKBONE_VGG13, 8, 0.5},
                    {BACKBONE_VGG16, 8, 0.5},
                    {BACKBONE_MOBILENET_V2, 8, 0.5},
                    {BACKBONE_MOBILENET_V2, 8, 1.4},  /* of which the stem gives 1.5 ... */
                    {BACKBONE_MOBILENET_V2, 8, 0.35}, /* ... and 0.5 */
                    {BACKBONE_MOBILENET_V3_LARGE, 4, 0.75},
                    {BACKBONE_EFFICIENTNET_B0, 4, 0.33},
                    {BACKBONE_MOBILENET_V3_SMALL, 4, 0.5},
                    {BACKBONE_MOBILENET_V3_LARGE, 4, 0.5},
                    {BACKBONE_EFFICIENTNET_B0, 8, 0.5}};
    (void)state;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const model_description d = {.backbone = families[i].kind,
                                     .width = families[i].width,
                                     .head = ARM_HEAD_NONE,
                                     .arrangement = families[i].arrangement,
                                     .size = 64,
                                     .channels = 3,
                                     .classes = 7};
        model_description made;
        foreign *f = make_foreign_of(&d, "module.");
        assert_ok(import_foreign(f, &seven));
        assert_ok(model_import(source, &seven, target, &made));
        assert_int_equal(made.backbone, families[i].kind);
        assert_true(fabs(made.width - d.width) < 0.02); /* widths side by side round to the same channels */
        assert_true(made.size == 64 && !made.small_stem);
        free_foreign(f);
    }
}

static void same_logits_as_torchvision(void **state)
{
    static const struct {
        const char *name;
        backbone_kind kind;
        arm_head head;
        size_t arrangement, size;
    } runs[] = {{"vgg11", BACKBONE_VGG11, ARM_HEAD_BATCH, 16, 64},
                {"vgg13", BACKBONE_VGG13, ARM_HEAD_GAP, 16, 64},
                {"vgg16", BACKBONE_VGG16, ARM_HEAD_EMA, 8, 64},
                {"mobilenet", BACKBONE_MOBILENET_V2, ARM_HEAD_GAP, 16, 96},
                {"mobilenet_arm", BACKBONE_MOBILENET_V2, ARM_HEAD_NONE, 16, 96},
                {"mobilenet_wide", BACKBONE_MOBILENET_V2, ARM_HEAD_GAP, 16, 64},
                {"mobilenet_one", BACKBONE_MOBILENET_V2, ARM_HEAD_GAP, 16, 64}};
    char command[512], name[32];
    model_description d;
    (void)state;
    snprintf(command, sizeof command, "%s tests/model/torchvision_import.py %s", python_with("torch, torchvision"),
             test_folder);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const import_options how = {.labels = seven.labels, .size = runs[i].head == ARM_HEAD_GAP ? runs[i].size : 0};
        snprintf(name, sizeof name, "%s.pth", runs[i].name);
        name_files(name);
        assert_ok(model_import(source, &how, target, &d));
        assert_int_equal(d.backbone, runs[i].kind);
        assert_int_equal(d.head, runs[i].head);
        assert_int_equal(d.arrangement, runs[i].arrangement);
        assert_int_equal(d.size, runs[i].size);
        check_logits(runs[i].name);
    }
    name_files("vgg11_imagenet.pth");
    assert_refused(model_import(source, &seven, target, &d), AMEND_UNSUPPORTED,
                   "its classifier of several layers has no counterpart here; its backbone can begin a training");
    name_files("vgg11_plain.pth");
    assert_refused(model_import(source, &seven, target, &d), AMEND_UNSUPPORTED, "a VGG without batch normalisations");
    name_files("mobilenet_imagenet.pth");
    assert_refused(model_import(source, &seven, target, &d), AMEND_BAD_ARGUMENT, "1000 classes, but --labels names 7");
}

/* ImageNet's VGG and MobileNetV2 as the start of a training: the backbone is taken, the classifier is not. */
static void imagenet_backbones(void **state)
{
    static const struct {
        const char *file;
        backbone_kind kind;
        size_t left;
    } runs[] = {{"vgg11_imagenet.pth", BACKBONE_VGG11, 6}, {"mobilenet_imagenet.pth", BACKBONE_MOBILENET_V2, 2}};
    (void)state;
    python_with("torch, torchvision"); /* the files are of the test before this one */
    for (size_t i = 0; i < 2; i++) {
        const model_description d = {.backbone = runs[i].kind,
                                     .width = 1,
                                     .head = ARM_HEAD_EMA,
                                     .arrangement = 16,
                                     .size = 64,
                                     .channels = 1,
                                     .classes = 7};
        transfer_report report;
        foreign *f = make_foreign_of(&d, "");
        name_files(runs[i].file);
        assert_ok(model_transfer(source, &d, &f->params, &report));
        assert_true(report.summed);
        assert_int_equal(report.left.count, runs[i].left);
        assert_int_equal(report.kept.count, 9); /* kernel, 4 of the normalisation, alpha, generic, weight, bias */
        assert_int_equal(report.taken, f->params.count - 9);
        free_foreign(f);
    }
}

static void names_what_does_not_fit(void **state)
{
    foreign *f = make_foreign("", ARM_HEAD_EMA);
    static const import_options three = {.labels = "a,b,c"}, twice = {.labels = "a,b,c,d,e,f,a"}, none = {0};
    static const import_options small = {.labels = "a,b,c,d,e,f,g", .size = 64};
    static const import_options odd = {.labels = "a,b,c,d,e,f,g", .mean = "0.5,0.5"};
    (void)state;
    assert_refused(import_foreign(f, &none), AMEND_BAD_ARGUMENT, "7 classes; name them in their order with --labels");
    assert_refused(import_foreign(f, &three), AMEND_BAD_ARGUMENT, "7 classes, but --labels names 3");
    assert_refused(import_foreign(f, &twice), AMEND_BAD_DATA, "--labels: 'a' is named twice");
    assert_refused(import_foreign(f, &odd), AMEND_BAD_DATA, "--mean, --std: the mean: '0.5,0.5'; 3 numbers");
    assert_refused(import_foreign(f, &small), AMEND_BAD_DATA, "tensor \"arm.generic\" has shape [25], needed is [169]");
    entry(f, "layer1.0.conv1.weight")->name = "layer1.0.conv9.weight";
    assert_refused(import_foreign(f, &seven), AMEND_BAD_DATA,
                   "1 missing: layer1.0.conv1.weight; 1 too many: layer1.0.conv9.weight");
    entry(f, "layer1.0.conv9.weight")->name = "module.layer1.0.conv2.weight";
    assert_refused(import_foreign(f, &seven), AMEND_BAD_DATA, "two tensors are called 'layer1.0.conv2.weight'");
    entry(f, "module.layer1.0.conv2.weight")->name = "layer1.0.conv1.weight";
    for (size_t i = 0; i < f->count; i++)
        if (!strncmp(f->entries[i].name, "layer4", 6)) f->names[i][5] = '5';
    assert_refused(import_foreign(f, &seven), AMEND_BAD_DATA, "25 missing: layer4.0.downsample.0.weight, ");
    assert_refused(import_foreign(f, &seven), AMEND_BAD_DATA, ", ...; 25 too many: layer5.0.");
    free_foreign(f);
}

static void refuses_other_networks(void **state)
{
    foreign *f = make_foreign("", ARM_HEAD_GAP);
    model_description d;
    float *value = f->params.items[0].value;
    (void)state;
    assert_refused(import_foreign(f, &seven), AMEND_BAD_ARGUMENT, "Say it with --size");
    value[0] = NAN;
    const import_options sized = {.labels = "a,b,c,d,e,f,g", .size = 32};
    assert_refused(import_foreign(f, &sized), AMEND_BAD_DATA, "'conv1.weight' holds values that are not numbers");
    value[0] = 0;
    tensor_entry *conv = entry(f, "conv1.weight");
    const tensor_entry good = *conv;
    memcpy(conv->shape, (size_t[]){3, 16, 3, 3}, 4 * sizeof(size_t));
    assert_refused(import_foreign(f, &sized), AMEND_UNSUPPORTED, "reads 16 channels");
    memcpy(conv->shape, (size_t[]){24, 1, 3, 3}, 4 * sizeof(size_t));
    assert_refused(import_foreign(f, &sized), AMEND_UNSUPPORTED, "24 outputs");
    memcpy(conv->shape, (size_t[]){16, 1, 5, 5}, 4 * sizeof(size_t));
    assert_refused(import_foreign(f, &sized), AMEND_UNSUPPORTED, "5 x 5");
    *conv = good;
    conv->dims = 3;
    assert_refused(import_foreign(f, &sized), AMEND_BAD_DATA, "has 3 dimensions");
    *conv = good;
    conv->name = "stem.weight";
    assert_refused(import_foreign(f, &sized), AMEND_BAD_DATA, "no tensor 'conv1.weight'");
    *conv = good;
    entry(f, "fc.weight")->name = "logits.weight";
    assert_refused(import_foreign(f, &sized), AMEND_BAD_DATA, "no tensor 'fc.weight'");
    free_foreign(f);
    assert_refused(model_import("models/ferplus-resnet18-ema.safetensors", &seven, target, &d), AMEND_BAD_ARGUMENT,
                   "a model of amend already");
    assert_refused(model_import("tests/data/astronaut.png", &seven, target, &d), AMEND_BAD_DATA, "astronaut.png");
    assert_refused(model_import("/nowhere.pth", &seven, target, &d), AMEND_IO, "/nowhere.pth");
}

static void out_of_memory(void **state)
{
    foreign *f = make_foreign("module.", ARM_HEAD_BATCH);
    amend_status status = status_error(AMEND_NO_MEMORY, "start");
    model_description d;
    (void)state;
    name_files("foreign.safetensors");
    assert_ok(safetensors_write(source, f->entries, f->count, NULL, 0));
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = model_import(source, &seven, target, &d);
    }
    mem_fail_at(0);
    free_foreign(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_logits_as_torch),
        cmocka_unit_test(takes_safetensors),
        cmocka_unit_test(long_names),
        cmocka_unit_test(tells_resnets_apart),
        cmocka_unit_test(finds_the_projection),
        cmocka_unit_test(other_families),
        cmocka_unit_test(same_logits_as_torchvision),
        cmocka_unit_test(imagenet_backbones),
        cmocka_unit_test(names_what_does_not_fit),
        cmocka_unit_test(refuses_other_networks),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
