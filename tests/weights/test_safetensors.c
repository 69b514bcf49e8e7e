/* Safetensors files: written and read back, hostile ones refused, and the format's own library as a witness. */
#include "support.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "weights/safetensors.h"

static const float values[6] = {0, -1.5f, 3.14159274f, 65504, 1e-7f, -0.0f};
static const int64_t whole[1] = {-7};
static const tensor_entry tensors[] = {
    {"fc.weight", TENSOR_F32, 2, {2, 3}, values}, {"half", TENSOR_BF16, 1, {6}, values},
    {"steps", TENSOR_I64, 0, {0}, whole},         {"empty", TENSOR_F32, 2, {0, 4}, NULL},
    {"bytes", TENSOR_U8, 1, {3}, "abc"},
};
static const meta_entry meta[] = {{"format", "pt"}, {"amend.labels", "happy,\"sad\",\xc3\xa4rgerlich"}};
enum { TENSORS = sizeof tensors / sizeof *tensors };

static safetensors *open_ok(const char *path)
{
    safetensors *file = NULL;
    assert_ok(safetensors_open(path, &file));
    return file;
}

static void round_trip(void **state)
{
    float got[6];
    (void)state;
    assert_ok(safetensors_write(in_test_folder("a.safetensors"), tensors, TENSORS, meta, 2));
    safetensors *file = open_ok(in_test_folder("a.safetensors"));
    assert_string_equal(safetensors_path(file), in_test_folder("a.safetensors"));
    assert_int_equal(safetensors_count(file), TENSORS);
    assert_string_equal(safetensors_meta(file, "amend.labels"), meta[1].value);
    assert_null(safetensors_meta(file, "amend.size"));
    assert_null(safetensors_find(file, "fc"));
    assert_null(safetensors_find(file, "__metadata__"));

    assert_ok(safetensors_read_f32(file, "fc.weight", (size_t[]){2, 3}, 2, got));
    assert_memory_equal(got, values, sizeof values);
    assert_ok(safetensors_read_f32(file, "half", (size_t[]){6}, 1, got));
    for (size_t i = 0; i < 6; i++) assert_true(fabsf(got[i] - values[i]) <= fabsf(values[i]) / 256);
    assert_ok(safetensors_read_f32(file, "empty", (size_t[]){0, 4}, 2, got));

    const tensor_view *steps = safetensors_find(file, "steps");
    assert_int_equal(steps->type, TENSOR_I64);
    assert_int_equal(steps->dims, 0);
    assert_memory_equal(steps->data, whole, sizeof whole);
    for (size_t i = 0; i < TENSORS; i++) {
        tensor_view view = safetensors_at(file, i);
        assert_ptr_equal(safetensors_find(file, view.name)->data, view.data);
        if (view.type == TENSOR_I64) assert_int_equal((uintptr_t)view.data % 8, 0);
        if (view.type == TENSOR_F32) assert_int_equal((uintptr_t)view.data % 4, 0);
    }
    safetensors_free(file);
}

static void order_does_not_matter(void **state)
{
    tensor_entry turned[TENSORS];
    meta_entry turned_meta[2] = {meta[1], meta[0]};
    unsigned char *a = NULL, *b = NULL;
    size_t m = 0, n = 0;
    (void)state;
    for (size_t i = 0; i < TENSORS; i++) turned[i] = tensors[TENSORS - 1 - i];
    assert_ok(safetensors_write(in_test_folder("a.safetensors"), tensors, TENSORS, meta, 2));
    assert_ok(file_read(in_test_folder("a.safetensors"), 1 << 20, &a, &m));
    assert_ok(safetensors_write(in_test_folder("b.safetensors"), turned, TENSORS, turned_meta, 2));
    assert_ok(file_read(in_test_folder("b.safetensors"), 1 << 20, &b, &n));
    assert_int_equal(m, n);
    assert_memory_equal(a, b, m);
    assert_int_equal(a[0] % 8, 0); /* the header's length: the data begin aligned */
    mem_free(a);
    mem_free(b);
}

