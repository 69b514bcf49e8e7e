/* Networks made to do harm: each is refused with a message that says what is wrong with it. */
#include <math.h>

#include "base/mem.h"
#include "onnx_maker.h"
#include "weights/onnx_import.h"

static amend_status open_bytes(const void *bytes, size_t size, onnx_network **network)
{
    onnx_file file;
    const onnx_import_options options = {.fold = true};
    *network = NULL;
    TRY(onnx_file_parse(bytes, size, "net.onnx", &file));
    amend_status status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    return status;
}

static amend_status open_made(const made_network *made, onnx_network **network)
{
    uint8_t bytes[4096];
    return open_bytes(bytes, pack(made, bytes, sizeof bytes), network);
}

/* ---- cases ---- */

#define ONE(...)                                                                                                       \
    {                                                                                                                  \
        {                                                                                                              \
            .in = {"x", "s"}, .out = "y", __VA_ARGS__                                                                  \
        }                                                                                                              \
    }
#define RELU(from, to)                                                                                                 \
    {                                                                                                                  \
        .type = "Relu", .in = {from}, .out = to                                                                        \
    }
/* "s", a tensor of whole numbers. */
#define LIST(count, ...)                                                                                               \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "s", .dims = {count}, .rank = 1, .ints = {__VA_ARGS__}, .int_count = count                         \
        }                                                                                                              \
    }
/* "s", a kernel of one weight. */
#define KERNEL                                                                                                         \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "s", .dims = {1, 1, 1, 1}, .rank = 4, .floats = {1}, .float_count = 1                              \
        }                                                                                                              \
    }
#define SCALES(...)                                                                                                    \
    {                                                                                                                  \
        {                                                                                                              \
            .name = "s", .dims = {4}, .rank = 1, .floats = {__VA_ARGS__}, .float_count = 4                             \
        }                                                                                                              \
    }
#define INTS(name, count, ...) .attribute = name, .ints = {__VA_ARGS__}, .int_count = count

