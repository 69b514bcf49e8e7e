/* Imported networks against PyTorch, plain arithmetic and the ONNX project's own node tests (onnx_witness.py); files
 * that are no networks. */
#include <dirent.h>
#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "support.h"
#include "weights/onnx_import.h"
#include "weights/weight_file.h"

enum { COPIES = 2 };

static amend_status open_network(const char *path, onnx_network **network)
{
    onnx_file file;
    const onnx_import_options options = {.fold = true};
    TRY(onnx_file_open(path, &file));
    amend_status status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    return status;
}

/* All outputs of the network, one after another, against the expected file: of a batch, which has the image twice. */
static amend_status compare(const onnx_network *network, const char *pixels, const char *expected, double *worst)
{
    size_t rows[NN_MAX_OUTPUTS], size, bytes, at = 0;
    nn_program_options options = {.batch = COPIES,
                                  .type = NN_F32,
                                  .deviation = {1, 1, 1, 1},
                                  .outputs = rows,
                                  .output_count = network->output_count};
    nn_program *program = NULL;
    nn_context *context = NULL;
    unsigned char *image = NULL, *wanted = NULL;
    double largest = 1e-6;
    for (size_t i = 0; i < network->output_count; i++) rows[i] = network->outputs[i].row;
    amend_status status = nn_program_create(&network->table, &network->params, &options, &program);
    if (!status.code) status = nn_context_create(program, &context);
    if (!status.code) status = file_read(pixels, 1 << 20, &image, &size);
    if (!status.code) status = file_read(expected, 1 << 24, &wanted, &bytes);
    for (size_t n = 0; !status.code && n < COPIES; n++) memcpy(nn_context_pixels(context) + n * size, image, size);
    if (!status.code) status = nn_context_run(context, COPIES);
    *worst = 0;
    for (size_t i = 0; !status.code && i < network->output_count; i++) {
        size_t count = 0;
        const float *values = nn_context_map(context, rows[i], &count);
        assert_non_null(values);
        count /= COPIES;
        assert_true((at + count) * sizeof(float) <= bytes);
        for (size_t k = 0; k < count; k++, at++) {
            float value;
            memcpy(&value, wanted + at * sizeof value, sizeof value);
            largest = fmax(largest, fabs((double)value));
            for (size_t n = 0; n < COPIES; n++) {
                *worst = fmax(*worst, fabs((double)value - (double)values[n * count + k]));
                if (isnan(values[n * count + k]) != isnan(value)) *worst = HUGE_VAL;
            }
        }
    }
    if (!status.code) assert_int_equal(at * sizeof(float), bytes);
    *worst /= largest;
    mem_free(image);
    mem_free(wanted);
    nn_context_free(context);
    nn_program_free(program);
    return status;
}

/* 1: equal; 0: refused as unsupported, where `may_refuse`. Anything else fails the test. */
static int check_case(const char *name, bool may_refuse)
{
    char path[3][600];
    onnx_network *network = NULL;
    double worst = HUGE_VAL;
    static const char *const ends[] = {"onnx", "pixels", "expected"};
    for (int i = 0; i < 3; i++) snprintf(path[i], sizeof path[i], "%s/%s.%s", test_folder, name, ends[i]);
    amend_status status = open_network(path[0], &network);
    if (!status.code) status = compare(network, path[1], path[2], &worst);
    onnx_network_free(network);
    if (status.code == AMEND_UNSUPPORTED && may_refuse) {
        print_message("refused: %s\n", status.message);
        return 0;
    }
    if (status.code) fail_msg("%s: %s", name, status.message);
    if (!(worst < 1e-4)) fail_msg("%s: differs by %g", name, worst);
    return 1;
}

static void networks_give_what_others_say(void **state)
{
    (void)state;
    char command[600];
    struct dirent *entry;
    int equal[2] = {0, 0}, refused = 0;
    snprintf(command, sizeof command, "%s tests/weights/onnx_witness.py %s >/dev/null 2>&1", python_with("torch, onnx"),
             test_folder);
    assert_int_equal(system(command), 0);
    DIR *folder = opendir(test_folder);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char name[300], *end;
        snprintf(name, sizeof name, "%s", entry->d_name);
        if (!(end = strstr(name, ".onnx"))) continue;
        *end = '\0';
        bool node = !strncmp(name, "node_", 5);
        int done = check_case(name, node);
        equal[node] += done;
        refused += !done;
    }
    closedir(folder);
    print_message("%d networks and %d node tests equal, %d node tests refused\n", equal[0], equal[1], refused);
    assert_in_range(equal[0], 81, 1000);
    assert_in_range(equal[1], 170, 1000);
}

/* ---- files of strangers ---- */