static void half_precision(void **state)
{
    static const uint16_t halves[] = {0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7c00, 0xfc00};
    static const float expected[] = {0, 1, -2, 65504, 0x1p-24f, -0x1p-24f, 0x1.ff8p-15f, 0x1p-14f, INFINITY, -INFINITY};
    static const uint16_t not_a_number = 0x7e00;
    static const double doubles[] = {0.1, -1e300};
    const tensor_entry entries[] = {{"h", TENSOR_F16, 1, {10}, halves},
                                    {"n", TENSOR_F16, 0, {0}, &not_a_number},
                                    {"d", TENSOR_F64, 1, {2}, doubles}};
    float got[10];
    (void)state;
    assert_ok(safetensors_write(in_test_folder("h.safetensors"), entries, 3, NULL, 0));
    safetensors *file = open_ok(in_test_folder("h.safetensors"));
    assert_ok(safetensors_read_f32(file, "h", (size_t[]){10}, 1, got));
    assert_memory_equal(got, expected, sizeof expected);
    assert_ok(safetensors_read_f32(file, "n", NULL, 0, got));
    assert_true(isnan(got[0]));
    assert_ok(safetensors_read_f32(file, "d", (size_t[]){2}, 1, got));
    assert_true(got[0] == 0.1f && got[1] == -INFINITY);
    safetensors_free(file);
}

static void reading_names_what_is_wrong(void **state)
{
    float got[6];
    (void)state;
    assert_ok(safetensors_write(in_test_folder("a.safetensors"), tensors, TENSORS, meta, 2));
    safetensors *file = open_ok(in_test_folder("a.safetensors"));
    assert_refused(safetensors_read_f32(file, "conv1.weight", NULL, 0, got), AMEND_BAD_DATA,
                   "a.safetensors: no tensor \"conv1.weight\"");
    assert_refused(safetensors_read_f32(file, "fc.weight", (size_t[]){3, 2}, 2, got), AMEND_BAD_DATA,
                   "\"fc.weight\" has shape [2, 3], needed is [3, 2]");
    assert_refused(safetensors_read_f32(file, "fc.weight", (size_t[]){6}, 1, got), AMEND_BAD_DATA, "needed is [6]");
    assert_refused(safetensors_read_f32(file, "steps", NULL, 0, got), AMEND_BAD_DATA, "has dtype I64");
    safetensors_free(file);
}

static void writing_refuses(void **state)
{
    const tensor_entry twice[] = {tensors[0], tensors[0]};
    const tensor_entry huge = {"huge", TENSOR_F32, 2, {SIZE_MAX / 2, 4}, values};
    const tensor_entry latin = {"gr\xfc\xdf", TENSOR_F32, 1, {1}, values};
    const char *path = in_test_folder("never.safetensors");
    (void)state;
    assert_refused(safetensors_write(path, twice, 2, NULL, 0), AMEND_BAD_ARGUMENT,
                   "\"fc.weight\" would be written twice");
    assert_refused(safetensors_write(path, &huge, 1, NULL, 0), AMEND_BAD_ARGUMENT, "too large");
    assert_refused(safetensors_write(path, &latin, 1, NULL, 0), AMEND_BAD_ARGUMENT, "UTF-8");
    assert_refused(safetensors_write("/nonexistent/x", tensors, 1, NULL, 0), AMEND_IO, "/nonexistent/x: cannot create");
    assert_false(file_exists(path));
}

/* ---- hostile files ---- */

static void write_raw(const char *path, uint64_t length, const char *header, size_t data)
{
    unsigned char bytes[4096] = {0};
    size_t size = strlen(header);
    assert_true(8 + size + data <= sizeof bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, size);
    write_bytes(path, bytes, 8 + size + data);
}