static const struct {
    const char *message;
    made_network network;
} cases[] = {
    /* graphs */
    {"'b' is made by no earlier node", {.nodes = {RELU("b", "a"), RELU("a", "b"), RELU("b", "y")}}},
    {"'y' is made by no earlier node", {.nodes = {RELU("y", "y")}}},
    {"node 'y' (Wobble): this operator is not known", {.nodes = ONE(.type = "Wobble")}},
    {"operators of 'com.example'", {.nodes = ONE(.type = "Relu", .domain = "com.example")}},
    {"operator set 6; 7 to", {.nodes = {RELU("x", "y")}, .opset = 6}},
    {"operator set 9999; 7 to", {.nodes = {RELU("x", "y")}, .opset = 9999}},
    {"operator set -1; 7 to", {.nodes = {RELU("x", "y")}, .opset = -1}},
    {"input 1 is missing", {.nodes = {{.type = "Relu", .out = "y"}}}},
    /* tensors */
    {"'s': side -3 is negative", {.tensors = {{.name = "s", .dims = {4, -3}, .rank = 2}}}},
    {"'s': side 1099511627776 is", {.tensors = {{.name = "s", .dims = {1LL << 40}, .rank = 1}}}},
    {"'s': side 65536 is", {.tensors = {{.name = "s", .dims = {65536, 65536, 65536, 65536}, .rank = 4}}}},
    {"'s': 0 values for its 134217728 places", {.tensors = {{.name = "s", .dims = {1 << 27}, .rank = 1}}}},
    {"'s': 1 values for its 2 places", {.tensors = {{.name = "s", .dims = {2}, .rank = 1, .int_count = 1}}}},
    {"'s' lies in another file",
     {.tensors = {{.name = "s", .dims = {1}, .rank = 1, .int_count = 1, .elsewhere = "../../../etc/passwd"}}}},
    /* few bytes that would make many values */
    {"(ConstantOfShape): more values than a file of",
     {.nodes = {{.type = "ConstantOfShape", .in = {"s"}, .out = "y"}}, .tensors = LIST(2, 1 << 14, 1 << 13)}},
    {"(Expand): a result of more than",
     {.nodes = ONE(.type = "Expand"), .tensors = LIST(4, 1 << 26, 1 << 26, SIDE, SIDE)}},
    {"(Expand): a value without elements",
     {.nodes = {{.type = "GlobalAveragePool", .in = {"x"}, .out = "m"},
                {.type = "Expand", .in = {"m", "s"}, .out = "e"},
                {.type = "ReduceMean", .in = {"e"}, .out = "y", INTS("axes", 1, 0)}},
      .tensors = LIST(4, 0, 1, 1, 1)}},
    {"(Expand): a side of 8 to one of -1", {.nodes = ONE(.type = "Expand"), .tensors = LIST(1, -1)}},
    {"(Resize): more values than a file of", {.nodes = ONE(.type = "Resize"), .tensors = SCALES(1, 1, 4096, 4096)}},
    {"(Resize): a side of inf", {.nodes = ONE(.type = "Resize"), .tensors = SCALES(1, 1, 1, HUGE_VALF)}},
    {"(Resize): a side of -8", {.nodes = ONE(.type = "Resize"), .tensors = SCALES(1, 1, 1, -1)}},
    {"(Resize): a side of 0", {.nodes = ONE(.type = "Resize"), .tensors = SCALES(1, 1, 1, 0)}},
    {"(Pad): more values than a file of",
     {.nodes = {{.type = "Pad", .in = {"x", "s", "", "a"}, .out = "y"}},
      .tensors = {{.name = "s", .dims = {4}, .rank = 1, .ints = {4000, 4000, 0, 0}, .int_count = 4},
                  {.name = "a", .dims = {2}, .rank = 1, .ints = {2, 3}, .int_count = 2}},
      .opset = 18}},
    {"(MaxPool): more values than a file of",
     {.nodes = {{.type = "Resize", .in = {"x", "", "", "s"}, .out = "a"},
                {.type = "MaxPool", .in = {"a"}, .out = "y", INTS("kernel_shape", 2, 1, 4096)}},
      .tensors = LIST(4, 1, 1, 1, 1 << 20)}},
    /* values that are not numbers */
    {"tensor 'node1.weight' holds values that are not numbers",
     {.nodes = ONE(.type = "Conv"),
      .tensors = {{.name = "s", .dims = {1, 1, 1, 1}, .rank = 4, .floats = {NAN}, .float_count = 1}}}},
    /* attributes */
    {"(Conv): strides is -1", {.nodes = ONE(.type = "Conv", INTS("strides", 2, -1, 1)), .tensors = KERNEL}},
    {"(Conv): pads is -1", {.nodes = ONE(.type = "Conv", INTS("pads", 4, 0, 0, -1, 0)), .tensors = KERNEL}},
    {"(Conv): dilations is 1048576",
     {.nodes = ONE(.type = "Conv", INTS("dilations", 2, 1 << 20, 1)), .tensors = KERNEL}},
    {"in -1 groups", {.nodes = ONE(.type = "Conv", .attribute = "group", .ints = {-1}), .tensors = KERNEL}},
    {"(MaxPool): max_pool", {.nodes = ONE(.type = "MaxPool", INTS("kernel_shape", 2, 100, 100))}},
    {"(Reshape): a side of -2", {.nodes = ONE(.type = "Reshape"), .tensors = LIST(2, -2, 4)}},
    {"(Reshape): 64 values do not go", {.nodes = ONE(.type = "Reshape"), .tensors = LIST(2, 1 << 28, 1 << 28)}},
    {"(Reshape): its sides overflow", {.nodes = ONE(.type = "Reshape"), .tensors = LIST(3, 1 << 28, 1 << 28, 1 << 28)}},
    {"(Transpose): perm is no order", {.nodes = ONE(.type = "Transpose", INTS("perm", 4, 0, 0, 1, 2))}},
    {"(Gather): index 99 of 1", {.nodes = ONE(.type = "Gather"), .tensors = LIST(1, 99)}},
    {"(Squeeze): axis 99", {.nodes = ONE(.type = "Squeeze"), .tensors = LIST(1, 99)}},
    {"(Split): parts of more", {.nodes = ONE(.type = "Split"), .tensors = LIST(1, 99)}},
    {"(Split): no outputs", {.nodes = {{.type = "Split", .in = {"x"}, .no_outputs = true}, RELU("x", "y")}}},
    {"(Slice): a step of 0",
     {.nodes = {{.type = "Slice", .in = {"x", "n", "s", "s", "n"}, .out = "y"}},
      .tensors = {{.name = "s", .dims = {1}, .rank = 1, .ints = {1}, .int_count = 1},
                  {.name = "n", .dims = {1}, .rank = 1, .ints = {0}, .int_count = 1}}}},
    {"(MaxPool): its second output",
     {.nodes = ONE(.type = "MaxPool", .more_outputs = true, INTS("kernel_shape", 2, 2, 2))}},
    {"(BatchNormalization): statistics of a batch",
     {.nodes = {{.type = "BatchNormalization", .in = {"x", "s", "s", "s", "s"}, .out = "y", .more_outputs = true}},
      .tensors = LIST(1, 1)}},
    {"(Pad): reflects a side of 1",
     {.nodes = {{.type = "GlobalAveragePool", .in = {"x"}, .out = "m"},
                {.type = "Pad", .in = {"m", "s", "", "a"}, .out = "y", .attribute = "mode", .text = "reflect"}},
      .tensors = {{.name = "s", .dims = {2}, .rank = 1, .ints = {1, 0}, .int_count = 2},
                  {.name = "a", .dims = {1}, .rank = 1, .ints = {3}, .int_count = 1}},
      .opset = 18}},
    {"(DepthToSpace): a block of 5000",
     {.nodes = ONE(.type = "DepthToSpace", .attribute = "blocksize", .ints = {5000})}},
    {"(Concat): axis -9223372036854775808",
     {.nodes = ONE(.type = "Concat", .attribute = "axis", .ints = {INT64_MIN}), .tensors = LIST(1, 1)}},
    {"no input with a shape", {.nodes = {RELU("x", "y")}, .optional = true}},
    {"(Flatten): axis 9223372036854775807",
     {.nodes = ONE(.type = "Flatten", .attribute = "axis", .ints = {INT64_MAX})}},
    {"(Cast): its input 'x' must be a constant",
     {.nodes = ONE(.type = "Cast", .attribute = "to", .ints = {ONNX__TENSOR_PROTO__DATA_TYPE__INT64})}},
};

