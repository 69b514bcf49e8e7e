/* Model files, in f32 and in 8 bits, with one tensor too few, too many, or of another kind. */
#include <math.h>

#include "base/mem.h"
#include "model/int8_file.h"
#include "model/model.h"
#include "support.h"
#include "untrained.h"

enum { MOST = 256 };

static const model_description small = {.small_stem = true,
                                        .width = 0.125,
                                        .head = ARM_HEAD_GAP,
                                        .arrangement = 16,
                                        .size = 32,
                                        .channels = 1,
                                        .classes = 3,
                                        .labels = {"glad", "sad", "plain"},
                                        .normal = {{0.5f}, {0.25f}}};

static const char *path_of(bool int8)
{
    return in_test_folder(int8 ? "int8.safetensors" : "f32.safetensors");
}

static int write_good_ones(void **state)
{
    model_folded *folded = NULL;
    model_description d = small;
    if (make_test_folder(state)) return -1;
    untrained u = untrained_make(&d, 7);
    assert_ok(model_fold(&d, &u.params, &folded));
    untrained_save(&u, &d, TENSOR_F32, path_of(false));
    for (size_t i = 0; i < folded->table.count; i++) folded->steps.step[i] = 0.5f;
    d.int8 = true;
    assert_ok(int8_file_save(&d, folded, path_of(true)));
    model_folded_free(folded);
    return 0;
}

typedef enum change { NOTHING, LEFT_OUT, ADDED, OTHER_SHAPE, OTHER_TYPE, NOT_NUMBERS, NEGATIVE } change;

/* Opens the good file with tensor `name` changed. */
static amend_status open_changed(bool int8, change how, const char *name)
{
    static float filled[1 << 16], matrix[1 << 16];
    tensor_entry entries[MOST];
    safetensors *file = NULL;
    amend_model *model = NULL;
    model_description d;
    size_t count = 0;
    assert_ok(safetensors_open(path_of(int8), &file));
    const meta_source meta = safetensors_meta_source(file);
    assert_ok(description_read(&meta, &d));
    for (size_t i = 0; i < sizeof filled / sizeof *filled; i++)
        filled[i] = how == NOT_NUMBERS ? NAN : how == NEGATIVE ? -0.5f : 0.5f;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        tensor_view view = safetensors_at(file, i);
        tensor_entry e = {.name = view.name, .stored = view.type, .dims = view.dims, .data = view.data};
        bool chosen = !strcmp(view.name, name);
        memcpy(e.shape, view.shape, sizeof view.shape);
        if (view.type == TENSOR_BF16)
            e = (tensor_entry){view.name, TENSOR_F32, 2, {view.shape[0], view.shape[1]}, matrix};
        if (chosen && how == LEFT_OUT) continue;
        if (chosen && how == OTHER_SHAPE) e.shape[0]++;
        if (chosen && how == OTHER_TYPE) e.stored = TENSOR_I32;
        if (chosen && how >= OTHER_SHAPE) e.data = filled;
        entries[count++] = e;
    }
    if (how == ADDED) entries[count++] = (tensor_entry){name, TENSOR_F32, 1, {2}, filled};
    assert_ok(description_write(&d, entries, count, in_test_folder("bad.safetensors")));
    safetensors_free(file);
    amend_status status = model_open(in_test_folder("bad.safetensors"), &model);
    amend_model_free(model);
    return status;
}

static void each_is_refused_by_name(void **state)
{
    static const struct {
        bool int8;
        change how;
        const char *name, *message;
    } cases[] = {
        {false, LEFT_OUT, "bn1.bias", "no tensor \"bn1.bias\""},
        {false, ADDED, "extra", "tensor 'extra' has no place"},
        {false, OTHER_SHAPE, "fc.bias", "\"fc.bias\" has shape [4], needed is [3]"},
        {false, OTHER_TYPE, "fc.bias", "\"fc.bias\" has dtype I32"},
        {false, NOT_NUMBERS, "fc.bias", "'fc.bias' holds values that are not numbers"},
        {false, NEGATIVE, "bn1.running_var", "'bn1.running_var' holds a variance below 0, -0.5"},
        {true, LEFT_OUT, "layer1.0.conv1.weight", "'layer1.0.conv1.weight' should be 8-bit weights"},
        {true, LEFT_OUT, "layer1.0.conv1.weight_scale", "no tensor \"layer1.0.conv1.weight_scale\""},
        {true, ADDED, "extra", "tensor 'extra' has no place"},
        {true, ADDED, "fc.weight_scale", "tensor 'fc.weight_scale' has no place"},
        {true, OTHER_SHAPE, "layer1.0.conv1.weight", "'layer1.0.conv1.weight' should be 8-bit weights"},
        {true, OTHER_TYPE, "layer1.0.conv1.weight", "'layer1.0.conv1.weight' should be 8-bit weights"},
        {true, NOT_NUMBERS, "layer1.0.conv1.weight_scale", "'layer1.0.conv1.weight_scale' holds values"},
        {true, NOT_NUMBERS, "fc.bias", "'fc.bias' holds values that are not numbers"},
    };
    (void)state;
    assert_ok(open_changed(false, NOTHING, ""));
    assert_ok(open_changed(true, NOTHING, ""));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(open_changed(cases[i].int8, cases[i].how, cases[i].name), AMEND_BAD_DATA, cases[i].message);
        assert_refused(open_changed(cases[i].int8, cases[i].how, cases[i].name), AMEND_BAD_DATA, "bad.safetensors");
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int int8 = 0; int8 < 2; int8++) {
        amend_model *model = NULL;
        size_t n = 1;
        for (; !model; n++) {
            mem_fail_at(n);
            amend_status status = model_open(path_of(int8), &model);
            mem_fail_at(0);
            assert_int_equal(status.code, model ? AMEND_OK : AMEND_NO_MEMORY);
        }
        assert_true(n > 5);
        amend_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_refused_by_name), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, write_good_ones, remove_test_folder);
}