#define TENSOR(name, type, shape, offsets)                                                                             \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void hostile_headers(void **state)
{
    static const struct {
        const char *header, *message;
        size_t data;
    } cases[] = {
        {"", "header", 0},
        {"[]", "not a JSON object", 0},
        {"{", "header, byte 1", 0},
        {"{}{}", "header, byte", 0},
        {"{}", "4 bytes after the last tensor", 4},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "}", "1 bytes after the last tensor", 5},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "}", "leave the file", 3},
        {"{" TENSOR("a", "F32", "[1]", "[4,8]") "}", "unused bytes before", 8},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("b", "F32", "[1]", "[8,12]") "}", "\"b\": unused bytes", 12},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "F32", "[1]", "[4,8]") "}", "\"b\": it overlaps", 8},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("b", "F32", "[1]", "[0,4]") "}", "overlaps", 4},
        {"{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("a", "F32", "[1]", "[4,8]") "}", "duplicate", 8},
        {"{" TENSOR("a", "F32", "[1]", "[4,0]") "}", "leave the file", 4},
        {"{" TENSOR("a", "F32", "[1]", "[-4,0]") "}", "data_offsets are not", 4},
        {"{" TENSOR("a", "F32", "[1]", "[0,4,8]") "}", "data_offsets are not", 8},
        {"{" TENSOR("a", "F32", "[1]", "[0,4.0]") "}", "data_offsets are not", 4},
        {"{" TENSOR("a", "F32", "[1]", "[0,9223372036854775807]") "}", "leave the file", 4},
        {"{" TENSOR("a", "F32", "[1]", "[0,18446744073709551616]") "}", "header", 4},
        {"{" TENSOR("a", "F32", "[1]", "{}") "}", "data_offsets are not", 4},
        {"{" TENSOR("a", "F32", "[-1]", "[0,4]") "}", "its shape holds", 4},
        {"{" TENSOR("a", "F32", "[1.0]", "[0,4]") "}", "its shape holds", 4},
        {"{" TENSOR("a", "F32", "[null]", "[0,4]") "}", "its shape holds", 4},
        {"{" TENSOR("a", "F32", "1", "[0,4]") "}", "not a list", 4},
        {"{" TENSOR("a", "F32", "[2]", "[0,4]") "}", "do not fit its shape", 4},
        {"{" TENSOR("a", "F32", "[4611686018427387905]", "[0,4]") "}", "do not fit its shape", 4},
        {"{" TENSOR("a", "F32", "[4294967296,4294967296,4]", "[0,0]") "}", "do not fit its shape", 0},
        {"{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", "8 dimensions", 4},
        {"{" TENSOR("a", "F99", "[1]", "[0,4]") "}", "unknown dtype \"F99\"", 4},
        {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", "no dtype", 4},
        {"{\"a\":{}}", "no dtype", 0},
        {"{\"a\":[]}", "no dtype", 0},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", "shape is not a list", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "data_offsets are not", 4},
        {"{\"__metadata__\":[]}", "__metadata__ is not", 0},
        {"{\"__metadata__\":{\"epochs\":40}}", "\"epochs\" is not a string", 0},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "duplicate", 0},
        {"{\"a\\u0000b\":{}}", "header", 0},
        {"{\"\xff\":{}}", "header", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        safetensors *file = NULL;
        write_raw(in_test_folder("bad.safetensors"), strlen(cases[i].header), cases[i].header, cases[i].data);
        amend_status status = safetensors_open(in_test_folder("bad.safetensors"), &file);
        if (!status.code || !strstr(status.message, cases[i].message) || !strstr(status.message, "bad.safetensors"))
            fail_msg("case %zu, %s: '%s'", i, cases[i].header, status.message);
        assert_null(file);
    }
}

static void hostile_lengths(void **state)
{
    static const uint64_t lengths[] = {
        3, 4, 100000000, 100000001, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX - 7, UINT64_MAX};
    safetensors *file = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_raw(in_test_folder("bad.safetensors"), lengths[i], "{}", 0);
        assert_refused(safetensors_open(in_test_folder("bad.safetensors"), &file), AMEND_BAD_DATA, "a header of");
    }
    for (size_t size = 0; size < 8; size++) {
        write_bytes(in_test_folder("bad.safetensors"), "\0\0\0\0\0\0\0\0", size);
        assert_refused(safetensors_open(in_test_folder("bad.safetensors"), &file), AMEND_BAD_DATA, "too few");
    }
    assert_refused(safetensors_open(in_test_folder("missing"), &file), AMEND_IO, "cannot open");
    assert_refused(safetensors_open("/tmp", &file), AMEND_IO, "a folder");
}