static void each_is_refused_with_a_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        onnx_network *network;
        amend_status status = open_made(&cases[i].network, &network);
        onnx_network_free(network);
        if (!status.code) fail_msg("case %zu, '%s', was not refused", i, cases[i].message);
        if (!strstr(status.message, cases[i].message) || strncmp(status.message, "net.onnx: ", 10))
            fail_msg("case %zu: '%s' does not say '%s'", i, status.message, cases[i].message);
    }
}

static void a_good_one_is_taken(void **state)
{
    const made_network good = {.nodes = {RELU("x", "y")}};
    onnx_network *network;
    (void)state;
    assert_ok(open_made(&good, &network));
    assert_int_equal(network->output_count, 1);
    onnx_network_free(network);
}

static void empty_messages_do_not_fill_memory(void **state)
{
    static uint8_t bytes[(1 << 22) + 1] = {0x3a, 0xfc, 0xff, 0xff, 0x01}; /* a graph of 4 MiB: nodes of no bytes */
    onnx_network *network;
    (void)state;
    for (size_t i = 5; i < sizeof bytes; i += 2) bytes[i] = 0x0a;
    assert_refused(open_bytes(bytes, sizeof bytes, &network), AMEND_BAD_DATA,
                   "net.onnx: takes much more memory than its bytes");
}

/* A field of bytes, in `head` in front of what it holds; returns the head's length. */
static size_t begin_field(uint8_t *head, unsigned field, size_t length)
{
    size_t n = 0;
    head[n++] = (uint8_t)(field << 3 | 2);
    for (; length >= 128; length >>= 7) head[n++] = (uint8_t)(length | 128);
    head[n++] = (uint8_t)length;
    return n;
}

/* One node with 32769 outputs, for which a later one could look long. */
static void many_names_are_refused(void **state)
{
    enum { NAMES = 32769 };
    static uint8_t bytes[2 * NAMES + 32];
    static const uint8_t output[] = {12 << 3 | 2, 0};
    uint8_t head[8];
    onnx_network *network;
    size_t size = 0, node = begin_field(head, 1, 2 * NAMES);
    (void)state;
    size += begin_field(bytes + size, 7, node + 2 * NAMES + sizeof output);
    memcpy(bytes + size, head, node);
    size += node;
    for (size_t i = 0; i < NAMES; i++, size += begin_field(bytes + size, 2, 0)) continue;
    memcpy(bytes + size, output, sizeof output);
    size += sizeof output;
    memcpy(bytes + size, "\x42\x02\x10\x0d", 4); /* operator set 13 */
    assert_refused(open_bytes(bytes, size + 4, &network), AMEND_UNSUPPORTED,
                   "net.onnx: nodes with 32769 inputs and outputs; at most 32768 are possible");
}

static void out_of_memory(void **state)
{
    const made_network whole = {
        .nodes = {{.type = "Resize", .in = {"x", "", "s"}, .out = "a"},
                  {.type = "Transpose", .in = {"a"}, .out = "b", INTS("perm", 4, 0, 1, 3, 2)},
                  {.type = "Conv", .in = {"b", "w"}, .out = "c"},
                  RELU("c", "y")},
        .tensors = {{.name = "s", .dims = {4}, .rank = 1, .floats = {1, 1, 2, 2}, .float_count = 4},
                    {.name = "w", .dims = {1, 1, 1, 1}, .rank = 4, .floats = {1}, .float_count = 1}}};
    onnx_network *network = NULL;
    size_t n = 1;
    (void)state;
    for (;; n++) {
        mem_fail_at(n);
        amend_status status = open_made(&whole, &network);
        mem_fail_at(0);
        if (!status.code) break;
        if (status.code != AMEND_NO_MEMORY) fail_msg("allocation %zu: %s", n, status.message);
        assert_null(network);
    }
    assert_true(n > 20);
    onnx_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_good_one_is_taken),
                                       cmocka_unit_test(each_is_refused_with_a_word),
                                       cmocka_unit_test(empty_messages_do_not_fill_memory),
                                       cmocka_unit_test(many_names_are_refused), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