static void expect_refused(const void *bytes, size_t size, const char *part)
{
    onnx_file file;
    onnx_network *network = NULL;
    const onnx_import_options options = {.fold = true};
    amend_status status = onnx_file_parse(bytes, size, "net.onnx", &file);
    if (!status.code) {
        status = onnx_import(&file, &options, &network);
        onnx_file_close(&file);
    }
    onnx_network_free(network);
    if (!status.code) fail_msg("'%s' was not refused", part);
    if (!strstr(status.message, part)) fail_msg("'%s' does not say '%s'", status.message, part);
}

/* A field of bytes around what is there: key, length, content. */
static size_t wrap(unsigned char *bytes, size_t size, unsigned field)
{
    unsigned char head[8];
    size_t n = 0, length = size;
    head[n++] = (unsigned char)(field << 3 | 2);
    for (; length >= 128; length >>= 7) head[n++] = (unsigned char)(length | 128);
    head[n++] = (unsigned char)length;
    memmove(bytes + n, bytes, size);
    memcpy(bytes, head, n);
    return size + n;
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    unsigned char bytes[8192] = {0};
    expect_refused("", 0, "not an ONNX file");
    expect_refused("\x89PNG\r\n\x1a\n", 8, "not an ONNX file");
    expect_refused("\x08\x07", 2, "without a graph");
    size_t size = 0;
    for (int depth = 0; depth < 300; depth++) { /* graph in attribute in node in graph ... */
        size = wrap(bytes, size, 6);
        size = wrap(bytes, size, 5);
        size = wrap(bytes, size, 1);
    }
    size = wrap(bytes, size, 7);
    expect_refused(bytes, size, "nested deeper");
    /* opset 6, then 13 with an empty graph */
    expect_refused("\x3a\x00\x42\x02\x10\x06", 6, "operator set 6");
    expect_refused("\x3a\x00\x42\x02\x10\x0d", 6, "0 outputs");
}

/* Every cut of a real network, and every byte of its head changed: refused or imported, never worse. */
static void damaged_networks_do_no_harm(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    char command[600], path[300];
    snprintf(command, sizeof command, "%s tests/weights/onnx_witness.py %s >/dev/null 2>&1", python_with("torch, onnx"),
             test_folder);
    snprintf(path, sizeof path, "%s/torch_pool_ceil.onnx", test_folder);
    if (!file_exists(path)) assert_int_equal(system(command), 0);
    assert_ok(file_read(path, 1 << 24, &bytes, &size));
    for (size_t i = 0; i < 2 * size; i++) {
        onnx_file file;
        onnx_network *network = NULL;
        const onnx_import_options options = {.height = 16, .width = 16, .fold = true};
        unsigned char held = bytes[i % size];
        if (i >= size) bytes[i - size] ^= (unsigned char)(1 + i * 37 % 255);
        amend_status status = onnx_file_parse(bytes, i < size ? i : size, "net.onnx", &file);
        if (!status.code) {
            status = onnx_import(&file, &options, &network);
            onnx_file_close(&file);
        }
        if (status.code) assert_non_null(strstr(status.message, "net.onnx"));
        onnx_network_free(network);
        bytes[i % size] = held;
    }
    mem_free(bytes);
}

/* ---- tensors and formats as `info` shows them ---- */

static void views_say_the_type(void **state)
{
    static const struct {
        int type;
        tensor_type shown;
        size_t bytes;
    } types[] = {
        {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, TENSOR_F32, 4},  {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, TENSOR_I8, 1},
        {ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, TENSOR_U8, 1},   {ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, TENSOR_BOOL, 1},
        {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, TENSOR_I16, 2},  {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, TENSOR_U16, 2},
        {ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, TENSOR_U32, 4}, {ONNX__TENSOR_PROTO__DATA_TYPE__UINT64, TENSOR_U64, 8}};
    int64_t side = 3;
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Onnx__TensorProto proto = ONNX__TENSOR_PROTO__INIT;
        proto.data_type = types[i].type;
        proto.dims = &side;
        proto.n_dims = 1;
        const tensor_view view = onnx_tensor_view(&proto);
        assert_int_equal(view.type, types[i].shown);
        assert_int_equal(tensor_bytes(&view), 3 * types[i].bytes);
    }
}

/* The ninth byte is what a header of safetensors begins with. */
static void a_brace_makes_no_safetensors(void **state)
{
    static const char bytes[] = "\x08\x07\x12\x06"
                                "abcd{}"
                                "\x3a\x00\x42\x02\x10\x0d";
    weight_file *file;
    (void)state;
    write_bytes(in_test_folder("brace.onnx"), bytes, sizeof bytes - 1);
    assert_ok(weight_file_open(in_test_folder("brace.onnx"), &file));
    assert_string_equal(weight_file_format(file), "ONNX");
    weight_file_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_give_what_others_say), cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(damaged_networks_do_no_harm), cmocka_unit_test(views_say_the_type),
        cmocka_unit_test(a_brace_makes_no_safetensors)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