static void deep_json(void **state)
{
    static unsigned char bytes[8 + 100000];
    safetensors *file = NULL;
    (void)state;
    memset(bytes, '[', sizeof bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((sizeof bytes - 8) >> 8 * i);
    write_bytes(in_test_folder("bad.safetensors"), bytes, sizeof bytes);
    assert_refused(safetensors_open(in_test_folder("bad.safetensors"), &file), AMEND_BAD_DATA, "header");
}

/* Headers of which the parser would make far more than they are; `filling` is repeated in {"a":[...]}. */
static void costly_json(void **state)
{
    static const struct {
        const char *filling, *message;
    } cases[] = {{"{},", "lists and 2000 commas in a header of"},
                 {"[],", "lists and 2000 commas in a header of"},
                 {"0,", "which no tensors need"},
                 {"\"[{,\\\"[{,\",", "\"a\": no dtype"}, /* in a text they are letters */
                 {"\"\\\\\",[],", "which no tensors need"}};
    static char header[1 << 16];
    static unsigned char bytes[8 + sizeof header];
    safetensors *file = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = (size_t)snprintf(header, sizeof header, "{\"a\":[");
        for (int k = 0; k < 2000; k++) size += (size_t)snprintf(header + size, 32, "%s", cases[i].filling);
        size += (size_t)snprintf(header + size, 32, "0]}");
        for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(size >> 8 * k);
        memcpy(bytes + 8, header, size);
        write_bytes(in_test_folder("bad.safetensors"), bytes, 8 + size);
        assert_refused(safetensors_open(in_test_folder("bad.safetensors"), &file), AMEND_BAD_DATA, cases[i].message);
    }
}

/* The most that tensors ask of a header: short names, many sides. */
static void many_small_tensors(void **state)
{
    enum { MANY = 3000 };
    static tensor_entry entries[MANY];
    static char names[MANY][8];
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        entries[i] = (tensor_entry){.name = names[i], .stored = TENSOR_U8, .dims = 8, .data = values};
    }
    assert_ok(safetensors_write(in_test_folder("many.safetensors"), entries, MANY, NULL, 0));
    safetensors *file = open_ok(in_test_folder("many.safetensors"));
    assert_int_equal(safetensors_count(file), MANY);
    safetensors_free(file);
}

static void cut_short_anywhere(void **state)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    safetensors *file = NULL;
    (void)state;
    assert_ok(safetensors_write(in_test_folder("a.safetensors"), tensors, TENSORS, meta, 2));
    assert_ok(file_read(in_test_folder("a.safetensors"), 1 << 20, &bytes, &size));
    for (size_t kept = 0; kept < size; kept++) {
        write_bytes(in_test_folder("bad.safetensors"), bytes, kept);
        assert_refused(safetensors_open(in_test_folder("bad.safetensors"), &file), AMEND_BAD_DATA, "bad.safetensors");
    }
    mem_free(bytes);
}

/* Whatever opens can be read from end to end; the sanitizers watch. */
static void read_everything(const safetensors *file)
{
    for (size_t i = 0; i < safetensors_count(file); i++) {
        static float out[1 << 16];
        tensor_view view = safetensors_at(file, i);
        size_t count = 1;
        for (size_t k = 0; k < view.dims; k++) count *= view.shape[k];
        if (count <= sizeof out / sizeof *out)
            (void)safetensors_read_f32(file, view.name, view.shape, view.dims, out).code;
    }
}

static void broken_at_random(void **state)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    rng r = rng_make(1, 2, 3);
    (void)state;
    assert_ok(file_read("tests/data/arm/arm_r4_3x2.safetensors", 1 << 20, &bytes, &size));
    for (int i = 0; i < 3000; i++) {
        safetensors *file = NULL;
        unsigned char held[4];
        size_t places[4];
        for (int k = 0; k < 4; k++) {
            places[k] = rng_below(&r, k ? 3000 : 64); /* the header holds what can go wrong */
            held[k] = bytes[places[k]];
            bytes[places[k]] = (unsigned char)(rng_below(&r, 2) ? rng_below(&r, 256) : '0' + rng_below(&r, 10));
        }
        write_bytes(in_test_folder("bad.safetensors"), bytes, size);
        if (!safetensors_open(in_test_folder("bad.safetensors"), &file).code) read_everything(file);
        safetensors_free(file);
        for (int k = 3; k >= 0; k--) bytes[places[k]] = held[k];
    }
    mem_free(bytes);
}

/* ---- when the system says no ---- */

