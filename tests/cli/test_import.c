/* amend import and amend info. */
#include "cli/command.h"

#include <jansson.h>

static const char *const labels[] = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"};

/* The model's tensors without its metadata. */
static void strip(const char *from, const char *to)
{
    char path[128];
    safetensors *file = NULL;
    tensor_entry *entries = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, from);
    assert_ok(safetensors_open(path, &file));
    size_t count = safetensors_count(file);
    assert_ok(mem_alloc(&entries, count, sizeof *entries, "test"));
    for (size_t i = 0; i < count; i++) {
        tensor_view v = safetensors_at(file, i);
        entries[i] = (tensor_entry){.name = v.name, .stored = v.type, .dims = v.dims, .data = v.data};
        memcpy(entries[i].shape, v.shape, sizeof v.shape);
    }
    snprintf(path, sizeof path, "%s/%s", folder, to);
    assert_ok(safetensors_write(path, entries, count, NULL, 0));
    mem_free(entries);
    safetensors_free(file);
}

static int set_up(void **state)
{
    if (open_folder(state)) return -1;
    make_model("m.safetensors", labels, 7);
    make_image("face.png");
    strip("m.safetensors", "bare.safetensors");
    assert_works("synth --out $T/set --count 42 --size 48");
    return 0;
}

#define GRAY "--mean 0.5 --std 0.25"

static void imports(void **state)
{
    char before[1 << 12];
    (void)state;
    assert_works("predict $T/face.png --no-detect --model $T/m.safetensors --precision f32 --csv");
    snprintf(before, sizeof before, "%.4000s", printed);
    assert_works("import $T/bare.safetensors --out $T/made.safetensors " GRAY
                 " --labels angry,disgust,fear,happy,neutral,sad,surprise");
    assert_says(printed, "resnet18, small stem, width 0.25, head ema, r 8, 32 x 32 gray, 7 classes");
    assert_works("predict $T/face.png --no-detect --model $T/made.safetensors --precision f32 --csv");
    assert_string_equal(printed, before);
    assert_works("import $T/bare.safetensors --out $T/blanks.safetensors " GRAY
                 " --labels ' angry, disgust ,fear,happy,neutral,sad,surprise '");
    assert_works("predict $T/face.png --no-detect --model $T/blanks.safetensors --precision f32 --csv");
    assert_string_equal(printed, before);
    assert_works("eval $T/made.safetensors --data $T/set --split valid");
    assert_says(printed, "affinity    ema\n");
}

static void import_refuses(void **state)
{
    (void)state;
    assert_refused("import $T/bare.safetensors", 2, "--out");
    assert_refused("import $T/bare.safetensors extra --out $T/x.safetensors", 2, "cannot use 'extra'");
    assert_refused("synth --out $T/few --count 5", 2, "--count 5: a whole number from 21 to");
    assert_refused("synth --out $T/few --count 21 --size 31", 2, "--size 31: a whole number from 32 to 1024");
    assert_refused("synth --out $T/few --count 21 --seed -1", 2,
                   "--seed -1: a whole number from 0 to 1844674407370955");
    assert_refused("import --out $T/x.safetensors", 2, "a weight file");
    assert_refused("import $T/bare.safetensors --out $T/x.safetensors --size 7", 2, "from 8 to 1024");
    assert_refused("import $T/bare.safetensors --out $T/x.safetensors --size 32px", 2, "from 8 to 1024");
    assert_refused("import $T/bare.safetensors --out $T/x.safetensors " GRAY, 1, "--labels");
    assert_refused("import $T/bare.safetensors --out $T/x.safetensors --labels a,b,c,d,e,f,g", 1, "--mean and --std");
    assert_refused("import $T/m.safetensors --out $T/x.safetensors --labels a,b", 1, "already");
    assert_refused("import $T/face.png --out $T/x.safetensors --labels a,b", 1, "face.png");
    shell("test ! -e $T/x.safetensors");
}

static void info(void **state)
{
    (void)state;
    assert_works("info $T/m.safetensors");
    assert_says(printed, "format               safetensors\n");
    assert_says(printed, "amend.labels         angry,disgust,fear,happy,neutral,sad,surprise\n");
    assert_says(printed, "  conv1.weight                             F32  [16, 1, 3, 3]\n");
    assert_works("info $T/bare.safetensors --json -");
    json_t *all = json_loads(printed, 0, NULL);
    assert_non_null(all);
    assert_int_equal(json_integer_value(json_object_get(all, "schema")), 1);
    assert_string_equal(json_string_value(json_object_get(all, "format")), "safetensors");
    assert_int_equal(json_object_size(json_object_get(all, "metadata")), 0);
    json_int_t parameters = 0, bytes = 0;
    const json_t *list = json_object_get(all, "tensors");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i), *shape = json_object_get(t, "shape");
        const char *name = json_string_value(json_object_get(t, "name"));
        json_int_t values = 1;
        for (size_t k = 0; k < json_array_size(shape); k++) values *= json_integer_value(json_array_get(shape, k));
        if (!strstr(name, "running") && !strstr(name, "generic")) parameters += values;
        bytes += 4 * values;
    }
    assert_true(parameters > 0);
    assert_int_equal(json_integer_value(json_object_get(all, "parameters")), parameters);
    assert_int_equal(json_integer_value(json_object_get(all, "bytes")), bytes);
    json_decref(all);
    assert_works("info --backbones");
    assert_refused("info --backbones x", 2, "goes alone");
    assert_refused("info", 2, "one file");
    assert_refused("info $T/face.png", 1, "face.png");
}

/* An archive of PyTorch that asks for os.system, as the format before 1.6 would carry it. */
static void runs_nothing(void **state)
{
    (void)state;
    shell("printf '\\200\\002cos\\nsystem\\nU\\023touch $T/executed   \\205R.' >$T/evil.pth");
    assert_refused("info $T/evil.pth", 1, "'os.system'");
    assert_refused("import $T/evil.pth --out $T/x.safetensors --labels a,b", 1, "'os.system'");
    shell("test ! -e $T/executed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports),
        cmocka_unit_test(import_refuses),
        cmocka_unit_test(info),
        cmocka_unit_test(runs_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