static void out_of_memory(void **state)
{
    static const char good[] = "tests/data/arm/arm_r4_3x2.safetensors";
    safetensors *file = NULL;
    amend_status status = status_error(AMEND_NO_MEMORY, "start");
    (void)state;
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = safetensors_open(good, &file);
    }
    safetensors_free(file);
    status = status_error(AMEND_NO_MEMORY, "start");
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = safetensors_write(in_test_folder("a.safetensors"), tensors, TENSORS, meta, 2);
    }
    mem_fail_at(0);
}

static void disk_full(void **state)
{
    const char *path = in_test_folder("full.safetensors");
    struct rlimit old, small;
    (void)state;
    write_bytes(path, "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100;
    setrlimit(RLIMIT_FSIZE, &small);
    amend_status status = safetensors_write(path, tensors, TENSORS, meta, 2);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_refused(status, AMEND_IO, "full.safetensors: cannot write");

    unsigned char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 100, &bytes, &size));
    assert_string_equal((const char *)bytes, "old");
    mem_free(bytes);
}

/* ---- the format's own library ---- */

static void python_reads_ours(void **state)
{
    (void)state;
    const char *python = python_with("numpy, safetensors");
    /* No BF16 here: NumPy has no such type. */
    const tensor_entry entries[] = {tensors[0], tensors[2], tensors[3], tensors[4]};
    assert_ok(safetensors_write(in_test_folder("ours.safetensors"), entries, 4, meta, 2));
    run_python(python,
               "import sys\n"
               "from safetensors import safe_open\n"
               "with safe_open(sys.argv[1] + \"/ours.safetensors\", \"np\") as f:\n"
               "    assert f.metadata() == {\"format\": \"pt\", \"amend.labels\": \"happy,\\\"sad\\\",ärgerlich\"}\n"
               "    assert sorted(f.keys()) == [\"bytes\", \"empty\", \"fc.weight\", \"steps\"]\n"
               "    w = f.get_tensor(\"fc.weight\")\n"
               "    assert w.shape == (2, 3) and w.dtype == \"float32\" and abs(w[0][2] - 3.14159274) < 1e-7\n"
               "    assert f.get_tensor(\"steps\") == -7 and f.get_tensor(\"empty\").shape == (0, 4)\n"
               "    assert bytes(f.get_tensor(\"bytes\")) == b\"abc\"\n");
}

static void we_read_pythons(void **state)
{
    float got[6];
    (void)state;
    const char *python = python_with("numpy, safetensors");
    run_python(python, "import sys, numpy\n"
                       "from safetensors.numpy import save_file\n"
                       "a = numpy.arange(6).reshape(2, 3)\n"
                       "save_file({\"f2\": a.astype(\"f2\"), \"f4\": a.astype(\"f4\"), \"f8\": a / 2, \"i8\": a,\n"
                       "           \"u1\": numpy.ones(3, \"u1\"), \"s\": numpy.array(7, \"f4\")},\n"
                       "          sys.argv[1] + \"/theirs.safetensors\", {\"who\": \"numpy\"})\n");
    safetensors *file = open_ok(in_test_folder("theirs.safetensors"));
    assert_int_equal(safetensors_count(file), 6);
    assert_string_equal(safetensors_meta(file, "who"), "numpy");
    assert_ok(safetensors_read_f32(file, "f2", (size_t[]){2, 3}, 2, got));
    for (size_t i = 0; i < 6; i++) assert_true(got[i] == (float)i);
    assert_ok(safetensors_read_f32(file, "f8", (size_t[]){2, 3}, 2, got));
    for (size_t i = 0; i < 6; i++) assert_true(got[i] == (float)i / 2);
    assert_ok(safetensors_read_f32(file, "s", NULL, 0, got));
    assert_true(got[0] == 7);
    assert_int_equal(safetensors_find(file, "i8")->type, TENSOR_I64);
    safetensors_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),         cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(half_precision),     cmocka_unit_test(reading_names_what_is_wrong),
        cmocka_unit_test(writing_refuses),    cmocka_unit_test(hostile_headers),
        cmocka_unit_test(hostile_lengths),    cmocka_unit_test(deep_json),
        cmocka_unit_test(costly_json),        cmocka_unit_test(many_small_tensors),
        cmocka_unit_test(cut_short_anywhere), cmocka_unit_test(broken_at_random),
        cmocka_unit_test(out_of_memory),      cmocka_unit_test(disk_full),
        cmocka_unit_test(python_reads_ours),  cmocka_unit_test(we_read_pythons),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
